"""Results files are given to people as the CSV that they are."""

import base64

import pytest
from parts import a_job
from slack_requests import a_caller
from stand_in_provider import StandInProvider

from bot.access import Actor
from bot.errors import Denied, NotFound
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.results import JobResults, readable
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.jobs import SqliteJobStore

CSV = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,0.5,0.8,,\n"


@pytest.mark.parametrize(
    "content",
    [CSV, base64.b64encode(CSV), base64.encodebytes(CSV), base64.b64encode(b"\xef\xbb\xbf" + CSV)],
    ids=["plain", "base64", "base64 in lines", "with a byte order mark"],
)
def test_the_csv_comes_out_whichever_way_it_was_sent(content: bytes) -> None:
    assert readable(content).removeprefix(b"\xef\xbb\xbf") == CSV


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"abcd", b"step\n", b"no base64 = at all"])
def test_anything_else_stays_as_it_is(content: bytes) -> None:
    assert readable(content) == content


@pytest.fixture
def results(lookup: JobLookup, provider: OpenAIProtocol) -> JobResults:
    return JobResults(lookup, Providers(provider))


async def test_the_file_of_a_job_is_for_those_who_may_see_the_job(
    results: JobResults, jobs: SqliteJobStore, stand_in: StandInProvider
) -> None:
    stand_in.files["file-results"] = ("step_metrics.csv", b"c3RlcCx0cmFpbl9sb3NzCjEsMC41Cg==")
    await jobs.insert(a_job(result_files=("file-results",)))
    secret = Origin("T0ACME", "G0SECRET", True)
    await jobs.insert(a_job(id="job-2", result_files=("file-results",), requester="U0BEN", origin=secret))
    _, content = await results.file(a_caller(), "job-1")
    assert content == b"step,train_loss\n1,0.5\n"
    with pytest.raises(NotFound, match="unknown_job"):
        await results.file(a_caller(), "job-2")
    with pytest.raises(Denied, match="seen_by_too_many"):  # alone they may look, but it would be posted for all
        await results.file(a_caller(Actor("U0BEN", "T0ACME")), "job-2")


@pytest.mark.parametrize(("files", "why"), [((), "no_results_file"), (("file-empty",), "empty_results_file")])
async def test_a_job_without_results_says_so(
    results: JobResults, jobs: SqliteJobStore, stand_in: StandInProvider, files: tuple[str, ...], why: str
) -> None:
    stand_in.files["file-empty"] = ("step_metrics.csv", b"")
    await jobs.insert(a_job(result_files=files))
    with pytest.raises(NotFound, match=why):
        await results.file(a_caller(), "job-1")

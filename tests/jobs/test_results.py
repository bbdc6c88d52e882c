"""Results are given to people as the provider's own file, and as a clean table."""

import base64

import pytest

from bot.access import Actor
from bot.errors import Denied, NotFound
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.results import JobResults, metrics_table, readable, results_table
from bot.providers.interface import ProviderError
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Metrics
from bot.providers.registry import Providers
from bot.store.jobs import SqlJobStore
from tests.parts import a_job, measured
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

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
def results(jobs: SqlJobStore, lookup: JobLookup, provider: OpenAIProtocol) -> JobResults:
    return JobResults(jobs, lookup, Providers(provider))


async def test_the_file_of_a_job_is_for_those_who_may_see_the_job(
    results: JobResults, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.files["file-results"] = ("step_metrics.csv", b"c3RlcCx0cmFpbl9sb3NzCjEsMC41Cg==")
    await jobs.insert(a_job(result_files=("file-results",)))
    secret = Origin("T0ACME", "G0SECRET", True)
    await jobs.insert(a_job(id="job-2", result_files=("file-results",), requester="U0BEN", origin=secret))
    found = await results.of(a_caller(), "job-1")
    assert found.provider_file == b"step,train_loss\n1,0.5\n"
    assert found.table == b"\xef\xbb\xbfstep,train_loss\r\n1,0.5\r\n"
    with pytest.raises(NotFound, match="unknown_job"):
        await results.of(a_caller(), "job-2")
    with pytest.raises(Denied, match="seen_by_too_many"):  # alone they may look, but it would be posted for all
        await results.of(a_caller(Actor("U0BEN", "T0ACME")), "job-2")


@pytest.mark.parametrize(("files", "why"), [((), "no_results_file"), (("file-empty",), "empty_results_file")])
async def test_a_job_without_results_says_so(
    results: JobResults, jobs: SqlJobStore, stand_in: StandInProvider, files: tuple[str, ...], why: str
) -> None:
    stand_in.files["file-empty"] = ("step_metrics.csv", b"")
    await jobs.insert(a_job(result_files=files))
    with pytest.raises(NotFound, match=why):
        await results.of(a_caller(), "job-1")


async def test_without_a_file_of_the_provider_the_table_has_what_was_told(
    results: JobResults, jobs: SqlJobStore
) -> None:
    job = a_job(state="running", provider_job_id="ftjob-1")
    await jobs.insert(job, JobUpdate(job, events=[measured(1), measured(2)]))
    found = await results.of(a_caller(), "job-1")
    assert found.provider_file is None
    assert found.table is not None
    assert len(found.table.splitlines()) == 3


async def test_where_the_provider_has_lost_its_file_the_table_remains(results: JobResults, jobs: SqlJobStore) -> None:
    job = a_job(state="succeeded", provider_job_id="ftjob-1", result_files=("file-gone",))
    await jobs.insert(job, JobUpdate(job, events=[measured(1)]))
    found = await results.of(a_caller(), "job-1")
    assert (found.provider_file, found.table is not None) == (None, True)
    await jobs.insert(a_job(id="job-2", result_files=("file-gone",)))
    with pytest.raises(ProviderError):
        await results.of(a_caller(), "job-2")


def test_the_table_has_the_names_of_events_and_leaves_blank_what_was_not_measured() -> None:
    told = [Metrics(1, train_loss=9.0), Metrics(2, full_valid_loss=0.75, train_mean_reward=-0.5)]
    table = results_table(CSV, told)
    assert table is not None
    lines = table.removeprefix(b"\xef\xbb\xbf").decode().splitlines()
    assert lines[0] == (
        "step,train_loss,train_mean_token_accuracy,valid_loss,valid_mean_token_accuracy,full_valid_loss,"
        "train_mean_reward"
    )
    assert lines[1:] == ["1,0.5,0.8,,,,", "2,,,,,0.75,-0.5"], "the provider's own figure counts"


def test_no_cell_of_the_table_is_a_formula() -> None:
    table = results_table(b'step,=1+1,note\n1,"=HYPERLINK(1)",-cmd\nsum,1,2\n2,-0.5,nan\n')
    assert table is not None
    assert table.decode("utf-8-sig").splitlines() == ["step,'=1+1,note", "1,'=HYPERLINK(1),'-cmd", "2,-0.5,nan"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"step\n", b"loss,step\n1,2\n", b'step,"a\n'])
def test_of_what_is_no_results_file_there_is_no_table(content: bytes) -> None:
    assert results_table(content) is None


def test_the_numbers_of_several_jobs_stand_in_one_table() -> None:
    table = metrics_table(
        [("job-1", [Metrics(2, train_loss=0.5), Metrics(1, valid_loss=1.0)]), ("job-2", [Metrics(1)])]
    )
    assert table.decode("utf-8-sig").splitlines() == [
        "job,step,train_loss,valid_loss",
        "job-1,1,,1.0",
        "job-1,2,0.5,",
        "job-2,1,,",
    ]

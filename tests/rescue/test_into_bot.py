"""What a rescue has saved can be found in the bot, and trained on elsewhere, when the provider has gone."""

import contextlib
import json
from pathlib import Path

import pytest

from bot.access import Actor, Policy
from bot.authority import Authority
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.trainable import TrainableDatasets
from bot.errors import NotFound
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.overview import JobOverview
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.rescue.folder import reading
from bot.rescue.into_bot import RescuedJobs, TakenIn, provider_of
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from tests.organisation import BEGAN, Organisation
from tests.rescuing import Run
from tests.slack_requests import ANA, a_caller

HERE, ELSEWHERE = "C0TRAINING", "C0OTHER"
BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
async def organisation(organisation: Organisation) -> Organisation:
    """One with files that can be trained on."""
    for file_id, (name, _) in list(organisation.files.items()):
        if "results" not in file_id:
            organisation.files[file_id] = (name, b"".join(map(_example, [name] * 12, range(12))))
    return organisation


def _example(about: str, n: int) -> bytes:
    asked, answered = {"role": "user", "content": f"{about} {n}?"}, {"role": "assistant", "content": f"It is {n}."}
    return json.dumps({"messages": [asked, answered]}).encode() + b"\n"


async def take_in(database: Database, folder: Path, *, private: bool = True, most: int = 1_000_000) -> TakenIn:
    return await RescuedJobs(
        reading(folder),
        SqlJobStore(database),
        SqlDatasetStore(database),
        FileStore(folder.parent / "copies", most),
        owner="U0ANA",
        origin=Origin("", HERE, private),
        tokenizers=folder,
    ).take_in()


async def test_rescued_jobs_are_found_with_all_that_happened(
    organisation: Organisation, rescue: Run, saved: Path, database: Database
) -> None:
    await rescue()
    assert await take_in(database, saved) == TakenIn(jobs=4, datasets=2)
    jobs = SqlJobStore(database)
    theirs, *_, running = organisation.jobs
    job = await jobs.find(theirs)
    assert job is not None
    assert (job.state, job.created_at, job.made_elsewhere) == ("succeeded", BEGAN, True)
    assert (job.fine_tuned_model, job.file_name) == (organisation.tuned[0], "questions 0.jsonl")
    assert [metrics.step for metrics in await jobs.metrics(job.id)] == [1, 2, 3]
    assert await jobs.event_count(job.id) == len(organisation.events[theirs])
    assert len(await jobs.checkpoints(job.id)) == 1
    # Nobody asked for a card of what is long over; one that still trains is followed like any other.
    cards = SqlCardStore(database)
    assert await cards.card(job.id) is None
    still = await jobs.find(running)
    assert still is not None
    assert await cards.card(still.id) is not None


async def test_its_training_file_can_be_trained_on_anew(
    organisation: Organisation, rescue: Run, saved: Path, database: Database
) -> None:
    await rescue()
    await take_in(database, saved)
    authority = Authority(Policy(), SqlAuditLog(database))
    datasets = SqlDatasetStore(database)
    trainable = TrainableDatasets(datasets, DatasetLookup(datasets, authority), authority)
    found = await trainable.find(a_caller(ANA, channel=HERE), "questions 1.jsonl")
    assert found.report is not None
    assert found.report.examples == 12
    assert (saved.parent / "copies" / f"{found.sha256}.jsonl").read_bytes() == organisation.files["file-0001"][1]


@pytest.mark.parametrize("private", [True, False])
async def test_other_channels_show_it_only_if_it_is_for_everybody(
    organisation: Organisation, rescue: Run, saved: Path, database: Database, provider: OpenAIProtocol, private: bool
) -> None:
    await rescue()
    await take_in(database, saved, private=private)
    authority, jobs = Authority(Policy(), SqlAuditLog(database)), SqlJobStore(database)
    overview = JobOverview(jobs, JobLookup(jobs, authority), Providers(provider), authority)
    theirs = next(iter(organisation.jobs))
    assert (await overview.one(a_caller(BEN, channel=HERE), theirs)).job.provider_job_id == theirs
    with pytest.raises(NotFound) if private else contextlib.nullcontext():
        await overview.one(a_caller(BEN, channel=ELSEWHERE), theirs)


async def test_taken_in_again_nothing_is_there_twice(
    organisation: Organisation, rescue: Run, saved: Path, database: Database
) -> None:
    await rescue()
    await take_in(database, saved)
    organisation.add_job(training_file="file-0000", created_at=BEGAN)
    await rescue()
    assert await take_in(database, saved) == TakenIn(jobs=1, known=4)
    assert len(await SqlJobStore(database).latest(10)) == 5


async def test_files_that_are_too_large_are_named_and_their_jobs_taken_in(
    organisation: Organisation, rescue: Run, saved: Path, database: Database
) -> None:
    organisation.files["file-0001"] = ("huge.jsonl", b"x" * 3_000)
    await rescue()
    assert await take_in(database, saved, most=2_000) == TakenIn(jobs=4, datasets=1, unusable=["huge.jsonl"])


@pytest.mark.parametrize(
    ("address", "name"),
    [("https://api.openai.com/v1/", "openai"), ("https://models.example.com:8000/v1/", "models.example.com")],
)
def test_a_provider_is_called_as_the_bot_would_call_it(address: str, name: str) -> None:
    assert provider_of(address) == name

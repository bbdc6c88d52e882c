"""The metrics of several jobs: what they come to, for those who may see each of them."""

from typing import Any

import msgspec
import pytest

from bot.access import Actor
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.overlaps import Overlaps
from bot.errors import Denied, Invalid, NotFound
from bot.experiments.observations import Kind
from bot.experiments.run_metrics import MetricsOverview, summaries
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Checkpoint, Hyperparameters, Metrics
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.parts import a_job, a_report
from tests.slack_requests import a_caller

BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
def overview(
    database: Database, jobs: SqlJobStore, lookup: JobLookup, authority: Authority, file_store: FileStore
) -> MetricsOverview:
    pools = WorkerPools()  # no process is started before there is work
    return MetricsOverview(jobs, lookup, SqlDatasetStore(database), Overlaps(file_store, pools), authority)


def told(step: int, **figures: Any) -> RemoteEvent:
    return RemoteEvent(f"e{step}", float(step), "info", "metrics", "", Metrics(step, 20, **figures))


async def test_jobs_come_once_each_in_the_order_in_which_they_were_named(
    overview: MetricsOverview, jobs: SqlJobStore
) -> None:
    for number in (1, 2):
        job = a_job(
            id=f"job-{number}", provider_job_id=f"ftjob-{number}", hyperparameters=Hyperparameters(n_epochs=2 * number)
        )
        await jobs.insert(job, JobUpdate(job, events=[told(1, train_loss=1.0), told(2, train_loss=0.5)]))
    found = await overview.of(a_caller(BEN), ["job-2", "ftjob-1", "job-2"])
    assert [one.job.id for one in found] == ["job-2", "job-1"]
    assert [one.steps_per_epoch for one in found] == [5.0, 10.0]
    assert [one.is_measured for one in found] == [True, True]


async def test_one_that_may_not_be_seen_is_answered_like_one_that_there_is_not(
    overview: MetricsOverview, jobs: SqlJobStore
) -> None:
    await jobs.insert(a_job())
    await jobs.insert(a_job(id="job-secret", requester="U0BEN", origin=Origin("T0ACME", "G0SECRET", True)))
    with pytest.raises(NotFound, match="unknown_job"):
        await overview.of(a_caller(), ["job-1", "job-secret"])
    assert await overview.of(a_caller(BEN), ["job-secret"]), "alone they may look"
    with pytest.raises(Denied, match="seen_by_too_many"):
        await overview.of(a_caller(BEN), ["job-1", "job-secret"], to_post=True)


async def test_seven_are_too_many_to_tell_apart(overview: MetricsOverview, jobs: SqlJobStore) -> None:
    for number in range(7):
        await jobs.insert(a_job(id=f"job-{number}"))
    with pytest.raises(Invalid, match="too_many_jobs"):
        await overview.of(a_caller(), [f"job-{number}" for number in range(7)])


async def test_files_that_are_known_to_overlap_are_told_of(
    overview: MetricsOverview, jobs: SqlJobStore, database: Database
) -> None:
    datasets = SqlDatasetStore(database)
    report = a_report(counts={"in_validation_file": 3})
    valid = Dataset("ds-2", "bb", "valid.jsonl", 10, "U0ANA", "T0ACME", "C0TRAINING", False, "1.0", 1.0)
    train = msgspec.structs.replace(valid, id="ds-1", sha256="aa", created_at=2.0, report=report, validation="ds-2")
    await datasets.save(valid)
    await datasets.save(train)
    await jobs.insert(a_job(validation_dataset_id="ds-2"))
    (found,) = await overview.of(a_caller(), ["job-1"])
    assert [(one.kind, one.count, one.total) for one in found.observations] == [(Kind.OVERLAP, 3, 12)]


def test_a_summary_has_both_ends_the_gap_and_the_best() -> None:
    metrics = [
        Metrics(10, train_loss=1.0, full_valid_loss=0.75, full_valid_mean_token_accuracy=0.5),
        Metrics(20, train_loss=0.5, full_valid_loss=1.0, full_valid_mean_token_accuracy=0.25),
    ]
    loss, accuracy = summaries("", metrics)
    assert (loss.gap, loss.best, loss.best_step) == (pytest.approx(0.5), 0.75, 10)
    assert (accuracy.training, accuracy.gap, accuracy.best, accuracy.best_step) == (None, None, 0.5, 10)


def test_of_checkpoints_alone_there_is_a_summary_too() -> None:
    (reward,) = summaries("reinforcement", [Checkpoint("c", "m", 5, Metrics(5, full_valid_mean_reward=0.7)).metrics])  # type: ignore[list-item]
    assert (reward.quantity, reward.best) == ("mean_reward", 0.7)

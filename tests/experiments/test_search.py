"""The history of experiments: found, sorted by what came of them, compared and exported, for those who may see them."""

from typing import Any

import pytest

from bot.access import Actor, Place
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.errors import Invalid
from bot.experiments.filters import Filters
from bot.experiments.search import PAGE, JobSearch, export_table
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Origin
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Hyperparameters, Metrics
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.experiments import SqlExperimentStore
from bot.store.jobs import SqlJobStore
from tests.parts import a_job
from tests.slack_requests import a_caller

BEN, CARL = Actor("U0BEN", "T0ACME"), Actor("U0CARL", "T0ACME")
SECRET = Origin("T0ACME", "G0SECRET", True)


@pytest.fixture
def search(database: Database, jobs: SqlJobStore, authority: Authority) -> JobSearch:
    return JobSearch(SqlExperimentStore(database), jobs, authority)


async def ended(jobs: SqlJobStore, number: int, figures: dict[str, Any] | None = None, **fields: Any) -> None:
    """A job that has succeeded, of which nothing more is expected."""
    job = a_job(
        **{
            "id": f"job-{number}",
            "provider_job_id": f"ftjob-{number}",
            "state": "succeeded",
            "created_at": float(number),
            "started_at": 10.0,
            "finished_at": 20.0,
            **fields,
        }
    )
    events = [RemoteEvent("e", 1.0, "info", "metrics", "", Metrics(1, **figures))] if figures else []
    await jobs.insert(job, JobUpdate(job, events=events, followed=False))


async def found(search: JobSearch, filters: Filters, **caller: Any) -> list[str]:
    return [one.job.id for one in (await search.page(a_caller(BEN, **caller), filters)).jobs]


async def test_the_newest_come_first_in_pages(search: JobSearch, jobs: SqlJobStore) -> None:
    for number in range(PAGE + 3):
        await ended(jobs, number)
    first = await search.page(a_caller(BEN), Filters())
    assert [one.job.id for one in first.jobs] == [f"job-{number}" for number in range(PAGE + 2, 2, -1)]
    assert (first.number, first.pages, first.count) == (1, 2, PAGE + 3)
    last = await search.page(a_caller(BEN), Filters(), 99)
    assert [one.job.id for one in last.jobs] == ["job-2", "job-1", "job-0"]
    assert await found(search, Filters(backwards=True)) == [f"job-{number}" for number in range(PAGE)]


async def test_what_is_private_is_found_counted_and_compared_only_where_it_may_be_seen(
    search: JobSearch, jobs: SqlJobStore
) -> None:
    await ended(jobs, 1)
    await ended(jobs, 2, origin=SECRET)
    await ended(jobs, 3, origin=SECRET, requester="U0BEN")
    page = await search.page(a_caller(CARL), Filters())
    assert ([one.job.id for one in page.jobs], page.count) == (["job-1"], 1)
    assert await found(search, Filters()) == ["job-3", "job-1"], "their own, alone"
    assert await found(search, Filters(), answers_in=Place("C0TRAINING")) == ["job-1"]
    assert await found(search, Filters(), channel="G0SECRET", answers_in=Place("G0SECRET")) == [
        "job-3",
        "job-2",
        "job-1",
    ]
    with pytest.raises(Invalid, match="too_few_to_compare"):
        await search.compare(a_caller(CARL), Filters())
    exported = await search.export(a_caller(BEN), Filters())
    assert [one.job.id for one in exported] == ["job-1"], "a file is seen by everybody in the channel"


async def test_filters_narrow_it_down(search: JobSearch, jobs: SqlJobStore, database: Database) -> None:
    await SqlDatasetStore(database).save(
        Dataset("ds-9", "ab12cdef", "x.jsonl", 1, "U0ANA", "T0ACME", "C0TRAINING", False, "1.0", 1.0)
    )
    await ended(jobs, 1, requester="U0BEN", base_model="gpt-4o")
    await ended(jobs, 2, state="failed", dataset_id="ds-9")
    await ended(jobs, 3, origin=Origin("T0ACME", "C0OTHER", False))
    assert await found(search, Filters(requester="U0BEN")) == ["job-1"]
    assert await found(search, Filters(model="4o")) == ["job-1"]
    assert await found(search, Filters(states=("failed",))) == ["job-2"]
    assert await found(search, Filters(data="ab12cd")) == ["job-2"]
    assert await found(search, Filters(channel="C0OTHER")) == ["job-3"]
    assert await found(search, Filters(since=2.0)) == ["job-3", "job-2"]
    assert await found(search, Filters(since=2.0, states=("succeeded",))) == ["job-3"]


async def test_sorting_takes_validated_jobs_first_and_the_unknown_last(search: JobSearch, jobs: SqlJobStore) -> None:
    await ended(jobs, 1, {"train_loss": 0.01})
    await ended(jobs, 2, {"train_loss": 0.3, "full_valid_loss": 0.5})
    await ended(jobs, 3, {"train_loss": 0.3, "full_valid_loss": 0.4})
    await ended(jobs, 4)
    await jobs.insert(a_job(id="job-5", state="running", created_at=5.0))
    assert await found(search, Filters(sort="loss")) == ["job-3", "job-2", "job-1", "job-5", "job-4"]
    assert await found(search, Filters(sort="loss", backwards=True)) == ["job-2", "job-3", "job-1", "job-5", "job-4"]


async def test_accuracy_reward_cost_and_time_go_from_the_highest(search: JobSearch, jobs: SqlJobStore) -> None:
    await ended(jobs, 1, {"train_mean_token_accuracy": 0.5}, estimated_cost=2.0, finished_at=100.0)
    await ended(jobs, 2, {"train_mean_token_accuracy": 0.9}, estimated_cost=1.0)
    await ended(jobs, 3, {"full_valid_mean_reward": 0.2}, estimated_cost=3.0, method="reinforcement")
    await ended(jobs, 4, {"full_valid_mean_reward": 0.8}, estimated_cost=0.0, method="reinforcement")
    assert (await found(search, Filters(sort="accuracy")))[:2] == ["job-2", "job-1"]
    assert (await found(search, Filters(sort="reward")))[:2] == ["job-4", "job-3"]
    assert await found(search, Filters(sort="cost")) == ["job-3", "job-1", "job-2", "job-4"]
    assert (await found(search, Filters(sort="cost", backwards=True)))[0] == "job-4"
    assert (await found(search, Filters(sort="time")))[0] == "job-1"


async def test_only_what_differs_is_compared(search: JobSearch, jobs: SqlJobStore) -> None:
    await ended(jobs, 1, {"full_valid_loss": 0.5}, hyperparameters=Hyperparameters(n_epochs=3), seed=7)
    await ended(jobs, 2, hyperparameters=Hyperparameters(n_epochs=1), seed=7, metadata={"team": "support"})
    compared = await search.compare(a_caller(), Filters())
    assert [one.job.id for one in compared.experiments] == ["job-2", "job-1"]
    assert compared.settings == [("epochs", [1, 3]), ("metadata.team", ["support", None])]
    told = dict(compared.results)
    assert told["valid_loss"] == [None, 0.5]
    assert told["seconds"] == [10.0, 10.0]


async def test_at_most_six_are_compared(search: JobSearch, jobs: SqlJobStore) -> None:
    for number in range(8):
        await ended(jobs, number)
    assert len((await search.compare(a_caller(), Filters())).experiments) == 6


async def test_an_export_has_a_line_for_each_job_with_all_there_is(
    search: JobSearch, jobs: SqlJobStore, database: Database
) -> None:
    await SqlDatasetStore(database).save(
        Dataset("ds-1", "ab12cdef", "train.jsonl", 1, "U0ANA", "T0ACME", "C0TRAINING", False, "1.0", 1.0)
    )
    await ended(jobs, 1, {"train_loss": 0.25}, seed=42, hyperparameters=Hyperparameters(3, 8, 1.5), trained_tokens=1000)
    await ended(jobs, 2, dataset_id=None, file_name="=evil()")
    columns, rows = export_table(await search.export(a_caller(), Filters()))
    one = dict(zip(columns, rows[1], strict=True))
    assert (one["job"], one["sha256"], one["model"]) == ("job-1", "ab12cdef", "gpt-4.1-mini-2025-04-14")
    assert (one["epochs"], one["batch"], one["lr"], one["seed"]) == (3, 8, 1.5, 42)
    assert (one["train_loss"], one["trained_tokens"], one["seconds"]) == (0.25, 1000, 10.0)
    assert one["finished"] == "1970-01-01 00:00:20"
    assert rows[0][columns.index("train_loss")] == ""
    with pytest.raises(Invalid, match="no_jobs_to_export"):
        await search.export(a_caller(), Filters(model="nothing"))


async def test_what_came_of_a_job_is_worked_out_once_when_nothing_more_is_expected(
    search: JobSearch, jobs: SqlJobStore, database: Database
) -> None:
    store = SqlExperimentStore(database)
    job = a_job(id="job-9", state="succeeded", provider_job_id="ftjob-9")
    await jobs.insert(job)  # still followed: events may arrive late
    await ended(jobs, 1, {"train_loss": 0.25})
    assert await store.without_outcome(10) == ["job-1"]
    await found(search, Filters(sort="loss"))
    assert await store.without_outcome(10) == []
    assert (await store.outcomes(["job-1", "job-9"]))["job-1"].figures == {"train_loss": 0.25}

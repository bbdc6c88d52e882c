import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.chat_models import ChatModels
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.model_answers import ModelAnswers
from bot.evaluations.planning import EvaluationPlanning
from bot.evaluations.runs import EvaluationRuns
from bot.jobs.lookup import JobLookup
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.spending.model_use import ModelSpending
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.compare.conftest import chat_models, datasets
from tests.conversations.conftest import authority, budgets, catalogue, channel_models, lost_models, spending
from tests.parts import MODEL, a_dataset
from tests.stand_in_provider import StandInProvider

__all__ = [
    "authority",
    "budgets",
    "catalogue",
    "channel_models",
    "chat_models",
    "datasets",
    "lost_models",
    "spending",
]
TUNED = f"ft:{MODEL}:acme:house:abc11111"


@pytest.fixture(scope="session")
def processes() -> Iterator[WorkerPools]:
    """For all tests: they import large libraries."""
    made = WorkerPools()
    yield made
    made.close()


@pytest.fixture
def pools(processes: WorkerPools) -> WorkerPools:
    for worker in processes._workers.values():
        worker.free = asyncio.Lock()  # one that somebody has waited for belongs to the loop of that test
    return processes


@pytest.fixture(autouse=True)
def tuned(stand_in: StandInProvider) -> None:
    stand_in.tuned.append(TUNED)


@pytest.fixture
def store(database: Database) -> SqlEvaluationStore:
    return SqlEvaluationStore(database)


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", 1_000_000)


@pytest.fixture
def dropped(datasets: SqlDatasetStore, file_store: FileStore) -> Callable[..., Awaitable[Dataset]]:
    """Takes in a file of these examples, under an id that is its hash, too."""

    async def drop(*examples: Any, id: str = "ds-valid", **fields: Any) -> Dataset:
        dataset = a_dataset(id=id, sha256=id.removeprefix("ds-"), name="validation.jsonl", **fields)
        path = file_store.path(dataset.sha256)
        await asyncio.to_thread(path.write_bytes, b"".join(orjson.dumps(one) + b"\n" for one in examples))
        await datasets.save(dataset)
        return dataset

    return drop


@pytest.fixture
def planning(
    store: SqlEvaluationStore,
    chat_models: ChatModels,
    catalogue: Catalogue,
    spending: ModelSpending,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    authority: Authority,
) -> EvaluationPlanning:
    return EvaluationPlanning(
        store,
        chat_models,
        catalogue,
        spending,
        jobs,
        JobLookup(jobs, authority),
        datasets,
        DatasetLookup(datasets, authority),
        file_store,
        pools,
        authority,
    )


@pytest.fixture
def evaluations(
    store: SqlEvaluationStore,
    planning: EvaluationPlanning,
    chat_models: ChatModels,
    catalogue: Catalogue,
    spending: ModelSpending,
    authority: Authority,
) -> Evaluations:
    return Evaluations(store, planning, chat_models, catalogue, spending, authority)


@pytest.fixture
def answers(
    store: SqlEvaluationStore, catalogue: Catalogue, lost_models: LostModels, spending: ModelSpending
) -> ModelAnswers:
    return ModelAnswers(store, catalogue, lost_models, spending, retry=Backoff(0.01, tries=2))


@pytest.fixture
def runs_that_trust(
    store: SqlEvaluationStore,
    answers: ModelAnswers,
    spending: ModelSpending,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
) -> Callable[..., EvaluationRuns]:
    """Runs in which Python graders of these sources may grade."""

    def make(*sources: str) -> EvaluationRuns:
        parts = store, answers, spending, jobs, datasets, file_store, pools
        return EvaluationRuns(*parts, look_every=0.01, trusted=frozenset(sources))

    return make


@pytest.fixture
def runs(runs_that_trust: Callable[..., EvaluationRuns]) -> EvaluationRuns:
    return runs_that_trust()

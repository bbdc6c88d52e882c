from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.backoff import Backoff
from bot.compare.arenas import Arenas
from bot.compare.asking import Asking
from bot.compare.comparisons import Comparisons
from bot.conversations.chat_models import ChatModels
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.spending.model_use import ModelSpending
from bot.store.comparisons import SqlComparisonStore
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.conversations.conftest import authority, budgets, catalogue, channel_models, lost_models, spending

__all__ = ["authority", "budgets", "catalogue", "channel_models", "lost_models", "spending"]


@pytest.fixture(scope="module")
def pools() -> Iterator[WorkerPools]:
    made = WorkerPools()
    yield made
    made.close()


@pytest.fixture
def store(database: Database) -> SqlComparisonStore:
    return SqlComparisonStore(database)


@pytest.fixture
def datasets(database: Database) -> SqlDatasetStore:
    return SqlDatasetStore(database)


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", 1_000_000)


@pytest.fixture
def chat_models(
    catalogue: Catalogue,
    lost_models: LostModels,
    jobs: SqlJobStore,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    authority: Authority,
    channel_models: ChannelModels,
) -> ChatModels:
    return ChatModels(catalogue, lost_models, jobs, datasets, file_store, authority, channel_models)


@pytest.fixture
def comparisons(
    store: SqlComparisonStore, chat_models: ChatModels, asking: Asking, authority: Authority
) -> Comparisons:
    return Comparisons(store, chat_models, asking, authority)


@pytest.fixture
def arenas(
    store: SqlComparisonStore,
    chat_models: ChatModels,
    asking: Asking,
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    authority: Authority,
) -> Arenas:
    return Arenas(store, chat_models, asking, DatasetLookup(datasets, authority), file_store, pools, authority)


@pytest.fixture
def asking(store: SqlComparisonStore, catalogue: Catalogue, lost_models: LostModels, spending: ModelSpending) -> Asking:
    return Asking(store, catalogue, lost_models, spending, warm_up=Backoff(0.01, tries=2))

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.models.catalogue import Catalogue
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests.dropping import Drop, Upload
from tests.parts import channel_providers
from tests.slack_requests import ANA


@pytest.fixture
def datasets(database: Database) -> SqlDatasetStore:
    return SqlDatasetStore(database)


@pytest.fixture
def audit(database: Database) -> SqlAuditLog:
    return SqlAuditLog(database)


@pytest.fixture
def authority(audit: SqlAuditLog) -> Authority:
    return Authority(Policy(), audit)


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", 1_000_000)


@pytest.fixture(scope="session")
def pools() -> Iterator[WorkerPools]:
    """To start a process that loads a vocabulary takes seconds."""
    lasting = WorkerPools()
    yield lasting
    lasting.close()


@pytest.fixture
def lookup(datasets: SqlDatasetStore, authority: Authority) -> DatasetLookup:
    return DatasetLookup(datasets, authority)


@pytest.fixture
def derived(datasets: SqlDatasetStore) -> DerivedDatasets:
    return DerivedDatasets(datasets)


@pytest.fixture
def catalogue(provider: OpenAIProtocol, jobs: SqlJobStore) -> Catalogue:
    return Catalogue(Providers(provider), jobs)


@pytest.fixture
def checking(
    datasets: SqlDatasetStore,
    file_store: FileStore,
    pools: WorkerPools,
    catalogue: Catalogue,
    provider: OpenAIProtocol,
    tmp_path: Path,
) -> DatasetCheck:
    return DatasetCheck(datasets, file_store, pools, catalogue, channel_providers(provider), tokenizers=tmp_path)


@pytest.fixture
def content() -> Callable[..., bytes]:
    """A training file with so many examples, in which nothing is wrong."""

    def content(count: int, question: str = "What is {} + 1?") -> bytes:
        lines = []
        for n in range(count):
            turns = [
                {"role": "user", "content": question.format(n)},
                {"role": "assistant", "content": f"It is {n + 1}."},
            ]
            lines.append(json.dumps({"messages": turns}))
        return "\n".join(lines).encode()

    return content


@pytest.fixture
def keep(drop: Drop, file_store: FileStore, checking: DatasetCheck) -> Callable[..., Any]:
    """A file that somebody dropped, with its report; `content` is what is in it."""

    async def keep(content: bytes, dataset_id: str = "ds-1", **fields: Any) -> Dataset:
        dataset = await drop(dataset_id, sha256=f"content of {dataset_id}", bytes=len(content), **fields)
        part = file_store.path(dataset.sha256)
        part.write_bytes(content)
        checked = await checking.check(dataset)
        assert checked is not None
        part.rename(file_store.path(checked.sha256))
        return checked

    return keep


@pytest.fixture
def drop(datasets: SqlDatasetStore, file_store: FileStore) -> Drop:
    """A file that somebody dropped, with our copy of it."""

    async def drop(dataset_id: str = "ds-1", **fields: Any) -> Dataset:
        dataset = Dataset(
            **{
                "id": dataset_id,
                "sha256": "abc",
                "name": "train.jsonl",
                "bytes": 3,
                "owner": ANA.user,
                "team": "T0ACME",
                "channel": "C0TRAINING",
                "channel_private": False,
                "thread_ts": "1.0",
                "created_at": 1.0,
                **fields,
            }
        )
        file_store.path(dataset.sha256).write_bytes(b"{}\n")
        await datasets.save(dataset)
        return dataset

    return drop


@pytest.fixture
def upload(provider: OpenAIProtocol, jobs: SqlJobStore, tmp_path: Path) -> Upload:
    """Brings the bytes of a hash to the provider, as a job does; the provider's id of them."""

    async def upload(sha256: str) -> str:
        path = tmp_path / "train.jsonl"
        path.write_bytes(b"{}\n")
        file_id = await provider.upload(path, "train.jsonl")
        await jobs.set_provider_file(provider.name, sha256, file_id)
        return file_id

    return upload

from pathlib import Path
from typing import Any

import pytest
from dropping import Drop, Upload
from slack_requests import ANA

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import Copies
from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.audit import SqliteAuditLog
from bot.store.database import Database
from bot.store.datasets import SqliteDatasetStore
from bot.store.jobs import SqliteJobStore


@pytest.fixture
def datasets(database: Database) -> SqliteDatasetStore:
    return SqliteDatasetStore(database)


@pytest.fixture
def audit(database: Database) -> SqliteAuditLog:
    return SqliteAuditLog(database)


@pytest.fixture
def authority(audit: SqliteAuditLog) -> Authority:
    return Authority(Policy(), audit)


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path / "files", 1_000_000)


@pytest.fixture
def drop(datasets: SqliteDatasetStore, copies: Copies) -> Drop:
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
        copies.path(dataset.sha256).write_bytes(b"{}\n")
        await datasets.save(dataset)
        return dataset

    return drop


@pytest.fixture
def upload(provider: OpenAIProtocol, jobs: SqliteJobStore, tmp_path: Path) -> Upload:
    """Brings the bytes of a hash to the provider, as a job does; the provider's id of them."""

    async def upload(sha256: str) -> str:
        path = tmp_path / "train.jsonl"
        path.write_bytes(b"{}\n")
        file_id = await provider.upload(path, "train.jsonl")
        await jobs.set_provider_file(provider.name, sha256, file_id)
        return file_id

    return upload

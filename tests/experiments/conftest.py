from pathlib import Path

import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.file_store import FileStore
from bot.jobs.lookup import JobLookup
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore


@pytest.fixture
def authority(database: Database) -> Authority:
    return Authority(Policy(), SqlAuditLog(database))


@pytest.fixture
def lookup(jobs: SqlJobStore, authority: Authority) -> JobLookup:
    return JobLookup(jobs, authority)


@pytest.fixture
def file_store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", max_bytes=1 << 20)

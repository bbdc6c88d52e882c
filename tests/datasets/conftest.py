from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parts import provider_over
from stand_in_provider import StandInProvider

from bot.access import Policy
from bot.authority import Authority
from bot.datasets.file_store import Copies
from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.audit import SqliteAuditLog
from bot.store.database import Database
from bot.store.datasets import SqliteDatasetStore


@pytest.fixture
async def stand_in() -> AsyncIterator[StandInProvider]:
    async with StandInProvider() as provider:
        yield provider


@pytest.fixture
async def provider(stand_in: StandInProvider) -> AsyncIterator[OpenAIProtocol]:
    async with provider_over(stand_in) as made:
        yield made


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

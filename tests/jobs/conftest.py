from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parts import provider_over
from stand_in_provider import StandInProvider

from bot.providers.openai_protocol import OpenAIProtocol
from bot.store.database import Database
from bot.store.jobs import SqliteJobStore
from bot.store.outbox import SqliteOutbox


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "data")
    yield opened
    await opened.close()


@pytest.fixture
def jobs(database: Database) -> SqliteJobStore:
    return SqliteJobStore(database)


@pytest.fixture
def outbox(database: Database) -> SqliteOutbox:
    return SqliteOutbox(database)


@pytest.fixture
async def stand_in() -> AsyncIterator[StandInProvider]:
    async with StandInProvider() as provider:
        yield provider


@pytest.fixture
async def provider(stand_in: StandInProvider) -> AsyncIterator[OpenAIProtocol]:
    async with provider_over(stand_in) as made:
        yield made

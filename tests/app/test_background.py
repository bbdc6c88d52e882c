"""What goes on by itself, in the process that leads and in others."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app import background
from app.background import Background
from app.services import Services
from bot.errors import BotError
from bot.membership import Membership
from bot.store.database import Database
from bot.store.processes import SqlProcesses
from handlers.missed import Backfill
from tests.parts import until


async def joined(database: Database, name: str) -> Membership:
    membership = Membership(SqlProcesses(database), alone=False, new_id=lambda: name)
    await membership.join()
    return membership


class Starting:
    """A process that starts while another leads. `happened`: what it began to do for all. `trouble`: the store's."""

    def __init__(self, before: Membership, membership: Membership) -> None:
        self.before = before
        self.membership = membership
        self.happened: list[str] = []
        self.trouble = False
        submitter = SimpleNamespace(recover=self.recover, run=self.submissions, close=lambda: asyncio.sleep(0))
        services = cast(Services, SimpleNamespace(membership=membership, submitter=submitter))
        self.background = Background(services, {})

    async def recover(self) -> None:
        if self.trouble:
            raise BotError("store_trouble", trouble="locked")
        self.happened.append("recovers")

    async def submissions(self) -> None:
        self.happened.append("submits")
        await asyncio.Event().wait()

    async def channels(self) -> None:
        self.happened.append("reads back")
        await asyncio.Event().wait()

    async def comes_to_lead(self) -> None:
        await self.before.leave()
        await self.membership.beat()
        assert self.membership.leads

    def read_back(self) -> None:
        self.background.read_back(cast(Backfill, cast(Any, SimpleNamespace(run=self.channels))))


@pytest.fixture
async def starting(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Starting]:
    for name in ("own_loops", "loops", "by_the_clock", "until_leading"):
        monkeypatch.setattr(background, name, lambda *_: [])
    before, membership = await joined(database, "before"), await joined(database, "this")
    assert not membership.leads
    made = Starting(before, membership)
    yield made
    await made.background.close()


async def test_whoever_may_lead_just_while_it_starts_does_what_one_does_for_all(starting: Starting) -> None:
    """It takes the place of the leader, which stops after this was asked, and before its start is over."""
    await starting.comes_to_lead()
    starting.read_back()
    await until(lambda: set(starting.happened) == {"recovers", "submits", "reads back"})


async def test_whoever_comes_to_lead_while_the_store_is_in_trouble_does_it_all_once_that_is_over(
    starting: Starting,
) -> None:
    starting.trouble = True
    starting.read_back()
    await starting.comes_to_lead()
    await until(lambda: set(starting.happened) == {"submits", "reads back"})

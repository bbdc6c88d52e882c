"""What goes on by itself, in the process that leads and in others."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from parts import until

from app import background
from app.background import Background
from app.services import Services
from bot.membership import Membership
from bot.store.database import Database
from bot.store.processes import SqlProcesses
from handlers.missed import Backfill


async def joined(database: Database, name: str) -> Membership:
    membership = Membership(SqlProcesses(database), alone=False, new_id=lambda: name)
    await membership.join()
    return membership


async def test_whoever_may_lead_just_while_it_starts_does_what_one_does_for_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leader is replaced by it: it stops when it has been asked whether it leads, and before the start is over."""
    happened: list[str] = []

    async def recover() -> None:
        happened.append("leads")

    async def forever() -> None:
        happened.append("goes on")
        await asyncio.Event().wait()

    for name in ("own_loops", "loops", "by_the_clock"):
        monkeypatch.setattr(background, name, lambda *_: [])
    before, membership = await joined(database, "before"), await joined(database, "this")
    submitter = SimpleNamespace(recover=recover, run=forever, close=lambda: asyncio.sleep(0))
    services = cast(Services, SimpleNamespace(membership=membership, submitter=submitter))
    starting = Background(services, {})
    assert not membership.leads
    await before.leave()
    await membership.beat()
    assert membership.leads
    starting.read_back(cast(Backfill, cast(Any, SimpleNamespace(run=forever))))
    await until(lambda: happened == ["leads", "goes on", "goes on"])
    await starting.close()

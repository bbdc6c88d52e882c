"""Keeping collections in order."""

from pathlib import Path

import msgspec
import pytest
from collecting import ADMIN, BEN, CAI, Collecting
from slack_requests import ANA, a_caller

from bot.access import Actor
from bot.errors import Denied, NotFound
from bot.store.database import Database


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Collecting:
    return Collecting(database, tmp_path / "files")


@pytest.mark.parametrize("who", [ANA, BEN, CAI, ADMIN], ids=["owner", "who added it", "who speaks in it", "admin"])
async def test_an_example_is_removed_by_those_whom_it_is_of_and_the_audit_log_knows(
    world: Collecting, who: Actor
) -> None:
    await world.collection()
    await world.example("ex-1", by="U0BEN", people=("U0CAI",))
    await world.example("ex-2")
    await world.curation.remove(a_caller(who), "col-1", "ex-1")
    assert await world.ids() == ["ex-2"]
    last = (await world.audit.about("col-1"))[-1]
    assert (last.action, last.actor, last.details) == ("remove example", who.user, "ex-1")


async def test_somebody_else_removes_nothing(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1")
    with pytest.raises(Denied):
        await world.curation.remove(a_caller(BEN), "col-1", "ex-1")
    assert await world.ids() == ["ex-1"]


async def test_what_is_gone_is_said_to_be_unless_the_same_press_removed_it(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1")
    await world.curation.remove(a_caller(), "col-1", "ex-1")
    again = msgspec.structs.replace(a_caller(), is_retry=True)
    await world.curation.remove(again, "col-1", "ex-1")
    assert (await world.acts()).count("remove example") == 1
    with pytest.raises(NotFound):
        await world.curation.remove(a_caller(key="another"), "col-1", "ex-1")

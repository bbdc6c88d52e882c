import inspect
from collections.abc import Sequence

import pytest

from bot.errors import StartError
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.processes import FencedDatabase, LeaseLost, Process, SqlProcesses


@pytest.fixture
def processes(database: Database) -> SqlProcesses:
    return SqlProcesses(database)


def names(found: Sequence[Process]) -> list[str]:
    return [one.id for one in found]


async def test_processes_stand_in_the_order_in_which_they_came(processes: SqlProcesses) -> None:
    for name in ("zoe", "adam", "mia"):
        await processes.join(name, alone=False)
    await processes.leave("adam")
    assert names(await processes.join("eve", alone=False)) == ["zoe", "mia", "eve"]


async def test_one_that_is_silent_is_removed_by_the_beats_that_were_seen(processes: SqlProcesses) -> None:
    await processes.join("old", alone=False)
    await processes.join("new", alone=False)
    await processes.beat("old", {})
    assert names(await processes.beat("new", {"old": 0})) == ["old", "new"], "it has shown since that it lives"
    assert names(await processes.beat("new", {"old": 1})) == ["new"]
    with pytest.raises(LeaseLost):
        await processes.beat("old", {})


async def test_a_claim_is_held_by_one_until_it_gives_it_up_or_is_gone(processes: SqlProcesses) -> None:
    for name in ("a", "b"):
        await processes.join(name, alone=False)
    assert await processes.claim("thread", "a")
    assert await processes.claim("thread", "a"), "it has it already"
    assert not await processes.claim("thread", "b")
    await processes.give_up("thread", "b")
    assert not await processes.claim("thread", "b"), "it was not b's to give up"
    await processes.give_up("thread", "a")
    assert await processes.claim("thread", "b")
    await processes.leave("b")
    assert await processes.claim("thread", "a")


async def test_one_that_was_removed_claims_nothing(processes: SqlProcesses) -> None:
    await processes.join("a", alone=False)
    await processes.leave("a")
    with pytest.raises(LeaseLost):
        await processes.claim("thread", "a")


async def test_what_one_had_in_hand_is_free_once_it_is_removed(processes: SqlProcesses, database: Database) -> None:
    for name in ("a", "b"):
        await processes.join(name, alone=False)
    here, there = SqlInbox(database, "a"), SqlInbox(database, "b")
    await here.accept("event/1", {})
    assert (await there.unclaimed(), await there.claim("event/1")) == ([], False)
    assert await here.claim("event/1"), "its own"
    await processes.beat("b", {"a": 0})
    assert [entry.key for entry in await there.unclaimed()] == ["event/1"]
    assert await there.claim("event/1")
    assert not await here.claim("event/1")


async def test_whoever_is_alone_finds_nothing_of_those_before_it(processes: SqlProcesses, database: Database) -> None:
    await processes.join("before", alone=True)
    await SqlInbox(database, "before").accept("event/1", {})
    await processes.claim("thread", "before")
    assert names(await processes.join("now", alone=True)) == ["now"]
    assert await SqlInbox(database, "now").claim("event/1")
    assert await processes.claim("thread", "now")


async def test_a_process_that_was_removed_writes_nothing(processes: SqlProcesses, database: Database) -> None:
    await processes.join("a", alone=False)
    inbox = SqlInbox(FencedDatabase(database, "a"), "a")
    assert await inbox.accept("event/1", {})
    await processes.leave("a")
    with pytest.raises(LeaseLost):
        await inbox.accept("event/2", {})
    assert [entry.key for entry in await inbox.pending()] == ["event/1"], "it may still read"


def test_a_fence_stands_around_all_that_the_store_does() -> None:
    """Or a part of it would be missing, or be done without being fenced."""
    done = {name for name, of in vars(Database).items() if inspect.iscoroutinefunction(of) and not name.startswith("_")}
    assert done <= set(vars(FencedDatabase))


async def test_what_is_said_in_a_thread_has_its_turn_once_all_before_it_is_done(database: Database) -> None:
    here, there = SqlInbox(database, "a"), SqlInbox(database, "b")
    await here.accept("message/1", {}, thread="C1/1.0")
    await there.accept("message/2", {}, thread="C1/1.0")
    await there.accept("message/3", {}, thread="C1/9.0")
    await there.accept("command/4", {})
    assert [await there.is_first(key) for key in ("message/1", "message/2", "message/3")] == [True, False, True]
    await here.finish("message/1", failed=True)
    assert await there.is_first("message/2")


async def test_bots_of_two_slack_apps_do_not_share_a_store(processes: SqlProcesses) -> None:
    await processes.join("one", alone=False, app="T1/U1")
    with pytest.raises(StartError, match="another_app"):
        await processes.join("two", alone=False, app="T1/U2")
    assert names(await processes.join("three", alone=False, app="T1/U1")) == ["one", "three"]

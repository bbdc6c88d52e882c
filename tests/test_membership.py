"""Processes that share a store, each with a clock of its own that the test moves."""

import asyncio
from collections.abc import Callable

import pytest

from bot.errors import StartError
from bot.membership import Membership, steady
from bot.store.database import Database
from bot.store.processes import LeaseLost, SqlProcesses
from bot.store.trouble import StoreTrouble

LEASE = 10.0
Member = Callable[..., Membership]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def member(database: Database, clock: Clock) -> Member:
    def member(name: str, *, alone: bool = False, store: SqlProcesses | None = None) -> Membership:
        store = store or SqlProcesses(database)
        return Membership(store, alone=alone, lease=LEASE, steady=clock, new_id=lambda: name)

    return member


async def joined(*members: Membership) -> None:
    for member in members:
        await member.join()


async def test_the_first_leads_until_it_leaves(member: Member) -> None:
    first, second = member("first"), member("second")
    await joined(first, second)
    assert (first.leads, second.leads, second.count) == (True, False, 2)
    await first.leave()
    await second.beat()
    assert (first.leads, second.leads, second.count) == (False, True, 1)


async def test_whoever_has_just_asked_for_something_leaves_once_it_must_have_been_carried_out(
    database: Database,
) -> None:
    """The next one would look for it too early, and ask for it again."""
    first = Membership(SqlProcesses(database), alone=False, lease=1.0)
    await first.join()
    began = steady()
    first.require()
    await first.leave()
    assert steady() - began >= 0.2


async def test_one_that_stands_still_for_a_lease_is_followed_by_the_next(member: Member, clock: Clock) -> None:
    first, second = member("first"), member("second")
    await joined(first, second)
    for _ in range(4):
        clock.now += 2.5
        assert not second.leads
        await second.beat()
    assert second.leads
    with pytest.raises(LeaseLost):
        await first.beat()
    assert (first.leads, first.lost.is_set()) == (False, True)


async def test_one_that_beats_slowly_stays(member: Member, clock: Clock) -> None:
    first, second = member("first"), member("second")
    await joined(first, second)
    for number in range(20):
        clock.now += 3
        await second.beat()
        if number % 3 == 0:
            await first.beat()
    assert (first.leads, second.leads) == (True, False)


async def test_whoever_stood_still_itself_takes_nobody_for_dead(member: Member, clock: Clock) -> None:
    """Or after an hour in which the store was away the first to come back would remove all others."""
    first, second = member("first"), member("second")
    await joined(first, second)
    clock.now += 3600
    await second.beat()
    await first.beat()
    assert (first.leads, second.leads) == (True, False)


async def test_it_says_nothing_once_another_may_have_taken_it_for_dead(member: Member, clock: Clock) -> None:
    this = member("this")
    await joined(this)
    clock.now += 0.75 * LEASE
    this.require()
    clock.now += 0.1 * LEASE
    with pytest.raises(LeaseLost):
        this.require()
    await this.beat()
    this.require()


async def test_one_that_is_alone_need_not_show_that_it_lives(member: Member, clock: Clock) -> None:
    this = member("this", alone=True)
    await joined(this)
    clock.now += 1000
    this.require()
    assert this.leads
    await asyncio.wait_for(this.run(), 5)  # there is nothing to do


async def test_a_lock_holds_for_all_processes(member: Member) -> None:
    here, there = member("here"), member("there")
    await joined(here, there)
    done = []

    async def reply() -> None:
        async with there.locks("answer").of("c1"):
            done.append("reply")

    async with here.locks("answer").of("c1"):
        waiting = asyncio.create_task(reply())
        async with there.locks("answer").of("c2"):  # another conversation is not held up
            done.append("elsewhere")
        done.append("answer")
    await asyncio.wait_for(waiting, 5)
    assert done == ["elsewhere", "answer", "reply"]


async def test_whoever_is_told_to_stop_while_it_claims_holds_nothing(member: Member, database: Database) -> None:
    class Slow(SqlProcesses):
        claimed = asyncio.Event()

        async def claim(self, thing: str, process: str) -> bool:
            found = await super().claim(thing, process)
            self.claimed.set()
            await asyncio.sleep(3600)
            return found

    slow = Slow(database)
    here, there = member("here", store=slow), member("there")
    await joined(here, there)

    async def hold() -> None:
        async with here.locks("answer").of("c1"):
            raise AssertionError

    task = asyncio.create_task(hold())
    await slow.claimed.wait()
    task.cancel()
    await asyncio.wait({task})
    async with asyncio.timeout(5), there.locks("answer").of("c1"):
        pass


async def test_a_lock_is_given_up_once_the_store_takes_that(member: Member, database: Database) -> None:
    class Troubled(SqlProcesses):
        troubles = 1

        async def give_up(self, thing: str, process: str) -> None:
            self.troubles -= 1
            if self.troubles >= 0:
                raise StoreTrouble("store_trouble", trouble="locked")
            await super().give_up(thing, process)

    here, there = member("here", store=Troubled(database)), member("there")
    await joined(here, there)
    async with here.locks("answer").of("c1"):
        pass
    async with asyncio.timeout(5), there.locks("answer").of("c1"):
        pass


async def test_a_dead_bot_of_another_app_keeps_nobody_out_and_a_living_one_does(database: Database) -> None:
    store = SqlProcesses(database)
    await store.join("dead", alone=False, app="T1/U1")
    one, two = (Membership(store, alone=False, app=f"T1/U{number}", lease=0.01) for number in (2, 3))
    await one.join()
    assert [one.leads, one.count] == [True, 1]
    beating = asyncio.create_task(_beat_always(one))
    with pytest.raises(StartError, match="another_app"):
        await two.join()
    beating.cancel()


async def _beat_always(membership: Membership) -> None:
    while True:
        await membership.beat()
        await asyncio.sleep(0)

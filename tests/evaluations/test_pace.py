"""How fast a provider is asked."""

import asyncio
import time

import pytest

from bot.evaluations.pace import FIRST, MOST, Pace


async def test_no_more_are_asked_at_a_time_than_there_is_room_for() -> None:
    pace, at_once, most = Pace(), 0, 0

    async def ask() -> None:
        nonlocal at_once, most
        async with pace.turn():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(ask() for _ in range(50)))
    assert (most, at_once) == (FIRST, 0)


def test_room_grows_fast_until_a_refusal_and_slowly_after_it() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    for _ in range(100):
        pace.answered()
    assert pace.at_a_time == MOST
    pace.refused(1.0)
    held = pace.at_a_time
    assert held < MOST
    pace.refused(1.0)
    assert pace.at_a_time == held, "those that were under way together are one refusal"
    for _ in range(held):
        pace.answered()
    assert pace.at_a_time <= held + 1


def test_after_a_refusal_it_goes_on_as_fast_as_the_provider_took_it() -> None:
    now = [100.0]
    pace = Pace(clock=lambda: now[0])
    assert pace.seconds_between == 0
    for _ in range(41):
        pace.answered()
        now[0] += 0.05
    pace.refused(0.0)
    assert pace.seconds_between == pytest.approx(0.05, rel=0.05)
    slow = pace.seconds_between
    pace.answered()
    assert pace.seconds_between < slow, "and tries a little more each time"


async def test_everybody_waits_as_long_as_the_provider_says() -> None:
    pace, began = Pace(), time.monotonic()
    pace.refused(0.05)

    async def ask() -> float:
        async with pace.turn():
            return time.monotonic() - began

    assert min(await asyncio.gather(ask(), ask())) >= 0.05


async def test_who_gives_up_waiting_leaves_room() -> None:
    pace = Pace(1, 1)
    pace.refused(0.05)
    waiting = asyncio.create_task(pace.turn().__aenter__())
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1), pace.turn():
        pass

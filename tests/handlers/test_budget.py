"""Slack's rates, kept to on our side."""

import asyncio
import time

import pytest

from handlers.web.rate_limits import Bucket, Budgets, Priority


async def test_a_burst_is_served_at_once_and_what_follows_at_the_rate() -> None:
    bucket = Bucket(per_minute=1200, burst=3)
    began = time.monotonic()
    for _ in range(3):
        await bucket.take(Priority.PROGRESS)
    assert time.monotonic() - began < 0.04
    for _ in range(4):
        await bucket.take(Priority.PROGRESS)
    assert 0.19 <= time.monotonic() - began < 0.6


async def test_who_waits_is_served_by_urgency_then_by_arrival() -> None:
    bucket = Bucket(per_minute=6000, burst=1)
    await bucket.take(Priority.MODAL)
    bucket.block(0.1)
    served: list[str] = []

    async def wait(name: str, priority: Priority) -> None:
        await bucket.take(priority)
        served.append(name)

    await asyncio.gather(
        wait("progress", Priority.PROGRESS),
        wait("chat 1", Priority.CHAT),
        wait("ending", Priority.ENDING),
        wait("chat 2", Priority.CHAT),
        wait("modal", Priority.MODAL),
    )
    assert served == ["modal", "ending", "chat 1", "chat 2", "progress"]


async def test_nobody_overtakes_a_queue_without_waiting() -> None:
    bucket = Bucket(per_minute=600, burst=1)
    assert bucket.try_take()
    waiting = asyncio.create_task(bucket.take(Priority.CHAT))
    await asyncio.sleep(0)
    assert not bucket.try_take()
    assert not bucket.has_room()
    await waiting


async def test_somebody_who_stops_waiting_costs_nothing() -> None:
    bucket = Bucket(per_minute=600, burst=1)
    await bucket.take(Priority.CHAT)
    gone = asyncio.create_task(bucket.take(Priority.CHAT))
    stays = asyncio.create_task(bucket.take(Priority.CHAT))
    await asyncio.sleep(0)
    gone.cancel()
    began = time.monotonic()
    await stays
    assert time.monotonic() - began < 0.19


async def test_after_a_429_nothing_goes_out_for_as_long_as_slack_says() -> None:
    bucket = Bucket(per_minute=6000, burst=10)
    bucket.block(0.1)
    began = time.monotonic()
    await bucket.take(Priority.MODAL)
    assert time.monotonic() - began >= 0.09


def test_posting_has_a_budget_for_each_channel_and_editing_one_for_all() -> None:
    budgets = Budgets()
    assert budgets.bucket("chat.postMessage", "C1") is not budgets.bucket("chat.postMessage", "C2")
    assert budgets.bucket("chat.postMessage", "C1") is budgets.bucket("chat.postMessage", "C1")
    assert budgets.bucket("chat.update", "C1") is budgets.bucket("chat.update", "C2")
    assert budgets.bucket("views.open") is not budgets.bucket("chat.update")


async def test_after_a_429_there_is_no_burst() -> None:
    now = 1000.0
    bucket = Bucket(per_minute=60, burst=10, clock=lambda: now)
    bucket.block(30)
    assert bucket.room() == 0
    now += 30
    assert bucket.room() == 1
    now += 1
    assert bucket.room() == 2


@pytest.mark.parametrize(
    ("method", "most"),
    [("chat.startStream", 20), ("chat.stopStream", 20), ("chat.update", 50), ("users.info", 100), ("auth.test", 20)],
)
def test_no_minute_has_more_calls_than_slack_allows(method: str, most: int) -> None:
    now = 1000.0
    bucket = Budgets(clock=lambda: now).bucket(method)
    taken = 0
    for _ in range(600):
        while bucket.try_take():
            taken += 1
        now += 0.1
    assert most * 0.9 <= taken <= most


async def test_a_hair_less_than_a_token_is_not_waited_for() -> None:
    """Such a pause is too short for the clock to move, and would be taken over and over."""
    now = 1000.0
    bucket = Bucket(per_minute=55, burst=2, clock=lambda: now)
    assert bucket.try_take()
    assert bucket.try_take()
    now += 60 / 55 * (1 - 1e-14)
    assert bucket.has_room()


async def test_a_token_that_was_not_needed_is_there_for_the_next_but_saved_up_is_no_more_than_a_burst() -> None:
    bucket = Bucket(per_minute=55, burst=2, clock=lambda: 1000.0)
    assert bucket.try_take()
    assert bucket.try_take()
    bucket.give_back()
    assert bucket.try_take()
    assert not bucket.try_take()
    for _ in range(9):
        bucket.give_back()
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]


async def test_a_token_that_was_borrowed_is_missing_later() -> None:
    now = 1000.0
    bucket = Bucket(per_minute=60, burst=1, clock=lambda: now)
    assert bucket.try_take()
    bucket.borrow()
    now += 1.5
    assert not bucket.has_room()
    now += 0.5
    assert bucket.try_take()

"""What is done again and again goes on, whatever the clock does."""

import asyncio
import time
from datetime import datetime, timedelta, tzinfo
from typing import Self

import pytest

from app.schedule import Task, keep, schedule
from bot.backoff import Backoff


class _Clock(datetime):
    """The wall clock, set anew by `shift`."""

    shift = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + cls.shift


@pytest.mark.parametrize("hours", [-1, 1, -24 * 400])
async def test_a_clock_that_is_set_anew_keeps_nothing_waiting(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    real, ticks = time.time, 0
    monkeypatch.setattr(_Clock, "shift", timedelta())
    for module in ("apscheduler.schedulers.base", "apscheduler.triggers.interval", "app.schedule"):
        monkeypatch.setattr(f"{module}.datetime", _Clock)
    monkeypatch.setattr(time, "time", lambda: real() + _Clock.shift.total_seconds())

    async def tick() -> None:
        nonlocal ticks
        ticks += 1

    async def more() -> None:
        before = ticks
        async with asyncio.timeout(60):
            while ticks < before + 5:
                await asyncio.sleep(0.01)

    async with schedule([Task("tick", 0.05, tick)]):
        await more()
        _Clock.shift = timedelta(hours=hours)
        await more()


async def test_a_fault_of_one_time_does_not_end_the_others() -> None:
    times = 0
    again = asyncio.Event()

    async def faulty() -> None:
        nonlocal times
        times += 1
        if times > 2:
            again.set()
        raise RuntimeError("this once")

    async with schedule([Task("faulty", 0.05, faulty)]):
        await asyncio.wait_for(again.wait(), 60)


async def test_what_is_under_way_at_the_end_is_over_when_the_block_is_left() -> None:
    begun, over = asyncio.Event(), False

    async def long() -> None:
        nonlocal over
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            over = True

    async with schedule([Task("long", 0.05, long)]):
        await asyncio.wait_for(begun.wait(), 60)
    assert over


async def test_a_loop_that_breaks_off_or_ends_is_logged_and_begun_again(capsys: pytest.CaptureFixture[str]) -> None:
    begun = 0
    again = asyncio.Event()

    async def loop() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise RuntimeError("a bug")
        if begun == 3:
            again.set()
            await asyncio.Event().wait()

    task = keep("cards", loop, Backoff(0.01))
    await asyncio.wait_for(again.wait(), 60)
    task.cancel()
    said = capsys.readouterr().out
    assert "loop broke off" in said
    assert "loop ended" in said

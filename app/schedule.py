"""What the bot does again and again: loops of its own, and what APScheduler begins, also when somebody sets the
machine's clock."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import instruments
from bot.backoff import Backoff

log = structlog.get_logger()

_LOOK_EVERY: Final = 1.0
_MOST_DRIFT: Final = 2.0
_LAST_SECONDS: Final = 1.0
_AGAIN: Final = Backoff(1, longest=60)


@dataclass(frozen=True)
class Task:
    """`work` at an interval in seconds, never twice at a time."""

    name: str
    seconds: float
    work: Callable[[], Awaitable[None]]


def keep(
    name: str, loop: Callable[[], Awaitable[None]], backoff: Backoff = Backoff(1, longest=60)
) -> asyncio.Task[None]:
    """Carries a loop out until its task is cancelled: one that breaks off is logged, and begun again."""

    async def carry_out() -> None:
        for delay in backoff:
            try:
                await loop()
                log.error("loop ended", of=name, again_in=delay)
            except Exception:
                log.exception("loop broke off", of=name, again_in=delay)
            await asyncio.sleep(delay)

    return asyncio.create_task(carry_out(), name=name)


@contextlib.asynccontextmanager
async def schedule(tasks: Iterable[Task]) -> AsyncIterator[AsyncIOScheduler]:
    """Carries the tasks out until the block ends; a fault of one is logged, and its next time comes all the same."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    at_work: set[asyncio.Task[None]] = set()
    for task in tasks:
        # A tick that comes late is still wanted, and two at once are never.
        scheduler.add_job(
            _carry_out,
            "interval",
            (task, at_work),
            seconds=task.seconds,
            misfire_grace_time=None,
            max_instances=1,
            coalesce=True,
            id=task.name,
        )
    scheduler.start()
    watch = keep("clock", partial(_watch_the_clock, scheduler))
    try:
        yield scheduler
    finally:
        watch.cancel()
        scheduler.shutdown(wait=False)
        for under_way in at_work:
            under_way.cancel()
        if at_work:  # the scheduler does not wait for them, and what they use is closed next
            await asyncio.wait(at_work, timeout=_LAST_SECONDS)


async def _carry_out(task: Task, at_work: "set[asyncio.Task[None]]") -> None:
    run = asyncio.current_task()
    assert run is not None
    at_work.add(run)
    try:
        # Where the schedule ends, that is no fault, as APScheduler would log it.
        with instruments.TASK_SECONDS.labels(task.name).time(), contextlib.suppress(asyncio.CancelledError):
            await task.work()
    finally:
        at_work.discard(run)


async def _watch_the_clock(scheduler: AsyncIOScheduler) -> None:
    """APScheduler plans by the wall clock: one set back by an hour would keep everything waiting for that hour.

    So whenever it has moved against the clock that nobody can set, all is due at once and planned anew from there.
    """
    offset = time.time() - time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        now = time.time() - time.monotonic()
        if abs(now - offset) > _MOST_DRIFT:
            offset = now
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))

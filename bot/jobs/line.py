"""The line: jobs that wait because the provider runs no more of ours at a time, or the settings allow no more.

They go on one by one, in the order in which they were submitted, and each knows its place. All of it is in the store,
so a restart changes nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from bot.errors import BotError
from bot.jobs import states
from bot.jobs.advance import notice
from bot.jobs.interfaces import Change, JobStore
from bot.jobs.job import InLine, Job
from bot.notices.notice import Notice, Text

log = structlog.get_logger()

# Room that others make (another program on the same account, the next day) is found by asking again, after pauses that
# double from the first to the last.
_FIRST_PAUSE, _LAST_PAUSE = 60.0, 900.0


class Line:
    """`tick` as often as you like. `release` begins to submit a job, and says whether it did."""

    def __init__(
        self,
        jobs: JobStore,
        provider: str,
        release: Callable[[str], Awaitable[bool]],
        *,
        most_running: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._jobs = jobs
        self._provider = provider
        self._release = release
        self._most_running = most_running
        self._clock = clock
        self._turn = asyncio.Lock()
        self._released: str | None = None
        # The latest refusal, and how many jobs were running when it was noticed.
        self._refused_at = 0.0
        self._full = 0

    async def tick(self) -> None:
        """Let the first in line go on if there is room, and tell the others their places. Never raises, so that the
        schedule goes on."""
        async with self._turn:
            try:
                waiting = [
                    job for job in await self._jobs.in_states([states.IN_LINE]) if job.provider == self._provider
                ]
                if waiting and await self._has_room(waiting) and await self._release(waiting[0].id):
                    self._released = waiting.pop(0).id
                for place, job in enumerate(waiting, start=1):
                    await self._tell(job, place, len(waiting))
            except BotError as error:
                log.error("the line stands still for now", why=str(error))

    async def _has_room(self, waiting: Sequence[Job]) -> bool:
        # Whoever went on last must be in, or back in line, before the next one: they keep their order.
        last = await self._jobs.get(self._released) if self._released else None
        if last is not None and last.state == states.SUBMITTING:
            return False
        running = await self._jobs.running(self._provider)
        if self._most_running is not None and running >= self._most_running:
            return False
        refusals = [job.in_line for job in waiting if job.in_line and job.in_line.refused_at]
        if not refusals:
            return True
        refused_at = max(one.refused_at or 0 for one in refusals)
        if refused_at != self._refused_at:
            self._refused_at, self._full = refused_at, running
        pause = min(_FIRST_PAUSE * 2 ** (max(one.refusals for one in refusals) - 1), _LAST_PAUSE)
        # A clock that was set back must not make them wait for the day to come round again.
        return running < self._full or not 0 <= self._clock() - refused_at < pause

    async def _tell(self, job: Job, place: int, length: int) -> None:
        if job.in_line is not None and (job.in_line.place, job.in_line.length) == (place, length):
            return

        def move(stored: Job) -> Change | None:
            if stored.state != states.IN_LINE:
                return None
            return Change(lined_up(stored, place, length))

        await self._jobs.update(job.id, move)


def lined_up(job: Job, place: int = 0, length: int = 0, *, refused_at: float | None = None) -> Job:
    """The job in line; place 0 is for the next tick to find out. `refused_at`: by the provider, just now."""
    before = job.in_line or InLine(0, 0)
    place_now = InLine(
        place, length, before.refusals + (refused_at is not None), refused_at if refused_at else before.refused_at
    )
    return msgspec.structs.replace(job, state=states.IN_LINE, in_line=place_now)


def waits(job: Job) -> Notice:
    """Said once of each job, however often it comes back into line."""
    sentence = (
        f"{job.provider} runs no more jobs for us at the moment, so this one waits in line. It goes on by itself when "
        "it is its turn; the card shows its place."
    )
    return notice(job, "in_line", Text(job, sentence))

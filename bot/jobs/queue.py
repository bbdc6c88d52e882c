"""The queue: jobs that wait until the provider, or a setting, allows one more to run.

They are released one by one in the order of submission, and each knows its place. All of it is in the store, so a
restart changes nothing.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec
import structlog

from bot.backoff import Backoff
from bot.changes import Rest
from bot.errors import BotError
from bot.jobs import states
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job, QueuePlace
from bot.jobs.notice import Notice, WaitsInLine

log = structlog.get_logger()

# Room that others make (another program on the same account, the next day) is found by asking again.
_BACKOFF = Backoff(60, longest=900)


class _Capacity(msgspec.Struct):
    """What is known of one provider's capacity. `refusals`: those seen of each job; `full`: the number of running jobs
    with which it last refused one more; `again_at`: when to try again."""

    refusals: dict[str, int] = {}
    full: int = 0
    again_at: float = float("-inf")


class JobQueue:
    """Call `tick` as often as you like. `release` begins to submit a job, and returns whether it did. Each of
    `providers`, by name, has its own queue; `most_running` says how many of its jobs may run, None where it does not
    matter.

    `clock` gives the times that are stored; `steady`, a monotonic clock, the pauses.
    """

    def __init__(
        self,
        jobs: JobStore,
        providers: Iterable[str],
        release: Callable[[str], Awaitable[bool]],
        *,
        most_running: Callable[[str], int | None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._capacities = {provider: _Capacity() for provider in providers}
        self._release = release
        self._most_running = most_running
        self._clock = clock
        self._steady = steady
        self._turn = asyncio.Lock()
        self._rest = Rest()

    async def tick(self) -> None:
        """Let the first in line go on if there is room, and tell the others their places. Never raises, so that the
        schedule goes on."""
        if self._rest.goes_on():
            return
        async with self._turn:
            try:
                count = self._rest.count()
                ours = await self._jobs.in_states([states.IN_LINE, states.SUBMITTING])
                if not ours:
                    self._rest.found_nothing(count)
                for provider, capacity in self._capacities.items():
                    await self._advance([job for job in ours if job.provider == provider], provider, capacity)
            except BotError as error:
                log.error("the line stands still for now", why=str(error))

    async def _advance(self, ours: Sequence[Job], provider: str, capacity: _Capacity) -> None:
        waiting = [job for job in ours if job.state == states.IN_LINE]
        # Whoever went on last, or came earlier and asks for the first time, must be in, or in line, before the
        # next one: they keep their order.
        earlier = itertools.takewhile(lambda job: job.state == states.SUBMITTING, ours)
        on_the_way = any(earlier) or any(job.queue_place for job in ours if job.state == states.SUBMITTING)
        has_room = waiting and not on_the_way and await self._has_room(waiting, provider, capacity)
        if has_room and await self._release(waiting[0].id):
            waiting.pop(0)
        for place, job in enumerate(waiting, start=1):
            await self._tell(job, place, len(waiting))

    async def _has_room(self, waiting: Sequence[Job], provider: str, capacity: _Capacity) -> bool:
        running = await self._jobs.running(provider)
        most = self._most_running(provider)
        if most is not None and running >= most:
            return False
        for job in waiting:
            place = job.queue_place
            if place and place.refused_at and capacity.refusals.get(job.id) != place.refusals:
                capacity.refusals[job.id] = place.refusals
                capacity.full = running
                capacity.again_at = self._steady() + self._pause_left(place.refusals, place.refused_at)
        return running < capacity.full or self._steady() >= capacity.again_at

    def _pause_left(self, refusals: int, refused_at: float) -> float:
        """Seconds. A clock that was set anew since then makes nobody wait for the day to come round again."""
        pause = _BACKOFF.delay(refusals)
        since = self._clock() - refused_at
        return pause - since if 0 <= since < pause else 0

    async def _tell(self, job: Job, place: int, length: int) -> None:
        if job.queue_place is not None and (job.queue_place.place, job.queue_place.length) == (place, length):
            return

        def move(stored: Job) -> JobUpdate | None:
            if stored.state != states.IN_LINE:
                return None
            return JobUpdate(queued_up(stored, place, length))

        await self._jobs.update(job.id, move)


def queued_up(job: Job, place: int = 0, length: int = 0) -> Job:
    """The job in the queue; the next tick replaces place 0."""
    before = job.queue_place or QueuePlace(0, 0)
    return msgspec.structs.replace(
        job, state=states.IN_LINE, queue_place=msgspec.structs.replace(before, place=place, length=length)
    )


def requeued(job: Job, at: float) -> Job:
    """The job back in the queue at the place it had: the provider has no room."""
    before = job.queue_place or QueuePlace(0, 0)
    refused = msgspec.structs.replace(before, refusals=before.refusals + 1, refused_at=at)
    return msgspec.structs.replace(job, state=states.IN_LINE, queue_place=refused)


def waiting_notice(job: Job) -> Notice:
    """Sent once for each job, however often it comes back into the queue."""
    return notice(job, "in_line", WaitsInLine())

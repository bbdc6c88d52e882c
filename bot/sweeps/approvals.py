"""Approving a sweep: one yes or no for all its jobs, before any of them costs anything."""

import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import Authority, entry
from bot.errors import BotError, NotFound
from bot.jobs import states
from bot.jobs.approval import AlreadyDecided, decided
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Notice, SweepApprovalAsked, SweepApproved
from bot.jobs.queue import JobQueue, queued_up
from bot.sweeps.sweep import Sweep, SweepStore

log = structlog.get_logger()

_DAY: Final = 24 * 3600.0


class SweepApprovals:
    """`queue` lets approved jobs go on."""

    def __init__(
        self,
        sweeps: SweepStore,
        jobs: JobStore,
        authority: Authority,
        queue: JobQueue,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sweeps = sweeps
        self._jobs = jobs
        self._authority = authority
        self._queue = queue
        self._clock = clock

    async def check(self, caller: Caller, sweep_id: str) -> tuple[Sweep, list[Job]]:
        """The sweep and its jobs, if they wait for approval and the caller may give it. Raises NotFound, Denied,
        AlreadyDecided."""
        sweep, jobs = await self._waiting(caller, sweep_id)
        if all(job.state != states.AWAITING_APPROVAL for job in jobs):
            raise AlreadyDecided(jobs[0])
        return sweep, jobs

    async def approve(self, caller: Caller, sweep_id: str) -> tuple[Sweep, list[Job]]:
        """All of its jobs that still wait go on, by way of the queue. Raises NotFound, Denied, AlreadyDecided."""
        sweep, jobs = await self._waiting(caller, sweep_id)
        audit = self._entry(caller, Action.APPROVE, sweep.id)

        def approve(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            return JobUpdate(queued_up(decided(stored, audit, True)))

        jobs = await self._decide(caller, sweep, jobs, approve, [sweep.notice("approved", SweepApproved())], audit)
        await self._queue.tick()
        return sweep, jobs

    async def decline(self, caller: Caller, sweep_id: str, reason: str) -> tuple[Sweep, list[Job]]:
        """All of its jobs end, and their requester reads why. Raises NotFound, Denied, AlreadyDecided."""
        sweep, jobs = await self._waiting(caller, sweep_id)
        audit = self._entry(caller, "decline", sweep.id, reason)

        def decline(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            declined = msgspec.structs.replace(
                decided(stored, audit, False, reason), state=states.CANCELLED, finished_at=audit.at
            )
            return JobUpdate(declined, followed=False)

        return sweep, await self._decide(caller, sweep, jobs, decline, (), audit)

    async def remind(self) -> None:
        """Ask once more, a day after the first time. Never raises: the schedule goes on."""
        try:
            for sweep in await self._sweeps.of_jobs(await self._jobs.in_states([states.AWAITING_APPROVAL])):
                if not sweep.reminded and self._clock() > sweep.created_at + _DAY:
                    again = sweep.notice("approval/again", SweepApprovalAsked(again=True))
                    await self._sweeps.set_reminded(sweep, again)
        except BotError as error:
            log.error("nobody reminded this time", why=str(error))

    async def _waiting(self, caller: Caller, sweep_id: str) -> tuple[Sweep, list[Job]]:
        sweep = await self._sweeps.get(sweep_id)
        if sweep is None:
            raise NotFound("no_such_thing", kind="sweep")
        await self._authority.require(caller, Action.APPROVE, sweep.resource)
        return sweep, await self._sweeps.jobs(sweep)

    def _entry(self, caller: Caller, action: Action | str, sweep_id: str, details: str = "") -> Entry:
        return msgspec.structs.replace(entry(caller, action, sweep_id, details=details), at=self._clock())

    async def _decide(
        self,
        caller: Caller,
        sweep: Sweep,
        jobs: list[Job],
        make: Callable[[Job], JobUpdate | None],
        notices: list[Notice] | tuple[()],
        audit: Entry,
    ) -> list[Job]:
        if await self._sweeps.update_jobs(sweep, make, notices, audit):
            return await self._sweeps.jobs(sweep)
        jobs = await self._sweeps.jobs(sweep)
        by_this = (job for job in jobs if job.approval is not None and job.approval.decided_by == caller.user)
        if caller.is_retry and next(by_this, None) is not None:
            return jobs  # it was this very request that decided, before a crash
        raise AlreadyDecided(jobs[0])

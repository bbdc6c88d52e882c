"""Approvals: somebody entitled, who is not the requester, says yes or no to a job before it costs anything."""

import time
from collections.abc import Callable

import msgspec
import structlog

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import entry
from bot.errors import BotError, Conflict
from bot.jobs import states
from bot.jobs.apply_update import ending, notice
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.jobs.notice import ApprovalAsked, Approved
from bot.jobs.queue import JobQueue, queued_up

log = structlog.get_logger()

_DAY = 24 * 3600.0


class Approvals:
    """`queue` lets an approved job go on."""

    def __init__(
        self,
        jobs: JobStore,
        lookup: JobLookup,
        queue: JobQueue,
        *,
        notices_channel: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._queue = queue
        self._notices_channel = notices_channel
        self._clock = clock

    async def check(self, caller: Caller, job_id: str) -> Job:
        """The job, if it waits for approval and the caller may give it. Raises NotFound, Denied, AlreadyDecided."""
        job = await self._lookup.get(caller, job_id, Action.APPROVE)
        if job.state != states.AWAITING_APPROVAL:
            raise AlreadyDecided(job)
        return job

    async def approve(self, caller: Caller, job_id: str) -> Job:
        """It goes on, by way of the queue. Raises NotFound, Denied, AlreadyDecided."""
        job = await self._lookup.get(caller, job_id, Action.APPROVE)
        audit = self._entry(caller, Action.APPROVE, job.id)

        def approve(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            approved = queued_up(decided(stored, audit, True))
            return JobUpdate(approved, notices=[notice(approved, "approved", Approved())], audit=[audit])

        approved = await self._decide(caller, job, approve)
        await self._queue.tick()
        return approved

    async def decline(self, caller: Caller, job_id: str, reason: str) -> Job:
        """It ends, and its requester reads why. Raises NotFound, Denied, AlreadyDecided."""
        job = await self._lookup.get(caller, job_id, Action.APPROVE)
        audit = self._entry(caller, "decline", job.id, reason)

        def decline(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            declined = msgspec.structs.replace(
                decided(stored, audit, False, reason), state=states.CANCELLED, finished_at=audit.at
            )
            return JobUpdate(declined, notices=ending(declined, self._notices_channel), audit=[audit], followed=False)

        return await self._decide(caller, job, decline)

    async def remind(self) -> None:
        """Ask once more, a day after the first time. Never raises: the schedule goes on."""
        try:
            for job in await self._jobs.in_states([states.AWAITING_APPROVAL]):
                if job.approval and not job.approval.reminded and self._clock() > job.approval.asked_at + _DAY:
                    await self._jobs.update(job.id, _remind)
        except BotError as error:
            log.error("nobody reminded this time", why=str(error))

    def _entry(self, caller: Caller, action: Action | str, job_id: str, details: str = "") -> Entry:
        return msgspec.structs.replace(entry(caller, action, job_id, details=details), at=self._clock())

    async def _decide(self, caller: Caller, job: Job, make: Callable[[Job], JobUpdate | None]) -> Job:
        decided = await self._jobs.update(job.id, make)
        if decided is not None:
            return decided
        job = await self._jobs.get(job.id) or job
        if caller.is_retry and job.approval is not None and job.approval.decided_by == caller.user:
            return job  # it was this very request that decided, before a crash
        raise AlreadyDecided(job)


class AlreadyDecided(Conflict):
    """Somebody was quicker: `job` says who and how."""

    def __init__(self, job: Job) -> None:
        super().__init__("already_decided")
        self.job = job


def decided(job: Job, audit: Entry, approved: bool, reason: str = "") -> Job:
    """The job with that decision on it."""
    assert job.approval is not None
    decision = msgspec.structs.replace(
        job.approval, approved=approved, decided_by=audit.actor, decided_at=audit.at, reason=reason
    )
    return msgspec.structs.replace(job, approval=decision)


def _remind(stored: Job) -> JobUpdate | None:
    if stored.state != states.AWAITING_APPROVAL or stored.approval is None:
        return None
    reminded = msgspec.structs.replace(stored, approval=msgspec.structs.replace(stored.approval, reminded=True))
    return JobUpdate(reminded, notices=[notice(reminded, "approval/again", ApprovalAsked(again=True))])

"""Approvals: somebody entitled, who is not the requester, says yes or no to a job before it costs anything.

Who is entitled is decided by `bot.access` when the button is pressed; here, that only one answer counts.
"""

import time
from collections.abc import Callable

import msgspec
import structlog

from bot.audit import Entry
from bot.errors import BotError, Conflict, NotFound
from bot.jobs import states
from bot.jobs.apply_update import ending, notice
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import ApprovalAsked, Approved
from bot.jobs.queue import queued_up

log = structlog.get_logger()

_DAY = 24 * 3600.0


class Approvals:
    def __init__(
        self, jobs: JobStore, *, notices_channel: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._jobs = jobs
        self._notices_channel = notices_channel
        self._clock = clock

    async def approve(self, job_id: str, entry: Entry) -> Job:
        """It goes on, by way of the line. `entry` says who, and is kept. Raises AlreadyDecided."""

        def approve(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            approved = queued_up(_decided(stored, entry, True))
            return JobUpdate(approved, notices=[notice(approved, "approved", Approved(approved))], audit=[entry])

        return await self._decide(job_id, approve)

    async def decline(self, job_id: str, reason: str, entry: Entry) -> Job:
        """It ends, and its requester reads why. Raises AlreadyDecided."""

        def decline(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            declined = msgspec.structs.replace(
                _decided(stored, entry, False, reason), state=states.CANCELLED, finished_at=entry.at
            )
            return JobUpdate(declined, notices=ending(declined, self._notices_channel), audit=[entry], followed=False)

        return await self._decide(job_id, decline)

    async def remind(self) -> None:
        """Ask once more, a day after the first time. Never raises: the schedule goes on."""
        try:
            for job in await self._jobs.in_states([states.AWAITING_APPROVAL]):
                if job.approval and not job.approval.reminded and self._clock() > job.approval.asked_at + _DAY:
                    await self._jobs.update(job.id, _remind)
        except BotError as error:
            log.error("nobody reminded this time", why=str(error))

    async def _decide(self, job_id: str, make: Callable[[Job], JobUpdate | None]) -> Job:
        decided = await self._jobs.update(job_id, make)
        if decided is not None:
            return decided
        job = await self._jobs.get(job_id)
        if job is None:
            raise NotFound("no_such_thing", kind="job")
        raise AlreadyDecided(job)


class AlreadyDecided(Conflict):
    """Somebody was quicker: `job` says who and how."""

    def __init__(self, job: Job) -> None:
        super().__init__("This job waits for no approval any more; look at its card.")
        self.job = job


def _decided(job: Job, entry: Entry, approved: bool, reason: str = "") -> Job:
    assert job.approval is not None
    decision = msgspec.structs.replace(
        job.approval, approved=approved, decided_by=entry.actor, decided_at=entry.at, reason=reason
    )
    return msgspec.structs.replace(job, approval=decision)


def _remind(stored: Job) -> JobUpdate | None:
    if stored.state != states.AWAITING_APPROVAL or stored.approval is None:
        return None
    reminded = msgspec.structs.replace(stored, approval=msgspec.structs.replace(stored.approval, reminded=True))
    return JobUpdate(reminded, notices=[notice(reminded, "approval/again", ApprovalAsked(reminded, again=True))])

"""Approving a group of jobs: one yes or no for all, before any of them costs anything."""

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
from bot.jobs.group import GroupStore, JobGroup
from bot.jobs.interfaces import JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import GroupApprovalAsked, GroupApproved, Notice
from bot.jobs.queue import JobQueue, queued_up

log = structlog.get_logger()

_DAY: Final = 24 * 3600.0


class GroupApprovals:
    """`queue` lets approved jobs go on."""

    def __init__(
        self,
        groups: GroupStore,
        jobs: JobStore,
        authority: Authority,
        queue: JobQueue,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._groups = groups
        self._jobs = jobs
        self._authority = authority
        self._queue = queue
        self._clock = clock

    async def check(self, caller: Caller, group_id: str) -> tuple[JobGroup, list[Job]]:
        """The group and its jobs, if they wait for approval and the caller may give it. Raises NotFound, Denied,
        AlreadyDecided."""
        group, jobs = await self._waiting(caller, group_id)
        if all(job.state != states.AWAITING_APPROVAL for job in jobs):
            raise AlreadyDecided(jobs[0])
        return group, jobs

    async def approve(self, caller: Caller, group_id: str) -> tuple[JobGroup, list[Job]]:
        """All of its jobs that still wait go on, by way of the queue. Raises NotFound, Denied, AlreadyDecided."""
        group, jobs = await self._waiting(caller, group_id)
        audit = self._entry(caller, Action.APPROVE, group.id)

        def approve(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            return JobUpdate(queued_up(decided(stored, audit, True)))

        jobs = await self._decide(caller, group, jobs, approve, [group.notice("approved", GroupApproved())], audit)
        await self._queue.tick()
        return group, jobs

    async def decline(self, caller: Caller, group_id: str, reason: str) -> tuple[JobGroup, list[Job]]:
        """All of its jobs end, and their requester reads why. Raises NotFound, Denied, AlreadyDecided."""
        group, jobs = await self._waiting(caller, group_id)
        audit = self._entry(caller, "decline", group.id, reason)

        def decline(stored: Job) -> JobUpdate | None:
            if stored.state != states.AWAITING_APPROVAL:
                return None
            declined = msgspec.structs.replace(
                decided(stored, audit, False, reason), state=states.CANCELLED, finished_at=audit.at
            )
            return JobUpdate(declined, followed=False)

        return group, await self._decide(caller, group, jobs, decline, (), audit)

    async def remind(self) -> None:
        """Ask once more, a day after the first time. Never raises: the schedule goes on."""
        try:
            for group in await self._groups.of_jobs(await self._jobs.in_states([states.AWAITING_APPROVAL])):
                if not group.reminded and self._clock() > group.created_at + _DAY:
                    again = group.notice("approval/again", GroupApprovalAsked(again=True))
                    await self._groups.set_reminded(group, again)
        except BotError as error:
            log.error("nobody reminded this time", why=str(error))

    async def _waiting(self, caller: Caller, group_id: str) -> tuple[JobGroup, list[Job]]:
        unknown = NotFound("no_such_thing", kind="group")
        group = await self._groups.get(group_id)
        if group is None:
            raise unknown
        try:
            await self._authority.require(caller, Action.APPROVE, group.resource)
        except NotFound:
            raise unknown from None
        return group, await self._groups.jobs(group)

    def _entry(self, caller: Caller, action: Action | str, group_id: str, details: str = "") -> Entry:
        return msgspec.structs.replace(entry(caller, action, group_id, details=details), at=self._clock())

    async def _decide(
        self,
        caller: Caller,
        group: JobGroup,
        jobs: list[Job],
        make: Callable[[Job], JobUpdate | None],
        notices: list[Notice] | tuple[()],
        audit: Entry,
    ) -> list[Job]:
        if await self._groups.update_jobs(group, make, notices, audit):
            return await self._groups.jobs(group)
        jobs = await self._groups.jobs(group)
        by_this = (job for job in jobs if job.approval is not None and job.approval.decided_by == caller.user)
        if caller.is_retry and next(by_this, None) is not None:
            return jobs  # it was this very request that decided, before a crash
        raise AlreadyDecided(jobs[0])

"""The history of a job: the provider's events, and the timeline of what led to what."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller, Role
from bot.audit import AuditLog, Outcome
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.jobs.timeline import Deliveries, Moment, timeline
from bot.providers.interface import RemoteEvent

# Of jobs with more events than this the oldest are left out of the timeline.
_MOST_EVENTS: Final = 20_000


class EventPage(msgspec.Struct, frozen=True):
    """Page `number` (from 1) of `count` events, the latest first."""

    job: Job
    events: Sequence[RemoteEvent]
    number: int
    count: int


class JobHistory:
    def __init__(self, jobs: JobStore, lookup: JobLookup, audit: AuditLog, deliveries: Deliveries) -> None:
        self._jobs = jobs
        self._lookup = lookup
        self._audit = audit
        self._deliveries = deliveries

    async def events(self, caller: Caller, word: str, number: int, size: int) -> EventPage:
        """The provider's events of the job that a person calls `word`, in pages of `size`; the last page if there are
        fewer. Raises Ambiguous, NotFound, Denied; Invalid without a word.
        """
        job = await self._lookup.named(caller, word, Action.SEE)
        count = await self._jobs.event_count(job.id)
        number = max(1, min(number, -(-count // size)))
        return EventPage(job, await self._jobs.events(job.id, size, skip=(number - 1) * size), number, count)

    async def timeline(self, caller: Caller, word: str) -> tuple[Job, list[Moment]]:
        """The job that a person calls `word`, and what led to what in it, oldest first. Raises like `events`."""
        job = await self._lookup.named(caller, word, Action.SEE)
        acts = await self._audit.about(job.id)
        if caller.actor.role is not Role.ADMIN:
            # Who was refused is between them and the administrators.
            acts = [entry for entry in acts if entry.outcome is not Outcome.REFUSED]
        moments = timeline(
            job,
            received=await self._deliveries.received(job.cause) if job.cause else None,
            acts=acts,
            events=await self._jobs.events(job.id, _MOST_EVENTS),
            deliveries=await self._deliveries.of_job(job.id),
        )
        return job, moments

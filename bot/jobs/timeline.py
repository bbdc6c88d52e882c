"""What led to what in a job's life: from Slack's request to the last word in its thread, in order of time.

For the day when someone asks why. Put together from what was stored anyway: the inbox, the audit log, the provider's
events, the deliveries.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from bot.audit import Entry
from bot.jobs import states
from bot.jobs.job import Job
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import JobError


class Received(msgspec.Struct, frozen=True):
    """A request of Slack's in the inbox. `state` is pending, done or failed."""

    key: str
    at: float
    attempts: int
    state: str


class Delivered(msgspec.Struct, frozen=True):
    """A notice of the job, as the outbox has it. `posted_at` is by Slack's clock; None where it was not posted. `state`
    is the outbox's: given_up, where it never will be."""

    notice: str
    state: str
    attempts: int
    attempted_at: float | None
    posted_at: float | None
    why: str | None = None


class Stored(msgspec.Struct, frozen=True):
    """The job was written down, before anything was sent."""

    job: str
    base_model: str


class Sent(msgspec.Struct, frozen=True):
    """The provider was asked to create the job."""

    provider: str


class LastNews(msgspec.Struct, frozen=True):
    """Of a job that has been quiet for a long time since."""


class Measured(msgspec.Struct, frozen=True):
    """The figures of `count` steps, from here on; `last`: what the provider said of the last of several."""

    count: int
    last: str = ""


class Ended(msgspec.Struct, frozen=True):
    state: str
    error: JobError | None = None


What = Received | Stored | Sent | LastNews | Entry | RemoteEvent | Measured | Ended | Delivered
_TOLD_BY_PROVIDER = LastNews | RemoteEvent | Measured | Ended


class Moment(msgspec.Struct, frozen=True):
    """`actor` is a person's id."""

    at: float
    what: What
    actor: str | None = None


class Deliveries(Protocol):
    """What was received and said about a job; `bot.store.timeline` looks it up."""

    async def received(self, key: str) -> Received | None:
        """None where it was a week ago, and is forgotten."""

    async def of_job(self, job_id: str) -> Sequence[Delivered]:
        """Its card, as the notice "card", and its notices."""


def timeline(
    job: Job,
    *,
    received: Received | None,
    acts: Sequence[Entry],
    events: Sequence[RemoteEvent],
    deliveries: Sequence[Delivered],
) -> list[Moment]:
    """Oldest first; `events` come latest first. The figures of single steps are summed up in one."""
    moments = [*_ours(job, received), *_told(list(reversed(events))), *_end(job)]
    moments += [Moment(entry.at, entry, entry.actor) for entry in acts]
    moments += [moment for delivery in deliveries if (moment := _delivery(delivery, job)) is not None]
    # Providers tell whole seconds, and nothing can be told of a job before it was sent.
    sent = job.create_attempted_at or 0.0
    return sorted(
        moments, key=lambda moment: max(moment.at, sent) if isinstance(moment.what, _TOLD_BY_PROVIDER) else moment.at
    )


def _ours(job: Job, received: Received | None) -> list[Moment]:
    moments = [Moment(received.at, received, job.requester)] if received is not None else []
    moments.append(Moment(job.created_at, Stored(job.id, job.base_model)))
    if job.create_attempted_at is not None:
        moments.append(Moment(job.create_attempted_at, Sent(job.provider)))
    if job.stuck and job.heard_at is not None:
        moments.append(Moment(job.heard_at, LastNews()))
    return moments


def _end(job: Job) -> list[Moment]:
    if job.finished_at is None or job.state not in states.ENDED:
        return []
    return [Moment(job.finished_at, Ended(job.state, job.error))]


def _told(events: Sequence[RemoteEvent]) -> list[Moment]:
    moments = [Moment(event.created_at, event) for event in events if event.type != "metrics"]
    measured = [event for event in events if event.type == "metrics"]
    if measured:
        last = measured[-1].message if len(measured) > 1 else ""
        moments.append(Moment(measured[0].created_at, Measured(len(measured), last)))
    return moments


def _delivery(delivery: Delivered, job: Job) -> Moment | None:
    """None where nothing was tried yet."""
    at = delivery.posted_at if delivery.posted_at is not None else delivery.attempted_at
    if at is None:
        return None
    return Moment(at, msgspec.structs.replace(delivery, notice=delivery.notice.removeprefix(f"{job.id}/")))

"""What led to what in a job's life: from Slack's request to the last word in its thread, in order of time.

For the day when someone asks why. Put together from what was stored anyway: the inbox, the audit log, the provider's
events, the deliveries.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from bot.audit import Entry, Outcome
from bot.jobs import states
from bot.jobs.job import Job
from bot.providers.interface import RemoteEvent


class Moment(msgspec.Struct, frozen=True):
    """`what` is plain text, and may hold the provider's words; `actor` is a person's id."""

    at: float
    source: Literal["slack", "person", "bot", "provider", "delivery"]
    what: str
    actor: str | None = None


class Received(msgspec.Struct, frozen=True):
    """A request of Slack's in the inbox. `state` is pending, done or failed."""

    key: str
    at: float
    attempts: int
    state: str


class Delivered(msgspec.Struct, frozen=True):
    """A notice of the job, as the outbox has it. `posted_at` is by Slack's clock; None where it was not posted."""

    notice: str
    state: str
    attempts: int
    attempted_at: float | None
    posted_at: float | None
    why: str | None = None


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
    """Oldest first; `events` come latest first. The figures of single steps are summed up in one line."""
    told = list(reversed(events))
    moments = [*_ours(job, received), *map(_act, acts), *_told(told), *_end(job)]
    moments += [moment for delivery in deliveries if (moment := _delivery(delivery, job)) is not None]
    # Providers tell whole seconds, and nothing can be told of a job before it was sent.
    sent = job.create_attempted_at or 0.0
    return sorted(moments, key=lambda moment: max(moment.at, sent) if moment.source == "provider" else moment.at)


def _ours(job: Job, received: Received | None) -> list[Moment]:
    moments = []
    if received is not None:
        kind = received.key.split("/")[0].replace("_", " ")
        tries = f" The bot began it {received.attempts} times." if received.attempts > 1 else ""
        outcome = {"done": "", "pending": " The bot is at it.", "failed": " The bot failed at it."}[received.state]
        what = f"Requested in Slack ({_KINDS.get(kind, kind)}).{tries}{outcome}"
        moments.append(Moment(received.at, "slack", what, job.requester))
    moments.append(Moment(job.created_at, "bot", f"Job {job.id} on {job.base_model} stored, before anything was sent"))
    if job.create_attempted_at is not None:
        moments.append(Moment(job.create_attempted_at, "bot", f"The job was sent to {job.provider}"))
    if job.stuck and job.heard_at is not None:
        moments.append(Moment(job.heard_at, "provider", "The last news for a long time"))
    return moments


_KINDS = {"view submission": "window", "block actions": "button"}


def _end(job: Job) -> list[Moment]:
    if job.finished_at is None or job.state not in states.ENDED:
        return []
    why = f": {job.error.message}" if job.error else ""
    return [Moment(job.finished_at, "provider", f"It ended, {job.state}{why}")]


def _act(entry: Entry) -> Moment:
    outcome = "" if entry.outcome is Outcome.DONE else f" ({entry.outcome})"
    details = f": {entry.details}" if entry.details else ""
    return Moment(entry.at, "person", f"{entry.act}{outcome}{details}", entry.actor)


def _told(events: Sequence[RemoteEvent]) -> list[Moment]:
    moments = [
        Moment(
            event.created_at, "provider", event.message if event.level == "info" else f"{event.level}: {event.message}"
        )
        for event in events
        if event.type != "metrics"
    ]
    measured = [event for event in events if event.type == "metrics"]
    if measured:
        last = f", the last one: {measured[-1].message}" if len(measured) > 1 else ""
        moments.append(
            Moment(measured[0].created_at, "provider", f"Figures of {len(measured)} steps from here on{last}")
        )
    return moments


def _delivery(delivery: Delivered, job: Job) -> Moment | None:
    what = delivery.notice.removeprefix(f"{job.id}/")
    tries = f" at attempt {delivery.attempts}" if delivery.attempts > 1 else ""
    if delivery.posted_at is not None:
        return Moment(delivery.posted_at, "delivery", f"Said in Slack{tries}: {what}")
    if delivery.attempted_at is None:
        return None
    why = f" ({delivery.why})" if delivery.why else ""
    state = "given up" if delivery.state == "given_up" else "not sure that it arrived; it is looked for"
    return Moment(delivery.attempted_at, "delivery", f"Tried to say in Slack: {what}; {state}{why}")

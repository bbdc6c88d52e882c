"""Apply news from the provider to a job: a pure function, so every history can be tested."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from bot.access import Place, is_shown_in
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Accepted, Body, CheckpointMade, Ended, Notice, ProviderSaid, Started, ended_elsewhere
from bot.jobs.training_time import running_since
from bot.providers.interface import RemoteEvent, RemoteJob
from bot.providers.protocol import Checkpoint, Hyperparameters, JobError, Metrics


def apply_update(
    job: Job,
    remote: RemoteJob,
    events: Sequence[RemoteEvent] = (),
    checkpoints: Sequence[Checkpoint] = (),
    *,
    known_checkpoints: Collection[str] = (),
    now: float,
    notices_channel: str | None = None,
    last_look: bool = False,
) -> JobUpdate:
    """The change that `remote`, new `events` (oldest first) and all `checkpoints` make to `job`.

    A state that the state machine does not allow (an ended job coming back) is not taken over; events and
    figures are. `last_look` ends the following.
    """
    status = remote.status if states.may_become(job.state, remote.status) else job.state
    new_checkpoints = [c for c in checkpoints if c.id not in known_checkpoints]
    told_something = bool(status != job.state or events or new_checkpoints or job.heard_at is None)
    news = msgspec.structs.replace(
        job,
        state=status,
        provider_job_id=remote.id,
        training_file=job.training_file or remote.training_file,
        validation_file=job.validation_file or remote.validation_file,
        seed=job.seed if job.seed is not None else remote.seed,
        hyperparameters=_known(job.hyperparameters, remote.hyperparameters),
        heard_at=now if told_something else job.heard_at,
        stuck=job.stuck and not told_something,
        started_at=job.started_at or _started_at(status, events, now),
        queued_at=(job.queued_at if job.state == status else _last(events, now)) if status == states.QUEUED else None,
        queue_position=remote.queue_position if status == states.QUEUED else None,
        finished_at=job.finished_at or remote.finished_at or (now if status in states.ENDED else None),
        estimated_finish=remote.estimated_finish,
        fine_tuned_model=remote.fine_tuned_model or job.fine_tuned_model,
        trained_tokens=remote.trained_tokens if remote.trained_tokens is not None else job.trained_tokens,
        result_files=remote.result_files or job.result_files,
        error=_error(status, remote) or job.error,
        latest=_latest(job.latest, events),
    )
    news = _with_training_time(job, news, events, now)
    return JobUpdate(
        job=news,
        events=events,
        checkpoints=new_checkpoints,
        notices=_notices(job, news, events, new_checkpoints, notices_channel),
        followed=not last_look,
    )


def notice(job: Job, what: str, body: Body) -> Notice:
    """A notice for the thread under the job's card, or under that of its group. Its id is unique for ever."""
    under = job.group or job.id
    return Notice(f"{job.id}/{what}", body, job.origin.channel, job.resource, job.created_at, under_card=under)


def ending(job: Job, notices_channel: str | None) -> list[Notice]:
    """The notices when a job ends. Jobs of private channels are announced in no other channel, and of a group only how
    all of it ended."""
    told = [notice(job, job.state, Ended())]
    if job.group is not None:
        return told
    if notices_channel and notices_channel != job.origin.channel and is_shown_in(Place(notices_channel), job.resource):
        told.append(ended_elsewhere(told[0], f"{told[0].id}/elsewhere", notices_channel))
    return told


def _notices(
    old: Job,
    new: Job,
    events: Sequence[RemoteEvent],
    checkpoints: Sequence[Checkpoint],
    notices_channel: str | None,
) -> list[Notice]:
    told: list[Notice] = []
    if old.provider_job_id is None:
        told.append(notice(new, "accepted", Accepted()))
    if new.started_at and not old.started_at:
        told.append(notice(new, "started", Started()))
    told += [
        notice(new, f"event/{event.id}", ProviderSaid(event.level, event.message))
        for event in events
        # The error that ends a job is in the notice of its end.
        if event.level == "warn" or (event.level == "error" and new.state != states.FAILED)
    ]
    told += [notice(new, f"checkpoint/{item.id}", CheckpointMade(item)) for item in checkpoints]
    if new.state in states.ENDED and old.state not in states.ENDED:
        told += ending(new, notices_channel)
    return told


def _known(ours: Hyperparameters, theirs: Hyperparameters) -> Hyperparameters:
    """The provider's numbers once it has chosen them, else what was asked for."""
    chosen = {name: value for name, value in msgspec.structs.asdict(theirs).items() if value != "auto"}
    return msgspec.structs.replace(ours, **chosen)


_BEGINNINGS = ("job started", "job resumed")


def _started_at(status: str, events: Sequence[RemoteEvent], now: float) -> float | None:
    """No field of the protocol says when training began; the first figures do, else the state."""
    measured = [event.created_at for event in events if event.metrics]
    told = [event.created_at for event in events if any(word in event.message.lower() for word in _BEGINNINGS)]
    if measured or told:
        return min(measured + told)
    return now if status == states.RUNNING else None


def _with_training_time(old: Job, new: Job, events: Sequence[RemoteEvent], now: float) -> Job:
    """What is between two sights of a running job was training; a stretch begins and ends when its events say so."""
    since = running_since(old)
    if new.state == states.RUNNING:
        begun = since if since is not None else _started_at(new.state, events, now)
        return msgspec.structs.replace(new, training_since=begun)
    if since is None:
        # Begun and ended between two looks.
        since = new.started_at if old.started_at is None else None
    if since is None:
        return msgspec.structs.replace(new, training_since=None)
    until = new.finished_at if new.finished_at is not None else _last(events, now)
    return msgspec.structs.replace(
        new, training_since=None, trained_seconds=(old.trained_seconds or 0.0) + max(0.0, until - since)
    )


def _last(events: Sequence[RemoteEvent], now: float) -> float:
    """When the state changed that was just seen: with the last thing that the provider told."""
    return min(now, max((event.created_at for event in events), default=now))


def _error(status: str, remote: RemoteJob) -> JobError | None:
    if status != states.FAILED:
        return None
    return remote.error


def _latest(old: Metrics | None, events: Sequence[RemoteEvent]) -> Metrics | None:
    """The figures of the highest step, which may come in several events."""
    candidates = [event.metrics for event in events if event.metrics]
    if old is not None:
        candidates.insert(0, old)
    step = max((metrics.step for metrics in candidates), default=None)
    figures: dict[str, Any] = {}
    for metrics in candidates:
        if metrics.step == step:
            figures |= {name: value for name, value in msgspec.structs.asdict(metrics).items() if value is not None}
    return Metrics(**figures) if figures else None

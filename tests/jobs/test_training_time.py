"""Time of training is time in which it trained: neither the queue, nor pauses, nor downtime."""

from collections.abc import Sequence

from bot.jobs.apply_update import apply_update
from bot.jobs.job import Job
from bot.jobs.training_time import training_seconds
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Metrics
from tests.parts import event, followed_job, measured, remote_job

T = 1_700_000_000.0


def seen(job: Job, status: str, at: float, events: Sequence[RemoteEvent] = (), **more: object) -> Job:
    """The job after a look `at` seconds after the beginning."""
    return apply_update(job, remote_job(status, **more), events, now=T + at).job


def told(at: int, message: str) -> RemoteEvent:
    return event(at, message)


def trained(job: Job, at: float) -> float | None:
    return training_seconds(job, T + at)


def test_the_queue_and_pauses_do_not_count() -> None:
    job = seen(followed_job("ftjob-1"), "queued", 10)
    assert trained(job, 3600) is None
    job = seen(job, "running", 105, [told(100, "Fine-tuning job started")])
    assert trained(job, 160) == 60
    job = seen(job, "paused", 205, [told(200, "The job was paused")])
    assert trained(job, 9000) == 100
    job = seen(job, "queued", 9005, [told(9000, "The job goes on")])
    job = seen(job, "running", 9105, [told(9100, "Fine-tuning job resumed from step 9")])
    assert trained(job, 9110) == 110
    job = seen(job, "succeeded", 9153, finished_at=T + 9150)
    assert trained(job, 20_000) == 150


def test_a_job_that_began_and_ended_between_two_looks_has_trained_all_the_same() -> None:
    job = seen(followed_job("ftjob-1"), "succeeded", 500, [told(20, "Fine-tuning job started")], finished_at=T + 80)
    assert trained(job, 900) == 60


def test_what_the_trainer_says_that_it_worked_is_believed() -> None:
    """It knows of its own restarts, which nobody else sees."""
    job = seen(followed_job("ftjob-1"), "running", 10, [told(5, "Fine-tuning job started")])
    job = seen(job, "running", 7200, [measured(3, elapsed_seconds=42.0)])
    assert trained(job, 7200) == 42
    assert job.latest == Metrics(3, 10, train_loss=1.0, elapsed_seconds=42.0)


def test_a_job_from_before_this_was_counted_is_timed_from_its_start() -> None:
    old = followed_job("ftjob-1", state="running", started_at=T)
    assert trained(old, 60) == 60
    assert trained(seen(old, "succeeded", 70, finished_at=T + 65), 100) == 65


def test_a_queued_job_knows_its_place_and_since_when() -> None:
    job = seen(
        followed_job("ftjob-1", state="validating_files"), "queued", 30, [told(25, "moving job to queued state")]
    )
    assert (job.queued_at, job.queue_position) == (T + 25, None)
    job = seen(job, "queued", 60, queue_position=2)
    assert (job.queued_at, job.queue_position) == (T + 25, 2)
    job = seen(job, "running", 90)
    assert (job.queued_at, job.queue_position) == (None, None)

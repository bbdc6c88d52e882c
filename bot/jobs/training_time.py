"""How long a job has trained: pauses, the queue and time in which nothing was done do not count."""

from bot.jobs import states
from bot.jobs.job import Job


def training_seconds(job: Job, now: float) -> float | None:
    """Until `now`, or its end; None while training has not begun.

    The trainer sends it with its figures. For another provider it is the time in which the job was seen running.
    """
    if job.started_at is None:
        return None
    if job.latest is not None and job.latest.elapsed_seconds is not None:
        return job.latest.elapsed_seconds
    if job.trained_seconds is None and job.finished_at is not None:  # it ended before this was counted
        return max(0.0, job.finished_at - job.started_at)
    since = running_since(job)
    return (job.trained_seconds or 0.0) + (max(0.0, now - since) if since is not None else 0.0)


def running_since(job: Job) -> float | None:
    """Since when it has run without a break, where it does."""
    if job.state != states.RUNNING:
        return None
    return job.training_since or job.started_at

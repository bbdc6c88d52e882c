"""How long training takes, judged by the team's own past jobs."""

from collections.abc import Iterable
from statistics import median
from typing import Final

from bot.jobs import states
from bot.jobs.job import Job

# Providers change their machines: older jobs say little.
_LATEST: Final = 10


def seconds_per_token(jobs: Iterable[Job], provider: str) -> dict[str, float]:
    """For each base model trained there: the median over its latest succeeded jobs (`jobs` come newest first).

    From the beginning of training to its end, per trained token; waiting in the provider's queue is not in it.
    """
    paces: dict[str, list[float]] = {}
    for job in jobs:
        if job.provider != provider or job.state != states.SUCCEEDED or not job.trained_tokens:
            continue
        if job.started_at is None or job.finished_at is None or job.finished_at <= job.started_at:
            continue
        known = paces.setdefault(job.base_model, [])
        if len(known) < _LATEST:
            known.append((job.finished_at - job.started_at) / job.trained_tokens)
    return {model: median(known) for model, known in paces.items()}

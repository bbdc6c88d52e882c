"""How long training takes, judged by the team's own past jobs."""

from collections.abc import Iterable
from statistics import median
from typing import Final

from bot.jobs import states
from bot.jobs.job import Job
from bot.jobs.training_time import training_seconds
from bot.providers.protocol import REINFORCEMENT
from training_files.catalog import base_of

# Providers change their machines: older jobs say little.
_LATEST: Final = 10


def seconds_per_token(jobs: Iterable[Job], provider: str) -> dict[str, float]:
    """For each base model trained there: the median over its latest succeeded jobs (`jobs` come newest first), those
    included that went on from one of its fine-tuned models.

    Of training alone (see `training_time`), per trained token. Reinforcement, which writes most of its tokens itself,
    says nothing of other methods.
    """
    paces: dict[str, list[float]] = {}
    for job in jobs:
        if job.provider != provider or job.state != states.SUCCEEDED or not job.trained_tokens:
            continue
        if job.method == REINFORCEMENT:
            continue
        seconds = training_seconds(job, job.finished_at) if job.finished_at is not None else None
        if not seconds:
            continue
        known = paces.setdefault(base_of(job.base_model), [])
        if len(known) < _LATEST:
            known.append(seconds / job.trained_tokens)
    return {model: median(known) for model, known in paces.items()}

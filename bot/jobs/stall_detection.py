"""Jobs without news for too long. People are told once for each silence; the job is still followed."""

from typing import Final

from bot.jobs import states
from bot.jobs.job import Job

_HOUR: Final = 3600.0
# Checking takes minutes, queues take hours on a bad day, and training that tells figures tells them every few seconds
# to minutes (published logs, read 2026-11-21). A provider that tells no figures may say nothing until the end.
_LIMITS: Final = {states.VALIDATING: _HOUR, states.QUEUED: 6 * _HOUR, states.PAUSING: _HOUR}
_WITH_FIGURES: Final = _HOUR
_WITHOUT_FIGURES: Final = 6 * _HOUR


def patience(job: Job) -> float | None:
    """After how many seconds without news `job` counts as stuck; None where silence means nothing."""
    if job.state in states.OURS or job.state in states.ENDED or job.state == states.PAUSED:
        return None
    return _LIMITS.get(job.state, _WITH_FIGURES if job.latest else _WITHOUT_FIGURES)


def quiet_hours(job: Job, now: float) -> int | None:
    """Hours without news, if they are too many; else None."""
    limit = patience(job)
    if limit is None or job.heard_at is None or now - job.heard_at < limit:
        return None
    return round((now - job.heard_at) / _HOUR)

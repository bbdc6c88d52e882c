"""When a job has been quiet for too long, and what to try. Said once for each silence; the job is followed on."""

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


def stuck(job: Job, now: float) -> str | None:
    """What to tell people of a job that has been quiet for too long, in plain words; None while it is not."""
    limit = patience(job)
    if limit is None or job.heard_at is None or now - job.heard_at < limit:
        return None
    hours = round((now - job.heard_at) / _HOUR)
    quiet = f"{job.provider} has told nothing new about this job for {hours} hour{'s' if hours != 1 else ''}."
    return f"{quiet} {_ADVICE.get(job.state, _IN_TRAINING)} I keep looking."


_ADVICE: Final = {
    states.VALIDATING: (
        "Checking a file takes minutes as a rule, so it may be stuck. Look at the provider's status page; cancelling "
        "now costs nothing, and *Start fine-tuning* on the file's report starts anew."
    ),
    states.QUEUED: (
        "Queues this long do happen when the provider is busy. Nothing has been spent yet: wait, or cancel and try a "
        "smaller base model or another provider."
    ),
}
_IN_TRAINING: Final = (
    "It may be stuck. Look at the provider's status page and its own page of the job; if that shows no progress "
    "either, cancel it and try again. What was trained so far may be charged."
)

"""Who must agree to a job, and who did: a few words for its card, its thread and its end."""

from typing import Final

from bot.jobs.job import Job
from handlers.blocks.text import joined, person, quoted

_MOST_NAMED: Final = 10


def deciders(job: Job) -> str:
    """Those who may approve the job, as mentions."""
    ids = job.approval.deciders if job.approval else ()
    more = [f"{len(ids) - _MOST_NAMED} others"] if len(ids) > _MOST_NAMED else []
    return joined([*map(person, ids[:_MOST_NAMED]), *more])


def decision(job: Job) -> str:
    """One sentence (mrkdwn) on who decided what; "" where nobody has."""
    approval = job.approval
    if approval is None or approval.approved is None:
        return ""
    if approval.approved:
        return f"{person(approval.decided_by or '')} approved it."
    return f"{person(approval.decided_by or '')} declined it: {quoted(approval.reason, 600)}"

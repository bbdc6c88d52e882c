"""Who must agree to a job, and who did: a few words for its card, its thread and its end."""

from typing import Final

from bot.jobs.job import Job
from handlers.blocks.text import bold, person, quoted
from texts import approval as texts
from texts.formats import dollars, listed, money

_MOST_NAMED: Final = 10


def deciders(job: Job) -> str:
    """Those who may approve the job, as mentions."""
    ids = job.approval.deciders if job.approval else ()
    more = [texts.others(len(ids) - _MOST_NAMED)] if len(ids) > _MOST_NAMED else []
    return listed([*map(person, ids[:_MOST_NAMED]), *more])


def necessity(job: Job) -> str:
    """One sentence (mrkdwn) on why a job needs approval; "" where it needs none."""
    if job.approval is None:
        return ""
    if job.estimated_cost is None:
        return texts.unknown_price()
    return texts.estimated(bold(money(job.estimated_cost)), dollars(job.approval.above))


def decision(job: Job) -> str:
    """One sentence (mrkdwn) on who decided what; "" where nobody has."""
    approval = job.approval
    if approval is None or approval.approved is None:
        return ""
    if approval.approved:
        return texts.approved_by(person(approval.decided_by or ""))
    return texts.declined_by(person(approval.decided_by or ""), quoted(approval.reason, 600))

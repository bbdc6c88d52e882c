"""Whether a job that was just asked for may begin: now, when somebody has approved it, when there is room, or not."""

from collections.abc import Collection

import msgspec

from bot.audit import Entry
from bot.jobs import states
from bot.jobs.apply_update import notice
from bot.jobs.estimate import spend_of
from bot.jobs.interfaces import JobUpdate, LedgerSnapshot
from bot.jobs.job import Approval, Job
from bot.jobs.notice import ApprovalAsked
from bot.jobs.queue import queued_up, waiting_notice
from bot.spending.budget import NotAdmitted, check


class Rules(msgspec.Struct, frozen=True):
    """What the settings say. `approval_above` (US dollars) holds until an administrator sets another in Slack;
    `deciders` are approvers and administrators (people and groups); `most_running` jobs at a time.
    """

    approval_above: float | None = None
    approve_unknown: bool = True
    deciders: Collection[str] = ()
    most_running: int | None = None


def decide_admission(job: Job, ledger: LedgerSnapshot, rules: Rules) -> JobUpdate:
    """The job in its first state, with its notices and audit entry.

    Raises NotAdmitted where it is over a budget (OverBudget), or needs approval and there is nobody to give it.
    """
    check(spend_of(job), job.created_at, ledger.limits, ledger.month)
    above = ledger.limits.threshold(rules.approval_above)
    entry = Entry(
        f"{job.id}/submit", job.created_at, job.requester, "submit", job.id, job.origin.channel, details=_details(job)
    )
    if above is not None and needs_approval(job, above, rules):
        deciders = tuple(one for one in rules.deciders if one != job.requester)
        if not deciders:
            raise NotAdmitted("nobody_to_approve", above=above)
        asked = msgspec.structs.replace(
            job, state=states.AWAITING_APPROVAL, approval=Approval(job.created_at, above, deciders)
        )
        return JobUpdate(asked, notices=[notice(asked, "approval", ApprovalAsked())], audit=[entry])
    if ledger.waiting or (rules.most_running is not None and ledger.running >= rules.most_running):
        waiting = queued_up(job, ledger.waiting + 1, ledger.waiting + 1)
        return JobUpdate(waiting, notices=[waiting_notice(waiting)], audit=[entry])
    return JobUpdate(job, audit=[entry])


def needs_approval(job: Job, above: float, rules: Rules) -> bool:
    return rules.approve_unknown if job.estimated_cost is None else job.estimated_cost > above


def _details(job: Job) -> str:
    return job.base_model if job.estimated_cost is None else f"{job.base_model}, ${job.estimated_cost:.2f}"

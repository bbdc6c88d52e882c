"""Whether a job that was just asked for may begin: now, when somebody has approved it, when there is room, or not."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

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
    `deciders` are approvers and administrators (people and groups); `most_running` jobs at a time at a provider, unless
    `most_running_at` says so for it.
    """

    approval_above: float | None = None
    approve_unknown: bool = True
    deciders: Collection[str] = ()
    most_running: int | None = None
    most_running_at: Mapping[str, int] = MappingProxyType({})

    def most(self, provider: str) -> int | None:
        return self.most_running_at.get(provider, self.most_running)


def decide_admission(job: Job, ledger: LedgerSnapshot, rules: Rules) -> JobUpdate:
    """The job in its first state, with its notices and audit entry.

    Raises NotAdmitted where it is over a budget (OverBudget), or needs approval and there is nobody to give it.
    """
    (decided,) = decide_together([job], ledger, rules)
    return decided


def decide_together(jobs: Sequence[Job], ledger: LedgerSnapshot, rules: Rules) -> list[JobUpdate]:
    """Like `decide_admission`, for jobs of one person that are asked for at once: their price counts as one, and they
    begin, wait for approval or are refused together. Where there is room for some of them only, the others line up.
    """
    first, price = jobs[0], price_of(jobs)
    known = sum(job.estimated_cost or 0 for job in jobs)
    check(msgspec.structs.replace(spend_of(first), usd=known), first.created_at, ledger.limits, ledger.month)
    above = ledger.limits.threshold(rules.approval_above)
    if above is not None and needs_approval(price, above, rules):
        deciders = tuple(one for one in rules.deciders if one != first.requester)
        if not deciders:
            raise NotAdmitted("nobody_to_approve", above=above)
        approval = Approval(first.created_at, above, deciders)
        asked = [msgspec.structs.replace(job, state=states.AWAITING_APPROVAL, approval=approval) for job in jobs]
        return [
            JobUpdate(job, notices=[notice(job, "approval", ApprovalAsked())], audit=[_entry(job)]) for job in asked
        ]
    most = rules.most(first.provider)
    room = len(jobs) if most is None else max(most - ledger.running, 0)
    begun = [] if ledger.waiting else jobs[:room]
    length = ledger.waiting + len(jobs) - len(begun)
    waiting = [queued_up(job, ledger.waiting + n, length) for n, job in enumerate(jobs[len(begun) :], start=1)]
    return [
        *(JobUpdate(job, audit=[_entry(job)]) for job in begun),
        *(JobUpdate(job, notices=[waiting_notice(job)], audit=[_entry(job)]) for job in waiting),
    ]


def price_of(jobs: Sequence[Job]) -> float | None:
    """US dollars together, by their estimates; None where nobody knows that of one."""
    known = [job.estimated_cost for job in jobs if job.estimated_cost is not None]
    return sum(known) if len(known) == len(jobs) else None


def needs_approval(price: float | None, above: float, rules: Rules) -> bool:
    return rules.approve_unknown if price is None else price > above


def _entry(job: Job) -> Entry:
    return Entry(
        f"{job.id}/submit", job.created_at, job.requester, "submit", job.id, job.origin.channel, details=_details(job)
    )


def _details(job: Job) -> str:
    return job.base_model if job.estimated_cost is None else f"{job.base_model}, ${job.estimated_cost:.2f}"

"""Budgets: how much may be spent in a calendar month (UTC) in the whole workspace, in a channel, by a person.

A job counts in the month in which it was submitted: with its estimate as long as it may still cost that, with its
real cost once it has ended.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from bot.errors import BotError


class NotAdmitted(BotError):
    """The job may not begin as it is."""


class OverBudget(NotAdmitted):
    """The job would cost more than is left, or nothing is left for an answer."""


class Spend(msgspec.Struct, frozen=True):
    """What so many `jobs` count for together, or so many `answers` of models: US dollars, None where nobody knows the
    price of any of them; `promised` while that is an estimate."""

    person: str
    channel: str
    usd: float | None
    promised: bool = False
    jobs: int = 1
    answers: int = 0


class Scope(StrEnum):
    WORKSPACE = "workspace"
    CHANNEL = "channel"
    PERSON = "person"


class Budget(msgspec.Struct, frozen=True):
    """US dollars a month. `subject` is Slack's id of the channel or person, "" for the workspace."""

    scope: Scope
    subject: str
    usd: float

    def covers(self, spend: Spend) -> bool:
        match self.scope:
            case Scope.WORKSPACE:
                return True
            case Scope.CHANNEL:
                return spend.channel == self.subject
            case Scope.PERSON:
                return spend.person == self.subject


class Limits(msgspec.Struct, frozen=True):
    """What administrators have set. `approval_above`: US dollars from which on a job needs approval; infinite where
    that is off, None where nobody has said anything.
    """

    budgets: tuple[Budget, ...] = ()
    approval_above: float | None = None

    def threshold(self, by_settings: float | None) -> float | None:
        """US dollars above which a job needs approval; None where none does."""
        above = by_settings if self.approval_above is None else self.approval_above
        return None if above == float("inf") else above


class Used(msgspec.Struct, frozen=True):
    """What jobs and models' answers count together. `promised` is the part that is still an estimate, `unknown` how
    many jobs have no price that anybody knows; those count nothing.
    """

    usd: float = 0
    promised: float = 0
    jobs: int = 0
    unknown: int = 0
    answers: int = 0


def used(spends: Iterable[Spend]) -> Used:
    usd = promised = 0.0
    jobs = unknown = answers = 0
    for spend in spends:
        cost = spend.usd or 0
        answers += spend.answers
        jobs += spend.jobs
        unknown += spend.jobs if spend.usd is None else 0
        usd += cost
        promised += cost if spend.promised else 0
    return Used(usd, promised, jobs, unknown, answers)


def check(new: Spend, at: float, limits: Limits, month: Sequence[Spend]) -> None:
    """Raises OverBudget where a job, submitted `at` that time, would cost more beside all jobs of its month than one of
    the budgets allows."""
    if not new.usd:
        return
    for budget in limits.budgets:
        if not budget.covers(new):
            continue
        spent = used(other for other in month if budget.covers(other))
        left = budget.usd - spent.usd
        # What the sum of many floats loses is worth no refusal.
        if new.usd > left + 1e-6:
            raise OverBudget(
                "over_budget",
                scope=budget.scope,
                usd=new.usd,
                budget=budget.usd,
                taken=spent.usd,
                promised=spent.promised,
                left=max(left, 0.0),
                until=month_of(at)[1],
            )


def check_left(new: Spend, at: float, limits: Limits, month: Sequence[Spend]) -> None:
    """Raises OverBudget where the month's spending has used up one of the budgets that cover `new`, of which nobody
    knows what it will cost."""
    for budget in limits.budgets:
        if not budget.covers(new):
            continue
        spent = used(other for other in month if budget.covers(other))
        if spent.usd >= budget.usd - 1e-6:
            raise OverBudget(
                "budget_used_up",
                scope=budget.scope,
                budget=budget.usd,
                taken=spent.usd,
                promised=spent.promised,
                until=month_of(at)[1],
            )


def month_of(at: float) -> tuple[float, float]:
    """First and last moment (exclusive) of the calendar month, in UTC, that `at` is in."""
    now = datetime.fromtimestamp(at, UTC)
    first = datetime(now.year, now.month, 1, tzinfo=UTC)
    following = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    return first.timestamp(), following.timestamp()

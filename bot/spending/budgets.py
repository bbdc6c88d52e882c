"""What this month has cost and may cost: shown to everybody for themselves, set by administrators."""

from collections.abc import Collection, Sequence

import msgspec

from bot.access import Action, Caller, Role
from bot.authority import Authority, entry
from bot.spending.budget import Budget, Scope, Used, used
from bot.spending.interfaces import BudgetStore, Ledger


class BudgetUse(msgspec.Struct, frozen=True):
    """Of the workspace, a channel or a person (see `Budget`). `usd`: the budget a month, None where there is none."""

    scope: Scope
    subject: str
    usd: float | None
    used: Used


class MonthlySpending(msgspec.Struct, frozen=True):
    """The month that `at` (seconds since the epoch) is in. The first three of `uses` are those of the workspace, the
    caller's channel and the caller; others follow where `overseen`. `approval_above`: US dollars above which a job
    needs approval, None where none does.
    """

    at: float
    uses: Sequence[BudgetUse]
    approval_above: float | None
    approve_unknown: bool
    overseen: bool


class Budgets:
    """`approval_above`, `approve_unknown` and `deciders` are those of the settings."""

    def __init__(
        self,
        budgets: BudgetStore,
        ledger: Ledger,
        authority: Authority,
        *,
        approval_above: float | None = None,
        approve_unknown: bool = True,
        deciders: Collection[str] = (),
    ) -> None:
        self._budgets = budgets
        self._ledger = ledger
        self._authority = authority
        self._approval_above = approval_above
        self._approve_unknown = approve_unknown
        self._deciders = deciders

    async def this_month(self, caller: Caller) -> MonthlySpending:
        """Administrators, where nobody else looks, see all budgets. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        limits, spends = await self._budgets.limits(), await self._ledger.spends_of_month(caller.at)
        set_ = {(budget.scope, budget.subject): budget.usd for budget in limits.budgets}
        shown = [(Scope.WORKSPACE, ""), (Scope.CHANNEL, caller.channel), (Scope.PERSON, caller.user)]
        overseen = caller.actor.role is Role.ADMIN and caller.answers_in.alone
        if overseen:
            shown += [each for each in set_ if each not in shown]
        uses = []
        for scope, subject in shown:
            covered = used(filter(Budget(scope, subject, 0).covers, spends))
            uses.append(BudgetUse(scope, subject, set_.get((scope, subject)), covered))
        return MonthlySpending(caller.at, uses, limits.threshold(self._approval_above), self._approve_unknown, overseen)

    async def set_budget(self, caller: Caller, scope: Scope, subject: str, usd: float | None) -> None:
        """US dollars a month, None for no budget. Raises Denied."""
        await self._authority.require(caller, Action.SET_BUDGET)
        changed = entry(caller, Action.SET_BUDGET, subject or scope, details=_amount(usd))
        await self._budgets.set_budget(scope, subject, usd, changed)

    async def set_approval(self, caller: Caller, above: float | None) -> Collection[str]:
        """US dollars above which a job needs approval, None where none does; who may give it (people and groups).
        Raises Denied."""
        await self._authority.require(caller, Action.SET_BUDGET)
        changed = entry(caller, Action.SET_BUDGET, "approval", details=_amount(above))
        await self._budgets.set_approval(above, changed)
        return self._deciders


def _amount(usd: float | None) -> str:
    """For the audit log, in any language."""
    return "off" if usd is None else f"${usd:,.2f}"

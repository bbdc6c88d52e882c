"""The store of budgets, as an interface; `bot.store.spending` implements it."""

from typing import Protocol

from bot.audit import Entry
from bot.spending.budget import Limits, Scope, Spend


class Ledger(Protocol):
    async def spends_of_month(self, at: float) -> list[Spend]:
        """Of every job submitted in the same calendar month (UTC) as `at`, and of the answers of models in it."""


class BudgetStore(Protocol):
    async def limits(self) -> Limits: ...

    async def set_budget(self, scope: Scope, subject: str, usd: float | None, entry: Entry) -> None:
        """US dollars a month, None for no budget; stored together with its line in the audit log."""

    async def set_approval(self, above: float | None, entry: Entry) -> None:
        """US dollars above which a job needs approval; None where none does, whatever the settings say."""

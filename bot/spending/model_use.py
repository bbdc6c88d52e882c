"""What models' answers cost: kept for each, summed by conversation and month, and held to the budgets.

What an answer will cost nobody knows before it is there, so a budget ends it from the answer after the one that has
used it up.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from bot import instruments
from bot.providers.chat import Usage
from bot.spending.budget import Spend, Used, check_left, used
from bot.spending.interfaces import BudgetStore, Ledger


class ModelUse(msgspec.Struct, frozen=True):
    """One answer of a model, or an attempt at one. `subject` is what it was for: the id of a conversation, a
    comparison. `usd`: US dollars, None where nobody knows the price. `at`: seconds since the epoch."""

    user: str
    channel: str
    model: str
    subject: str
    usage: Usage
    usd: float | None
    at: float


class UseSum(msgspec.Struct, frozen=True):
    """Of several answers. `unknown`: how many of them have no price that anybody knows; those count nothing."""

    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    unknown: int = 0


class ModelUseStore(Protocol):
    async def add(self, use: ModelUse) -> None: ...

    async def of_subject(self, subject: str) -> UseSum: ...

    async def spends_of_month(self, at: float) -> list[Spend]:
        """For each person and channel one, of the calendar month (UTC) of `at`."""


class ModelSpending:
    """`ledger`: of all that counts within a budget. `cost` gives the US dollars for what a model (at a provider) used,
    None where nobody knows its price."""

    def __init__(
        self, uses: ModelUseStore, budgets: BudgetStore, ledger: Ledger, cost: Callable[[Usage, str, str], float | None]
    ) -> None:
        self._uses = uses
        self._budgets = budgets
        self._ledger = ledger
        self._cost = cost

    async def check(self, user: str, channel: str, model: str, provider: str, at: float) -> None:
        """Return if `model` may be asked. Raises OverBudget where its answers may cost something and a budget is used
        up."""
        if self.is_free(model, provider):
            return
        limits = await self._budgets.limits()
        if limits.budgets:
            check_left(Spend(user, channel, None), at, limits, await self._ledger.spends_of_month(at))

    def is_free(self, model: str, provider: str) -> bool:
        return self._cost(Usage(1_000_000, 1_000_000), model, provider) == 0

    async def count(
        self, user: str, channel: str, model: str, provider: str, subject: str, usage: Usage, at: float
    ) -> float | None:
        """Keep what an answer used; its cost in US dollars, None where nobody knows the price."""
        use = self.use(user, channel, model, provider, subject, usage, at)
        await self._uses.add(use)
        return use.usd

    def use(
        self, user: str, channel: str, model: str, provider: str, subject: str, usage: Usage, at: float
    ) -> ModelUse:
        """What an answer used, for who keeps it together with the answer."""
        usd = self._cost(usage, model, provider)
        instruments.TOKENS.labels(provider, "prompt").inc(usage.prompt_tokens)
        instruments.TOKENS.labels(provider, "completion").inc(usage.completion_tokens)
        instruments.COST.labels(provider).inc(usd or 0)
        return ModelUse(user, channel, model, subject, usage, usd, at)

    def cost(self, usage: Usage, model: str, provider: str) -> float | None:
        """US dollars; None where nobody knows the price."""
        return self._cost(usage, model, provider)

    async def of(self, subject: str) -> UseSum:
        """All that was used for a conversation, a comparison."""
        return await self._uses.of_subject(subject)

    async def of_month(self, at: float) -> Used:
        """All that counts within a budget of the workspace in the calendar month (UTC) of `at`."""
        return used(await self._ledger.spends_of_month(at))

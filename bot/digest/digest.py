"""What a digest tells of a channel: read from the store when it is told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.models.catalogue import Catalogue
from bot.models.uses import ModelUses
from bot.spending.budget import Budget, Scope, Used, used
from bot.spending.interfaces import BudgetStore, Ledger

RETIRES_WITHIN_DAYS: Final = 30
# What is older and still runs is found by its state.
_LOOKED_AT: Final = 1000
_WAITING: Final = frozenset({states.AWAITING_APPROVAL, states.UNCERTAIN})


class RetiresSoon(msgspec.Struct, frozen=True):
    """`day`: the first on which the model does not answer, `days` from the digest."""

    model: str
    day: date
    days: int


class Digest(msgspec.Struct, frozen=True):
    """Of the jobs that were started in the channel: those that `ended` from `since` to `until` (seconds since the
    epoch), the latest last; `asked`: how many were asked for in that time; those that go on, and those that wait for a
    person. `month` is what the channel has used in the calendar month (UTC) of `until`, `budget` its own, in US
    dollars, None where it has none.
    """

    since: float
    until: float
    ended: Sequence[Job] = ()
    asked: int = 0
    running: Sequence[Job] = ()
    waiting: Sequence[Job] = ()
    retiring: Sequence[RetiresSoon] = ()
    month: Used = Used()
    budget: float | None = None

    @property
    def is_news(self) -> bool:
        """Whether anything happened, or somebody is waited for. Of retiring models the channel hears by themselves."""
        return bool(self.ended or self.asked or self.waiting)


class Digests:
    def __init__(
        self, jobs: JobStore, uses: ModelUses, catalogue: Catalogue, budgets: BudgetStore, ledger: Ledger
    ) -> None:
        self._jobs = jobs
        self._uses = uses
        self._catalogue = catalogue
        self._budgets = budgets
        self._ledger = ledger

    async def of(self, channel: str, since: float, until: float) -> Digest:
        """What was made in a private channel is told there, and only what was made there is told."""
        here = [job for job in await self._jobs.latest(_LOOKED_AT) if job.origin.channel == channel]
        open_here = [job for job in await self._jobs.not_ended() if job.origin.channel == channel]
        ended = [job for job in here if job.finished_at is not None and since <= job.finished_at < until]
        limits = await self._budgets.limits()
        own = Budget(Scope.CHANNEL, channel, 0)
        return Digest(
            since,
            until,
            ended=sorted(ended, key=lambda job: job.finished_at or 0),
            asked=sum(1 for job in here if since <= job.created_at < until),
            running=[job for job in open_here if job.state not in _WAITING],
            waiting=[job for job in open_here if job.state in _WAITING],
            retiring=await self._retiring(channel, until),
            month=used(filter(own.covers, await self._ledger.spends_of_month(until))),
            budget=next((one.usd for one in limits.budgets if (one.scope, one.subject) == (own.scope, channel)), None),
        )

    async def _retiring(self, channel: str, until: float) -> list[RetiresSoon]:
        models = list(await self._uses.models(channel))
        ends = await self._catalogue.retirements(models)
        today = datetime.fromtimestamp(until, UTC).date()
        soon = [
            RetiresSoon(model, day, (day - today).days)
            for model in models
            if (day := ends[model].shutdown_date) is not None and 0 <= (day - today).days <= RETIRES_WITHIN_DAYS
        ]
        return sorted(soon, key=lambda one: (one.day, one.model))

"""Digests are told when they are due: each once, and after a time without the bot only the latest, which tells of all
that time. Where nothing happened nothing is said."""

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
import structlog

from bot.access import Resource
from bot.audit import Entry
from bot.digest.digest import Digests
from bot.digest.plan import DigestPlan, last_due
from bot.errors import BotError
from bot.jobs.notice import DigestDue, Notice

log = structlog.get_logger()

# What was before is no news.
_LONGEST: Final = 31 * 24 * 3600.0
SETTLES: Final = 60.0
"""Seconds. That a job has ended is known a little later, when its provider is asked again: a digest waits for that,
since the next one begins where it ends."""


class DigestPlans(Protocol):
    """One for each channel at most."""

    async def all(self) -> Sequence[DigestPlan]: ...

    async def get(self, channel: str) -> DigestPlan | None: ...

    async def set(self, plan: DigestPlan, entry: Entry) -> None:
        """Stored together with its line in the audit log."""

    async def remove(self, channel: str, entry: Entry) -> None:
        """Stored together with its line in the audit log."""

    async def told(self, plan: DigestPlan, notices: Sequence[Notice]) -> None:
        """Store up to when it has been told together with the notices, in one transaction; nothing where it was changed
        or removed meanwhile."""


class DigestSender:
    def __init__(self, plans: DigestPlans, digests: Digests, *, clock: Callable[[], float] = time.time) -> None:
        self._plans = plans
        self._digests = digests
        self._clock = clock

    async def look(self) -> None:
        """Store what is to be told. One that cannot be told yet keeps no other from its time."""
        for plan in await self._plans.all():
            due = last_due(plan, self._clock() - SETTLES)
            if due <= plan.told_until:
                continue
            try:
                await self._tell(plan, due)
            except BotError as error:
                log.error("no digest this time", channel=plan.channel, why=str(error))

    async def _tell(self, plan: DigestPlan, due: float) -> None:
        since = max(plan.told_until, due - _LONGEST)
        digest = await self._digests.of(plan.channel, since, due)
        about = Resource(plan.set_by, plan.channel, plan.private, "digest", plan.channel)
        body = DigestDue(plan.when.every, since, due)
        notice = Notice(f"digest/{plan.channel}/{due:.0f}", body, plan.channel, about, since=since)
        told = msgspec.structs.replace(plan, told_until=due)
        await self._plans.told(told, [notice] if digest.is_news else [])

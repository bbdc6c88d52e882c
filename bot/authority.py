"""What a caller may do, asked by use cases. A refusal is kept in the audit log."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.access import Act, Caller, Place, Policy, Thing, authorize
from bot.audit import AuditLog, Entry, Outcome
from bot.errors import BotError, Denied, NotFound
from bot.redact import redact


class Authority:
    def __init__(self, policy: Policy, audit: AuditLog) -> None:
        self._policy = policy
        self._audit = audit

    async def require(self, caller: Caller, act: Act, thing: Thing | None = None, place: Place | None = None) -> None:
        """Return if the caller may do this, and `thing` may be seen in `place` (by default where answers are).

        Raises Denied, which the audit log keeps, or NotFound.
        """
        try:
            authorize(caller.actor, act, thing, place or caller.answers_in, self._policy)
        except Denied as error:
            await self._audit.add(entry(caller, act, thing.id if thing else "", Outcome.REFUSED, str(error)))
            raise

    async def require_to_post(self, caller: Caller, act: Act, thing: Thing) -> None:
        """Return if what tells of `thing` may be posted where the caller is. Raises NotFound where the caller may not
        know of it, Denied where they may, but not all who would see it."""
        await self.require(caller, act, thing)
        try:
            await self.require(caller, act, thing, caller.posts_in)
        except NotFound:
            raise Denied("seen_by_too_many", kind=thing.kind) from None

    def allows(self, caller: Caller, act: Act, thing: Thing | None = None, place: Place | None = None) -> bool:
        """Whether the caller may do this there; what is not for everybody is left out by it."""
        try:
            authorize(caller.actor, act, thing, place or caller.answers_in, self._policy)
        except (Denied, NotFound):
            return False
        return True

    @asynccontextmanager
    async def recorded(self, caller: Caller, act: Act | str, thing: str, details: str = "") -> AsyncIterator[None]:
        """For what is carried out at the provider: in the audit log before it begins, and once more if it fails."""
        await self._audit.add(entry(caller, act, thing, details=details))
        try:
            yield
        except BotError as error:
            await self._audit.add(entry(caller, act, thing, Outcome.FAILED, redact(str(error))))
            raise


def entry(caller: Caller, act: Act | str, thing: str, outcome: Outcome = Outcome.DONE, details: str = "") -> Entry:
    """What the caller does, for the audit log. Done again after a crash it is the same entry."""
    if isinstance(act, Act):
        act = act.name.lower().replace("_", " ")
    return Entry(
        f"{caller.key}/{act}/{thing}/{outcome}", time.time(), caller.user, act, thing, caller.channel, outcome, details
    )

"""Authorization for use cases. A refusal is kept in the audit log."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn, Protocol

from bot.access import Action, Actor, Caller, Place, Policy, Resource, authorize
from bot.audit import AuditLog, Entry, Outcome
from bot.errors import BotError, Denied, NotFound
from training_files import TrainingFileError
from training_files.redact import redact


class Authority:
    def __init__(self, policy: Policy, audit: AuditLog) -> None:
        self._policy = policy
        self._audit = audit

    async def require(
        self, caller: Caller, action: Action, resource: Resource | None = None, place: Place | None = None
    ) -> None:
        """Return if the caller may do this, and `resource` may be seen in `place` (by default where answers are).

        Raises Denied, which the audit log keeps, or NotFound.
        """
        try:
            authorize(caller.actor, action, resource, place or caller.answers_in, self._policy)
        except Denied as error:
            await self._audit.add(entry(caller, action, resource.id if resource else "", Outcome.REFUSED, str(error)))
            raise

    async def refuse(self, caller: Caller, action: Action, resource: str, error: Denied) -> NoReturn:
        """For what is decided elsewhere: raises the error, which the audit log keeps."""
        await self._audit.add(entry(caller, action, resource, Outcome.REFUSED, str(error)))
        raise error

    async def require_to_post(self, caller: Caller, action: Action, resource: Resource) -> None:
        """Return if a message about `resource` may be posted where the caller is. Raises NotFound if the caller may not
        know of it, Denied if the caller may but others who would see the message may not."""
        await self.require(caller, action, resource)
        try:
            await self.require(caller, action, resource, caller.posts_in)
        except NotFound:
            raise Denied("seen_by_too_many", kind=resource.kind) from None

    def allows(
        self, caller: Caller, action: Action, resource: Resource | None = None, place: Place | None = None
    ) -> bool:
        """Whether the caller may do this there. For leaving out of a list what the caller may not see."""
        return self.may(caller.actor, action, resource, place or caller.answers_in)

    def may(self, actor: Actor, action: Action, resource: Resource | None, place: Place) -> bool:
        """Whether somebody who asks for nothing may do this there."""
        try:
            authorize(actor, action, resource, place, self._policy)
        except (Denied, NotFound):
            return False
        return True

    @asynccontextmanager
    async def recorded(
        self, caller: Caller, action: Action | str, resource: str, details: str = ""
    ) -> AsyncIterator[None]:
        """For a call to the provider: enters it in the audit log before it begins, and again if it fails."""
        await self._audit.add(entry(caller, action, resource, details=details))
        try:
            yield
        except (BotError, TrainingFileError) as error:
            await self._audit.add(entry(caller, action, resource, Outcome.FAILED, redact(str(error))))
            raise


class Asking(Protocol):
    """As much of a request as the audit log keeps."""

    @property
    def key(self) -> str: ...

    @property
    def user(self) -> str: ...

    @property
    def channel(self) -> str: ...


def so_many_jobs(count: int) -> str:
    """In an entry's details."""
    return f"{count} job" if count == 1 else f"{count} jobs"


def entry(
    caller: Asking, action: Action | str, resource: str, outcome: Outcome = Outcome.DONE, details: str = ""
) -> Entry:
    """What the caller does, for the audit log. Done again after a crash it is the same entry."""
    return Entry(
        f"{caller.key}/{action}/{resource}/{outcome}",
        time.time(),
        caller.user,
        action,
        resource,
        caller.channel,
        outcome,
        details,
    )

"""What a person has set for themselves, and when they last looked at what needs them."""

from typing import Protocol

import msgspec

from bot.access import Action, Caller
from bot.audit import Entry
from bot.authority import Authority, entry


class PersonalSettings(msgspec.Struct, frozen=True):
    """`approvals_directly`: questions about approval, and their answers, come as direct messages, too. `looked_at`: in
    seconds since the epoch; None for somebody who never looked."""

    approvals_directly: bool = False
    looked_at: float | None = None


class PersonalSettingsStore(Protocol):
    async def of(self, user: str) -> PersonalSettings: ...

    async def looked(self, user: str, at: float) -> PersonalSettings:
        """They look now; the settings as they were before."""

    async def set_approvals_directly(self, user: str, directly: bool, entry: Entry) -> None:
        """Stored together with its line in the audit log."""


class PersonalSettingsControl:
    """Of whoever calls: nobody sets what is another's."""

    def __init__(self, store: PersonalSettingsStore, authority: Authority) -> None:
        self._store = store
        self._authority = authority

    async def of(self, caller: Caller) -> PersonalSettings:
        """Raises Denied."""
        await self._authority.require(caller, Action.USE)
        return await self._store.of(caller.user)

    async def set_approvals_directly(self, caller: Caller, directly: bool) -> PersonalSettings:
        """The settings as they are then. Raises Denied."""
        await self._authority.require(caller, Action.PERSONALIZE)
        details = f"approvals_directly={'yes' if directly else 'no'}"
        audit = entry(caller, Action.PERSONALIZE, caller.user, details=details)
        await self._store.set_approvals_directly(caller.user, directly, audit)
        return await self._store.of(caller.user)

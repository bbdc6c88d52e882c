"""The audit log, as administrators read it. Reading all of it is an act of its own."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.audit import AuditLog, Entry
from bot.authority import Authority, entry

_PAGE: Final = 15
# One Slack file of at most some 25 MB; older entries are in the backup.
_MOST_EXPORTED: Final = 100_000


class AuditPage(msgspec.Struct, frozen=True):
    """Page `number` (from 1) of `pages`, of the entries up to the one with the number `upto`, the latest first."""

    entries: Sequence[Entry]
    number: int
    pages: int
    upto: int


class AuditLogReader:
    def __init__(self, audit: AuditLog, authority: Authority) -> None:
        self._audit = audit
        self._authority = authority

    async def page(self, caller: Caller, number: int, upto: int | None = None) -> AuditPage:
        """With `upto` of an earlier page, pages stay what they were while entries come in. Raises Denied."""
        await self._authority.require(caller, Action.READ_AUDIT)
        entries = await self._audit.latest(_PAGE, skip=(number - 1) * _PAGE, upto=upto)
        if upto is None:
            newest = await self._audit.latest(1)
            upto = newest[0][0] if newest else 0
        return AuditPage([each for _, each in entries], number, -(-await self._audit.count(upto) // _PAGE), upto)

    async def export(self, caller: Caller) -> Sequence[tuple[int, Entry]]:
        """All entries with their numbers, the latest first. Raises Denied."""
        await self._authority.require(caller, Action.READ_AUDIT)
        entries = await self._audit.latest(_MOST_EXPORTED)
        await self._audit.add(entry(caller, "export the audit log", "", details=str(len(entries))))
        return entries

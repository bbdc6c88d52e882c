"""The audit log: who did what to what, and who was refused. It is only ever added to.

A change in the store and its entry are one transaction. A call to the provider is entered before it is made, and again
if it fails, so no crash leaves an action without an entry.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

SETTINGS: Final = "settings"
"""The actor of what was changed in the program's settings, by whoever can write them."""
TERMINAL: Final = "terminal"
"""The actor of what an administrator did with `finetune-bot` in a terminal."""
ROLES: Final = "roles"
"""The resource of an entry that says who holds which."""


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Entry(msgspec.Struct, frozen=True):
    """`key` identifies the action: repeated after a crash, it is not written again. `actor` is a person's id,
    SETTINGS or TERMINAL; `resource` names what it was done to (a job's id, a model); `details` hold no name of a file.
    """

    key: str
    at: float
    actor: str
    action: str
    resource: str
    channel: str = ""
    outcome: Outcome = Outcome.DONE
    details: str = ""


async def note_roles(log: "AuditLog", roles: str, at: float) -> None:
    """Record the roles of the settings, in words, if they differ from those recorded last."""
    before = await log.about(ROLES)
    if roles == (before[-1].details if before else ""):
        return
    await log.add(Entry(f"{ROLES}/{len(before)}", at, SETTINGS, "set", ROLES, details=roles))


class AuditLog(Protocol):
    async def add(self, *entries: Entry) -> int:
        """How many of them were new."""

    async def latest(self, limit: int, *, skip: int = 0, upto: int | None = None) -> Sequence[tuple[int, Entry]]:
        """Entries with their numbers, the latest first; of those up to number `upto`."""

    async def count(self, upto: int | None = None) -> int: ...

    async def about(self, resource: str) -> Sequence[Entry]:
        """All that was done to one thing, oldest first."""

"""A workspace in which the app is installed, and the tokens that Slack gave for it."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from bot.audit import Entry
from bot.errors import Invalid


class State(StrEnum):
    INSTALLED = "installed"
    REVOKED = "revoked"
    """Its token is not taken any more. Its data stay until it is installed again or erased."""
    REMOVED = "removed"
    """The app was removed from it: what there is of it is being erased."""


class Tokens(msgspec.Struct, frozen=True):
    """`refresh` and `expires_at` (seconds since the epoch) where the app rotates its tokens."""

    bot: str
    refresh: str | None = None
    expires_at: float | None = None

    def __repr__(self) -> str:
        return f"Tokens(expires_at={self.expires_at})"


class Installation(msgspec.Struct, frozen=True):
    """`team` is the workspace's id; `installed_by` who installed it, last at `installed_at`. `tokens` only while it is
    installed."""

    team: str
    name: str
    bot_user: str
    installed_by: str
    installed_at: float
    scopes: tuple[str, ...] = ()
    state: State = State.INSTALLED
    tokens: Tokens | None = None

    @property
    def resource(self) -> str:
        """What the audit log calls it."""
        return f"workspace {self.team}"


def team_of(word: str) -> str:
    """A workspace's id as it was written; it becomes the name of a folder. Raises Invalid."""
    if not re.fullmatch(r"T[A-Z0-9]{2,20}", word):
        raise Invalid("no_workspace_id", word=word)
    return word


def folder_of(data: Path, team: str) -> Path:
    """Where its store and its files lie, under the folder for all data. Raises Invalid."""
    return data / "workspaces" / team_of(team)


def schema_of(schema: str, team: str) -> str:
    """Where its store lies in a PostgreSQL database, beside the `schema` for all of them. Raises Invalid."""
    return f"{schema}_{team_of(team).lower()}"


class InstallationStore(Protocol):
    """All of it keeps tokens sealed."""

    async def all(self) -> list[Installation]:
        """In the order in which they were installed first. Raises Unopened where a key is missing."""

    async def save(self, installation: Installation, entry: Entry) -> None:
        """A new one, or the same workspace installed again."""

    async def end(self, team: str, state: State, before: float, entry: Entry) -> bool:
        """It is installed no more, and its tokens are gone. False where it is not known, in that state already, or was
        installed again after `before`."""

    async def forget(self, team: str, entry: Entry) -> None:
        """What was left of one that was removed."""

    async def claim_refresh(self, team: str, due_before: float, now: float, seconds: float) -> Tokens | None:
        """The tokens, to be refreshed by nobody else for so many seconds; None where they expire later than
        `due_before`, or somebody else is at it."""

    async def refreshed(self, team: str, old: Tokens, new: Tokens) -> bool:
        """Put the new tokens into the place of the old. False where there are others by now."""

    async def reseal(self) -> int:
        """Seal with the first key what others sealed; how many were sealed anew."""

    async def issue_state(self, state: str, expires_at: float) -> None: ...

    async def consume_state(self, state: str, now: float) -> bool:
        """Whether it was issued, has not expired, and is used for the first time."""

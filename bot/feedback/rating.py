"""What one person thinks of one answer, and the interface of what keeps it."""

from typing import Protocol

import msgspec

from bot.audit import Entry


class Press(msgspec.Struct, frozen=True):
    """A thumb that `user` pressed below an answer, at `at` (seconds since the epoch). `key` identifies the request: a
    press that is processed again has the same."""

    conversation_id: str
    asked_ts: str
    user: str
    good: bool
    at: float
    key: str


class RatingStore(Protocol):
    async def press(self, press: Press, entry: Entry) -> bool | None:
        """The person's rating from now on: the other thumb changes it, the same one again withdraws it (None). A press
        that is known, or older than the last, changes nothing."""

    async def of_answer(self, conversation_id: str, asked_ts: str) -> dict[str, bool]:
        """Good or not, by person."""

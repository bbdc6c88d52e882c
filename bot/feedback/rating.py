"""What one person thinks of one answer, and the interface of what keeps it."""

from enum import StrEnum
from typing import Protocol

import msgspec

from bot.audit import Entry


class Reason(StrEnum):
    """What was wrong with an answer."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    TONE = "tone"
    UNSAFE = "unsafe"
    OTHER = "other"


class Why(msgspec.Struct, frozen=True):
    """What somebody says was wrong with an answer: any of the reasons, and a text."""

    reasons: tuple[Reason, ...] = ()
    comment: str = ""

    def __bool__(self) -> bool:
        return bool(self.reasons or self.comment)


class Press(msgspec.Struct, frozen=True):
    """A thumb that `user` pressed below an answer, at `at` (seconds since the epoch). `key` identifies the request: a
    press that is processed again has the same. `why`: what they say was wrong; None where the thumb alone was
    pressed."""

    conversation_id: str
    asked_ts: str
    user: str
    good: bool
    at: float
    key: str
    why: Why | None = None


class Rating(msgspec.Struct, frozen=True):
    user: str
    good: bool
    why: Why = Why()


class Opinion(msgspec.Struct, frozen=True):
    """What most who rated an answer say of it."""

    conversation_id: str
    asked_ts: str
    good: bool


class RatingStore(Protocol):
    async def press(self, press: Press, entry: Entry) -> bool | None:
        """The person's rating from now on: the other thumb changes it, the same one again withdraws it (None), unless
        it comes with what was wrong. A press that is known, or older than the last, changes nothing."""

    async def of_answer(self, conversation_id: str, asked_ts: str) -> list[Rating]:
        """Each person's, the earliest first."""

    async def of_channel(self, channel: str, limit: int) -> list[Opinion]:
        """Of answers in this channel, the latest rated first; those that as many find good as bad are left out."""

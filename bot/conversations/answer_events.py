"""What comes of a question: the events of an answer while it is written, and the calls that an answer makes."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date

import msgspec

from bot.providers.chat import ToolCall


class TextDelta(msgspec.Struct, frozen=True):
    """More of the answer."""

    text: str


class Warming(msgspec.Struct, frozen=True):
    """The model is not ready yet; the request is retried."""


class Ended(msgspec.Struct, frozen=True):
    """The answer is complete. `finish_reason` as in `Turn`; `rest`: what to give `Chat.resume` for the model to go on,
    if it can. When the next event is requested, all of the answer counts as shown."""

    finish_reason: str | None
    rest: str | None


class Called(msgspec.Struct, frozen=True):
    """The model calls functions, and the answer is complete. `rest`: what to give `Chat.resume` for the model to go on,
    with the results that `Chat.give_results` was given by then, and without the others. All counts as shown like
    `Ended`."""

    calls: tuple[ToolCall, ...]
    rest: str


class Trimmed(msgspec.Struct, frozen=True):
    """The conversation has become longer than the model can read: its beginning is left out from now on. Comes once in
    a conversation."""


class Forgotten(msgspec.Struct, frozen=True):
    """Some of what was said before was deleted for its age: the model knows it no longer. Comes once each time."""


class Probabilities(msgspec.Struct, frozen=True):
    """How likely the model found each of the labels among which it was trained to choose, the likeliest first; what is
    missing to 1 went to other answers. Comes before the end of such an answer."""

    labels: tuple[tuple[str, float], ...]


class Empty(msgspec.Struct, frozen=True):
    """The model said nothing."""

    finish_reason: str | None


class TooLong(msgspec.Struct, frozen=True):
    """The message alone is longer than the model can read."""


class Gone(msgspec.Struct, frozen=True):
    """The provider has no such model any more; `since`: it was shut down on that day."""

    since: date | None = None


Event = TextDelta | Warming | Trimmed | Forgotten | Probabilities | Ended | Called | Empty | TooLong | Gone
"""Any number of TextDelta, Warming, Trimmed and Forgotten, perhaps Probabilities, then one of the others."""


@dataclass(frozen=True)
class Answer:
    """`is_known`: the model gave it before a crash. `messages`: those in which it was being shown then, oldest
    first."""

    asked_ts: str
    is_known: bool
    messages: tuple[str, ...]
    events: AsyncGenerator[Event, None]


class FunctionCalls(msgspec.Struct, frozen=True):
    """The calls of one answer. `results`: what was given for them so far, by their ids. `is_over`: the model has gone
    on."""

    calls: tuple[ToolCall, ...]
    results: dict[str, str]
    is_over: bool

    @property
    def waiting(self) -> tuple[ToolCall, ...]:
        """Those that have no result yet."""
        return tuple(call for call in self.calls if call.id not in self.results)

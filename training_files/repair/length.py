"""Examples that are longer than the model takes."""

from bisect import bisect_left
from typing import Any

from training_files.repair import exact_json
from training_files.repair.plan import Remark
from training_files.repair.repair import Dropped, Example, Outcome, RepairContext

MOST_TURNS = 2_000
"""A chat of more turns is not shortened: to measure it again and again takes seconds."""

TOKENS_A_BYTE = 4
"""More than a byte of JSON can be, images included: shorter examples need no counting."""


def too_long(example: Example, context: RepairContext) -> Outcome:
    """Shortens a chat from its beginning, by whole turns. Of a preference pair the longer answer counts."""
    limit = context.limit
    if limit is None or len(exact_json.encode(example)) * TOKENS_A_BYTE <= limit:
        return None
    tokens = context.tokens(example)
    if tokens <= limit:
        return None
    shortened = _Shortened(example)
    if len(shortened) <= MOST_TURNS:
        first = bisect_left(range(len(shortened)), True, key=lambda turns: context.tokens(shortened[turns]) <= limit)
        if first < len(shortened):
            return shortened[first]
    return Dropped(Remark("too_many_tokens", {"tokens": tokens, "model": context.model, "limit": limit}))


class _Shortened:
    """The example with one old turn less, then two less, and so on, down to its last question and answer.

    A turn begins with a message of the user, so that no call is parted from its answer.
    """

    def __init__(self, example: Example) -> None:
        self._example = example
        given = example.get("input")
        self._input = given if isinstance(given, dict) and isinstance(given.get("messages"), list) else None
        messages = (self._input or example).get("messages")
        self._messages: list[Any] = messages if isinstance(messages, list) else []
        roles = [message.get("role") if isinstance(message, dict) else None for message in self._messages]
        starts = [place for place, role in enumerate(roles) if role == "user"]
        opening = self._messages[: starts[0]] if starts else []
        if any(role not in ("system", "developer") for role in roles[: len(opening)]):
            opening = [message for message in opening if message.get("role") in ("system", "developer")]
        self._opening = opening
        # A chat keeps an answer; of a preference pair the answers stand beside it.
        last = max((place for place, role in enumerate(roles) if role == "assistant"), default=-1)
        self._starts = [start for start in starts[1:] if self._input is not None or start <= last]

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, turn: int) -> Example:
        messages = self._opening + self._messages[self._starts[turn] :]
        if self._input is not None:
            return self._example | {"input": self._input | {"messages": messages}}
        return self._example | {"messages": messages}

"""Examples that are longer than the model takes."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from bot.datasets.mend import canonical
from bot.datasets.mend.file import File
from bot.datasets.mend.repair import Dropped, Example, Outcome

_TOKENS_A_BYTE = 4
"""More than a byte of JSON can be, images included: shorter examples need no counting."""


def too_long(example: Example, file: File) -> Outcome:
    """Shortens a chat from its beginning, by whole turns. Of a preference pair the longer answer counts."""
    limit = file.limit
    if limit is None or len(canonical.encode(example)) * _TOKENS_A_BYTE <= limit:
        return None
    tokens = file.tokens(example)
    if tokens <= limit:
        return None
    shorter = list(_shortened(example))
    first = bisect_left(shorter, True, key=lambda one: file.tokens(one) <= limit)
    if first < len(shorter):
        return shorter[first]
    return Dropped(f"It has {tokens:,} tokens; {file.model} takes {limit:,}, and no turn can be spared.")


def _shortened(example: Example) -> Iterator[Example]:
    """The example with one old turn less, then two less, and so on, down to its last question and answer."""
    given = example.get("input")
    if isinstance(given, dict) and isinstance(given.get("messages"), list):
        for messages in _without_old_turns(given["messages"], has_answer=False):
            yield example | {"input": given | {"messages": messages}}
    elif isinstance(example.get("messages"), list):
        for messages in _without_old_turns(example["messages"], has_answer=True):
            yield example | {"messages": messages}


def _without_old_turns(messages: list[Any], *, has_answer: bool) -> Iterator[list[Any]]:
    """A turn begins with a message of the user, so that no call is parted from its answer."""
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    starts = [place for place, role in enumerate(roles) if role == "user"]
    opening = messages[: starts[0]] if starts else []
    if any(role not in ("system", "developer") for role in roles[: len(opening)]):
        opening = [message for message in opening if message.get("role") in ("system", "developer")]
    for start in starts[1:]:
        if not has_answer or "assistant" in roles[start:]:
            yield opening + messages[start:]

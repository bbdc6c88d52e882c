"""What an example is about, in two lines: what was asked first, and what was answered last."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec


class Gist(msgspec.Struct, frozen=True):
    """`rejected`: what a preference pair holds to be worse; None of a chat example."""

    question: str
    answer: str
    rejected: str | None = None


def gist(line: str) -> Gist:
    """`line`: an example of the chat or the preference format."""
    example = msgspec.json.decode(line, type=dict[str, Any])
    if "messages" in example:
        said = example["messages"]
        return Gist(_first_question(said), _last_answer(said))
    said = (example.get("input") or {}).get("messages") or ()
    preferred, rejected = example.get("preferred_output") or (), example.get("non_preferred_output") or ()
    return Gist(_first_question(said), _last_answer(preferred), _last_answer(rejected))


def words(line: str) -> str:
    """All that is said in an example, a text a line."""
    return "\n".join(_texts(msgspec.json.decode(line)))


def _first_question(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((_content(message) for message in messages if message.get("role") == "user"), "")


def _last_answer(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((_content(message) for message in reversed(messages) if message.get("role") == "assistant"), "")


def _content(message: Mapping[str, Any]) -> str:
    """Its text, else its calls as a programmer writes them."""
    content = message.get("content")
    if isinstance(content, str) and content:
        return content
    if isinstance(content, Sequence):
        return " ".join(part["text"] for part in content if isinstance(part, Mapping) and "text" in part)
    called = (call.get("function") or {} for call in message.get("tool_calls") or ())
    return ", ".join(f"{one.get('name', '')}({one.get('arguments', '')})" for one in called)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)

"""Repairs of texts, wherever an example has some: characters, empty words, what is secret."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from training_files.dataset_checks import filler
from training_files.repair import exact_json
from training_files.repair.messages import Message, each_call, each_message
from training_files.repair.repair import Example, Outcome, RepairContext

if TYPE_CHECKING:
    from training_files.pii_and_secrets import Span
    from training_files.pii_numbers import PhoneLookup

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
"""Characters that nobody sees and that mean nothing in a text; tab and line ends are none of them."""


def control_characters(example: Example, context: RepairContext) -> Outcome:
    return each_text(example, lambda text: CONTROL.sub("", text))


def filler_openings(example: Example, context: RepairContext) -> Outcome:
    """Only where it is a habit of the whole file: a single "Sure!" is somebody's word."""
    return each_answer(example, without_filler) if "filler_openings" in context.needed else None


def without_filler(text: str) -> str:
    """The answer from its first word that says something. One that says nothing else stays as it is."""
    rest = text
    while opening := filler(rest):
        rest = rest[len(opening) :]
    if rest is text:
        return text
    return rest[:1].upper() + rest[1:] if text.lstrip()[:1].isupper() else rest


def mask_secrets(example: Example, context: RepairContext) -> Outcome:
    return each_text(example, lambda text: _masked(text, context.phones, secrets_only=True))


def mask(example: Example, context: RepairContext) -> Outcome:
    return each_text(example, lambda text: _masked(text, context.phones, secrets_only=False))


def _masked(text: str, phones: "PhoneLookup", *, secrets_only: bool) -> str:
    """As `pii_and_secrets.mask`: what comes to light beside a word in brackets is masked, too."""
    from training_files.pii_and_secrets import SECRET, may_hold_secret

    while spans := [span for span in _find(text, phones) if span.label == SECRET or not secrets_only]:
        for span in reversed(spans):
            text = text[: span.start] + span.label + text[span.end :]
        if secrets_only and not may_hold_secret(text.encode("utf-8", "replace")):
            break
    return text


def _find(text: str, phones: "PhoneLookup") -> "tuple[Span, ...]":
    return _found(text, phones) if len(text) <= _HELD else _found.__wrapped__(text, phones)


@lru_cache(maxsize=16)  # the two that mask look at the same texts, one after the other
def _found(text: str, phones: "PhoneLookup") -> "tuple[Span, ...]":
    from training_files.pii_and_secrets import find

    return tuple(find(text, phones))


_HELD = 1 << 16
"""Characters of a text that is held with what was found in it."""


def each_text(example: Example, change: Callable[[str], str]) -> Example | None:
    """The example with each of its texts changed: contents, refusals, arguments, prompt and completion. None where
    nothing changed. Names, ids and keys are left alone, since other things point to them.
    """

    def message(one: Message) -> Message:
        one = each_call(_message(one, change), lambda arguments: _arguments(arguments, change))
        refusal = one.get("refusal")
        if isinstance(refusal, str) and (after := change(refusal)) != refusal:
            one = one | {"refusal": after}
        return one

    fresh = each_message(example, message) or example
    for key in ("prompt", "completion"):
        text = fresh.get(key)
        if isinstance(text, str) and (after := change(text)) != text:
            fresh = fresh | {key: after}
    return None if fresh is example else fresh


def each_answer(example: Example, change: Callable[[str], str]) -> Example | None:
    """The same for what the assistant says."""

    def message(one: Message) -> Message:
        return _message(one, change) if one.get("role") == "assistant" else one

    fresh = each_message(example, message) or example
    text = fresh.get("completion")
    if isinstance(text, str) and (after := change(text)) != text:
        fresh = fresh | {"completion": after}
    return None if fresh is example else fresh


def _message(message: Message, change: Callable[[str], str]) -> Message:
    content = message.get("content")
    if isinstance(content, str):
        after = change(content)
        return message if after == content else message | {"content": after}
    if isinstance(content, list):
        parts = [_part(part, change) for part in content]
        if any(part is not before for part, before in zip(parts, content, strict=True)):
            return message | {"content": parts}
    return message


def _part(part: Any, change: Callable[[str], str]) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("text"), str):
        return part
    after = change(part["text"])
    return part if after == part["text"] else part | {"text": after}


def _arguments(arguments: Any, change: Callable[[str], str]) -> Any:
    """Arguments are JSON in a text: what changes are the texts in it, so that it stays JSON."""
    if not isinstance(arguments, str):
        return _inside(arguments, change)
    try:
        value = exact_json.decode(arguments)
    except (msgspec.MsgspecError, ArithmeticError, RecursionError):
        return change(arguments)
    after = _inside(value, change)
    return arguments if after == value else exact_json.encode(after).decode()


def _inside(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_inside(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _inside(one, change) for key, one in value.items()}
    return value

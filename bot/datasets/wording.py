"""Values of a file as words in a sentence for people."""

import json
from collections.abc import Sequence
from typing import Any


def kind(value: Any) -> str:
    """What sort of JSON value it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def quoted(value: Any, length: int = 42) -> str:
    """A value as JSON, at most `length` characters of it."""
    if isinstance(value, str):
        value = value[:length]  # a string may be 60 MB
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "something deeply nested"
    return text if len(text) <= length else text[: length - 2] + "…"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names with commas between them, and whether there are more."""
    return ", ".join(names[:most]) + (" and more" if len(names) > most else "")


def examples(count: int, has: str = "", have: str = "") -> str:
    """`1 example has`, `3 examples have`: the number with its noun and verb."""
    return (f"1 example {has}" if count == 1 else f"{count:,} examples {have}").strip()

"""Values of a file as words in a sentence for people."""

import json
from collections.abc import Sequence
from functools import lru_cache
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
    """A value as JSON, at most `length` characters of it, without secrets and personal data."""
    if isinstance(value, str):
        value = excerpt(value, length)  # a string may be 8 MB
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "something deeply nested"
    text = excerpt(text, length + 1)
    return text if len(text) <= length else text[: length - 2] + "…"


def excerpt(text: str, length: int) -> str:
    """The first `length` characters of a text, its secrets and personal data masked as `pii_and_secrets` does."""
    return _masked(text[: length + _BEYOND])[:length]


def ending(text: str, length: int) -> str:
    """The last `length` characters of a text, masked likewise."""
    return _masked(text[-length - _BEYOND :])[-length:]


@lru_cache(maxsize=256)  # what is wrong in one example is wrong in many: the same role, the same key
def _masked(text: str) -> str:
    if not text:
        return text
    from training_files.pii_and_secrets import mask  # not every file has something to quote

    return mask(text)[0]


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names with commas between them, and whether there are more."""
    return ", ".join(names[:most]) + (" and more" if len(names) > most else "")


def examples(count: int, has: str = "", have: str = "") -> str:
    """`1 example has`, `3 examples have`: the number with its noun and verb."""
    return (f"1 example {has}" if count == 1 else f"{count:,} examples {have}").strip()


_BEYOND = 400
"""Characters that are looked at beyond those that are shown: a secret that is cut in two is not known as one."""

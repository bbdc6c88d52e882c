"""Values of a file as a finding quotes them."""

import json
from functools import lru_cache
from typing import Any

MOST_NAMES = 3
"""Names of a longer row that a finding gives; how many more there are is said."""


def kind(value: Any) -> str:
    """What sort of JSON value it is: null, boolean, number, string, list or object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def quoted(value: Any, length: int = 42) -> str:
    """A value as JSON, at most `length` characters of it, without secrets and personal data."""
    if isinstance(value, str):
        value = excerpt(value, length)  # a string may be 8 MB
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "[…]" if isinstance(value, list) else "{…}"
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


_BEYOND = 400
"""Characters that are looked at beyond those that are shown: a secret that is cut in two is not known as one."""

"""JSON is read down to a depth that we set. What the interpreter allows differs from one to the next, and with what
stands on its stack already.
"""

import re
from typing import Any, Final

import msgspec

MOST_LEVELS: Final = 400
"""An example needs a dozen. Python 3.11 reads close to a thousand, 3.14 tens of thousands."""

_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def decode(text: bytes | str) -> Any:
    """Raises msgspec.MsgspecError; RecursionError beyond `MOST_LEVELS`."""
    if len(text) > MOST_LEVELS:  # a file may have millions of lines
        check_depth(text)
    return msgspec.json.decode(text)


def check_depth(text: bytes | str) -> None:
    """Raises RecursionError where lists and objects lie in more than `MOST_LEVELS` others, valid JSON or not."""
    if isinstance(text, str):
        if text.count("[") + text.count("{") <= MOST_LEVELS:
            return
        text = text.encode("utf-8", "surrogatepass")
    elif text.count(b"[") + text.count(b"{") <= MOST_LEVELS:
        return
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(text):
        mark = text[found.start()]
        if mark in b"[{":
            depth += 1
            if depth > MOST_LEVELS:
                raise RecursionError("too deep")
        elif mark in b"]}":
            depth -= 1

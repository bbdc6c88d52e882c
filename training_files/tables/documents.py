"""Rows in JSON: a list of them, an object that holds such a list, objects one after another, or one object a line.

Streams: only the current element is in memory, however large the document is.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from training_files.errors import TrainingFileError
from training_files.json_depth import check_depth
from training_files.tables.text import LONGEST, Text

BLOCK = 1 << 18
"""Characters read at a time."""

_EXAMPLE_KEYS = frozenset(
    {
        "messages",
        "conversations",
        "conversation",
        "dialogue",
        "dialog",
        "turns",
        "chat",
        "history",
        "tools",
        "functions",
    }
    | {"chosen", "rejected", "input", "preferred_output", "non_preferred_output"}
)
"""Keys under which an example itself holds a list of objects."""

_SPACES = re.compile(r"[ \t\r\n\ufeff]*")

Record = tuple[int, dict[str, Any] | str]
"""A row's number and its values, or what is wrong with it."""


def lines(text: Text) -> Iterator[Record]:
    """JSONL: each line's number and its object; blank lines are passed over."""
    for number, line in enumerate(text.lines(), 1):
        if line.isspace():
            continue
        try:
            check_depth(line)
            value = _DECODER.decode(line)
        except (ValueError, RecursionError):
            yield number, "row_no_json"
            continue
        yield number, value if isinstance(value, dict) else "row_no_object"


def records(text: Text) -> Iterator[Record]:
    """The rows of a JSON document, numbered from 1. Raises TrainingFileError where it is broken or cut off."""
    for number, value in enumerate(_values(_Feed(text)), 1):
        yield number, _record(value)


def _values(feed: "_Feed") -> Iterator[Any]:
    while mark := feed.peek():
        if mark == "[":
            yield from feed.elements()
        elif mark == "{":
            yield from _object(feed)
        elif mark == ",":
            feed.skip()
        else:
            yield feed.value()


def _object(feed: "_Feed") -> Iterator[Any]:
    """One object of the document: an example, or what holds the list of them."""
    feed.skip()
    held: dict[str, Any] = {}
    holder = ""
    while (mark := feed.peek()) != "}":
        if mark == ",":
            feed.skip()
            continue
        key = feed.value()
        if not isinstance(key, str) or feed.peek() != ":":
            raise feed.broken("no_name")
        feed.skip()
        if feed.peek() == "[" and key not in _EXAMPLE_KEYS and feed.first_in_list() == "{":
            if holder:
                raise feed.broken("two_lists", first=holder, second=key[:40])
            holder = key[:40]
            yield from feed.elements()
        else:
            held[key] = feed.value()
    feed.skip()
    if not holder:
        yield from _spread(held)


def _spread(held: dict[str, Any]) -> Iterator[Any]:
    """The rows in an object that was written column by column or key by key; else the object is a row itself."""
    values = list(held.values())
    if isinstance(held.get("columns"), list) and isinstance(held.get("data"), list):
        for row in held["data"]:
            yield dict(zip(map(str, held["columns"]), row, strict=False)) if isinstance(row, list) else row
        return
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        keys = [list(value) for value in values]
        if keys[0] and keys[0][0].isdigit() and all(one == keys[0] for one in keys):
            for key in keys[0]:
                yield {name: column[key] for name, column in held.items()}
            return
        if all(name.isdigit() for name in held):
            yield from values
            return
    side_by_side = not _EXAMPLE_KEYS & held.keys() and all(isinstance(value, list) for value in values)
    if len(values) > 1 and side_by_side and len(set(map(len, values))) == 1:
        for row in zip(*values, strict=True):
            yield dict(zip(held, row, strict=True))
        return
    yield held


def _record(value: Any) -> dict[str, Any] | str:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return {"messages" if "role" in value[0] else "conversations": value}
    if isinstance(value, list):
        return {f"Column {place}": one for place, one in enumerate(value, 1)}
    if isinstance(value, str):
        return {"text": value}
    return "row_no_object"


class _Feed:
    """The text of a document, decoded value by value."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._held = ""
        self._at = 0
        self._ended = False
        self._done = 0  # values that were decoded whole

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            self._at = _SPACES.match(self._held, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def first_in_list(self) -> str:
        """The character that the first element of the list at hand begins with."""
        while True:
            at = _SPACES.match(self._held, self._at + 1).end()  # type: ignore[union-attr]
            if at < len(self._held):
                return self._held[at]
            if not self._more():
                return ""

    def skip(self) -> None:
        self._at += 1

    def elements(self) -> Iterator[Any]:
        """The elements of the list that begins here."""
        self.skip()
        while (mark := self.peek()) != "]":
            if not mark:
                raise self.broken("cut_off")
            if mark == ",":
                self.skip()
                continue
            yield self.value()
        self.skip()

    def value(self) -> Any:
        """The value that begins here."""
        if not self.peek():
            raise self.broken("cut_off")
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
                check_depth(self._held[self._at : end])
            except RecursionError as error:
                raise self.broken("nested") from error
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._held) - 16
                if not cut:
                    raise self.broken("other", **_plainly(error)) from error
                if not self._more():
                    raise self.broken("cut_off") from error
                continue
            except ValueError as error:  # a whole number of thousands of digits
                raise self.broken("digits") from error
            if end == len(self._held) and self._more():  # a number may go on
                continue
            self._at = end
            self._done += 1
            return value

    def broken(self, problem: str, **values: str | int) -> TrainingFileError:
        return TrainingFileError("broken_document", name=self._text.name, values=self._done, problem=problem, **values)

    def _more(self) -> bool:
        """Reads on, twice as much each time, so that a long value is not decoded too often. False at the end."""
        if self._ended:
            return False
        left = len(self._held) - self._at
        if left > LONGEST:
            raise self.broken("long", millions=LONGEST >> 20)
        fresh = self._text.read(max(BLOCK, left))
        self._held = self._held[self._at :] + fresh
        self._at = 0
        self._ended = not fresh
        return bool(fresh)


def _plainly(error: json.JSONDecodeError) -> dict[str, str]:
    near = error.doc[error.pos : error.pos + 30].split("\n")[0].strip()
    return {"detail": error.msg[0].lower() + error.msg[1:], "near": near}


_DECODER = json.JSONDecoder(parse_constant=lambda _: None)

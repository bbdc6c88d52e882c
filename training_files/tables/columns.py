"""Propose what each column of a table is: by its name, in several languages, or else by its contents."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from training_files.report import ColumnMapping, TableNote
from training_files.tables.cells import text_of
from training_files.tables.conversations import is_conversation

_ANSWERS = ("answer", "completion", "label")
_QUESTIONS = ("question", "instruction", "prompt", "text", "input")

Rows = Sequence[Mapping[str, Any]]


def propose(columns: Sequence[str], rows: Rows) -> tuple[ColumnMapping | None, TableNote | None]:
    """A column mapping, and by what it was found. `rows` are the first of the table.

    Both are None if neither names nor contents suggest one.
    """
    named = _named(columns)
    for reading in (_messages, _preference, _conversation, _pair, _contents):
        mapping = reading(columns, named, rows)
        if mapping is not None:
            return mapping, TableNote("by_contents" if reading is _contents else "by_names")
    return None, None


def part(name: str) -> str | None:
    """The part that `names.toml` gives to a column of this name, None if it knows no such name."""
    return _place(name)[0]


def _named(columns: Sequence[str]) -> dict[str, str]:
    """The column with the likeliest name for each part."""
    ranked = sorted(
        (rank, place, kind, name) for place, name in enumerate(columns) for kind, rank in [_place(name)] if kind
    )
    found: dict[str, str] = {}
    for _, _, kind, name in ranked:
        found.setdefault(kind, name)
    return found


def _messages(columns: Sequence[str], named: dict[str, str], rows: Rows) -> ColumnMapping | None:
    name = named.get("messages")
    if name is None or not _holds_conversations(name, rows):
        return None
    return ColumnMapping("chat", {"messages": name} | _beside(named, "tools"))


def _conversation(columns: Sequence[str], named: dict[str, str], rows: Rows) -> ColumnMapping | None:
    """By contents too: a list of turns is unmistakable under any name."""
    for name in filter(None, [named.get("conversation"), *columns]):
        if _holds_conversations(name, rows):
            return ColumnMapping("chat", {"conversation": name} | _beside(named, "system", "tools"))
    return None


def _preference(columns: Sequence[str], named: dict[str, str], rows: Rows) -> ColumnMapping | None:
    if "preferred" not in named or "non_preferred" not in named:
        return None
    answers = {"preferred": named["preferred"], "non_preferred": named["non_preferred"]}
    asked = next((named[kind] for kind in _QUESTIONS if kind in named), None)
    if asked is None and not _holds_conversations(answers["preferred"], rows):
        return None
    user = {"user": asked} if asked is not None else {}
    return ColumnMapping("preference", _beside(named, "system") | user | answers)


def _pair(columns: Sequence[str], named: dict[str, str], rows: Rows) -> ColumnMapping | None:
    """Question and answer by name; where one is named and one other column of text is left, that is the other."""
    answer = next((named[kind] for kind in _ANSWERS if kind in named), None)
    kinds = [kind for kind in _QUESTIONS if kind in named]
    if answer is None and not kinds:
        return None
    if answer is None or not kinds:
        known = set(named.values())
        left = [name for name in _texts(columns, rows) if name not in known]
        if len(left) != 1:
            return None
        pair = (named[kinds[0]], left[0]) if answer is None else (left[0], answer)
        return ColumnMapping("chat", _beside(named, "system") | {"user": pair[0], "assistant": pair[1]})
    user = named[kinds[0]]
    if _is_classic_completion(named, rows):
        return ColumnMapping("completion", {"prompt": named["prompt"], "completion": named["completion"]})
    context = named.get("context") or (named.get("input") if kinds[0] != "input" and "text" not in kinds[:1] else None)
    more = {"context": context} if context is not None else {}
    return ColumnMapping(
        "chat",
        _beside(named, "system", "history") | {"user": user} | more | {"assistant": answer} | _beside(named, "tools"),
    )


def _contents(columns: Sequence[str], named: dict[str, str], rows: Rows) -> ColumnMapping | None:
    """Two columns of text: the one with a few values that come again is the answer, else the second one."""
    texts = _texts(columns, rows)
    if len(texts) != 2:
        return None
    first, second = texts
    if _is_label(first, rows) and not _is_label(second, rows):
        first, second = second, first
    return ColumnMapping("chat", {"user": first, "assistant": second})


def _beside(named: dict[str, str], *kinds: str) -> dict[str, str]:
    return {kind: named[kind] for kind in kinds if kind in named}


def _holds_conversations(name: str, rows: Rows) -> bool:
    values = [row[name] for row in rows[:20] if row.get(name) not in (None, "")]
    return bool(values) and sum(map(is_conversation, values)) > len(values) / 2


def _texts(columns: Sequence[str], rows: Rows) -> list[str]:
    """The columns of words, not of numbers, dates, ids or one constant value."""
    return [name for name in columns if _is_text([text_of(row.get(name)) for row in rows])]


_WORDS = re.compile(r"[^\W\d_]{2,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_CODE = re.compile(r"[\w-]*\d[\w-]*|https?://\S*|[\w.+-]+@[\w.-]+|\d{4}-\d\d.*")


def _is_text(values: list[str]) -> bool:
    filled = [value for value in values if value.strip()]
    if len(filled) * 2 < len(values) or not filled or (len(filled) > 3 and len(set(filled)) == 1):
        return False
    words = sum(bool(_WORDS.search(value)) and not _CODE.fullmatch(value.strip()) for value in filled)
    return words * 2 > len(filled)


def _is_label(name: str, rows: Rows) -> bool:
    values = [text_of(row.get(name)).strip() for row in rows]
    return len(values) >= 6 and len(set(values)) <= len(values) / 3 and max(map(len, values)) <= 40


def _is_classic_completion(named: dict[str, str], rows: Rows) -> bool:
    """Data made for a base model: each completion begins with a space, as the old advice was."""
    if "prompt" not in named or "completion" not in named:
        return False
    answers = [row[named["completion"]] for row in rows if isinstance(row.get(named["completion"]), str)]
    return bool(answers) and all(answer.startswith(" ") for answer in answers)


def _place(name: str) -> tuple[str | None, int]:
    """The part and how likely the name is, 0 being likeliest. `问题 (question)` is known by either half."""
    known = _known()
    for piece in [name, *re.split(r"[()（）\[\]【】/|:：,，]+", name)]:
        found = known.get(_plain(piece))
        if found is not None:
            return found
    return None, 0


@cache
def _known() -> dict[str, tuple[str, int]]:
    table = tomllib.loads(files("training_files.tables").joinpath("names.toml").read_text("utf-8"))
    return {_plain(name): (kind, rank) for kind, names in table.items() for rank, name in enumerate(names)}


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name[:200]).casefold()))

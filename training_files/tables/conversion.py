"""Convert the rows of a table to training examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from training_files.errors import TrainingFileError
from training_files.report import ColumnMapping
from training_files.tables import conversations
from training_files.tables.cells import NO_VALUE, text_of
from training_files.tables.conversations import Unusable
from training_files.tables.rows import Row, opened
from training_files.tables.text import LOST

MOST_SKIPPED = 1_000
"""Skipped rows that are named; the rest are counted."""

MOST_BYTES = 2 << 30
"""A few kilobytes of Parquet can unpack to far more than anything trains on."""

_OFTEN = 1_000
"""Rows between two calls of `progress`."""


class Skipped(msgspec.Struct, frozen=True):
    """A row that could not be converted. `row` is the number that a person sees: in a sheet the header is row 1. `why`
    and `values` are those of a remark of `texts.repairs`.
    """

    row: int
    why: str
    values: dict[str, str | int] = {}


class Converted(msgspec.Struct, frozen=True):
    """The result of a conversion. `skipped` holds the first 1,000 of all `skipped_rows`."""

    examples: int
    skipped: list[Skipped]
    skipped_rows: int


def convert(
    path: Path, mapping: ColumnMapping, out: Path, *, progress: Callable[[int, int], None] | None = None
) -> Converted:
    """Writes the rows of `path` to `out` as JSONL in the protocol's format, one example a line.

    Streams: memory does not grow with the file. Empty rows are passed over; a row that gives no example is skipped and
    named. `progress` is called with bytes done and bytes in all.

    Raises TrainingFileError where the file cannot be read to its end, or `mapping` names a
    column that it has not; `out` is not there then.
    """
    example = _FORMATS[mapping.format]
    size = path.stat().st_size if path.exists() else 0
    examples = skipped_rows = written = 0
    skipped: list[Skipped] = []
    encode = msgspec.json.Encoder().encode
    try:
        with opened(path) as table, out.open("wb") as file:
            _check(mapping, table.columns, path)
            for count, row in enumerate(table.each):
                if progress is not None and count % _OFTEN == 0:
                    progress(int(size * table.source.share()), size)
                try:
                    line = encode(example(mapping.columns, _usable(row)))
                    if LOST.encode() in line:
                        raise Unusable("character_lost")
                except (Unusable, UnicodeEncodeError, RecursionError) as wrong:
                    skipped_rows += 1
                    if len(skipped) < MOST_SKIPPED:
                        skipped.append(_skipped(row.number, wrong))
                    continue
                file.write(line + b"\n")
                examples += 1
                written += len(line) + 1
                if written > MOST_BYTES:
                    raise TrainingFileError("makes_too_much", name=path.name, gigabytes=MOST_BYTES >> 30)
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    if progress is not None:
        progress(size, size)
    return Converted(examples, skipped, skipped_rows)


def _skipped(row: int, wrong: Exception) -> Skipped:
    if isinstance(wrong, Unusable):
        return Skipped(row, wrong.kind, wrong.values)
    return Skipped(row, "half_a_character" if isinstance(wrong, UnicodeEncodeError) else "row_nested_too_deeply")


def _check(mapping: ColumnMapping, columns: list[str], path: Path) -> None:
    for kind, name in mapping.columns.items():
        if kind not in _PARTS[mapping.format]:
            raise TrainingFileError("no_such_part", part=kind, format=mapping.format, parts=_PARTS[mapping.format])
        if name not in columns:
            raise TrainingFileError("no_such_column", name=path.name, column=name, columns=tuple(columns[:20]))
    if not any(needed <= mapping.columns.keys() for needed in _NEEDED[mapping.format]):
        needed = tuple(tuple(sorted(parts)) for parts in _NEEDED[mapping.format])
        raise TrainingFileError("parts_needed", format=mapping.format, needed=needed)


def _usable(row: Row) -> dict[str, Any]:
    if row.wrong:
        raise row.wrong
    return row.values


def _chat(columns: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    whole = columns.get("messages") or columns.get("conversation")
    system = _optional(columns, values, "system")
    if whole is not None:
        messages = conversations.messages(values.get(whole))
        if system and messages[0]["role"] not in ("system", "developer"):
            messages.insert(0, {"role": "system", "content": system})
    else:
        messages = _asked(columns, values, system)
        if isinstance(values.get(columns["assistant"]), list):
            messages += _said(columns, values, "assistant")[1]
        else:
            messages.append({"role": "assistant", "content": _answer(columns, values, "assistant")})
    tools = conversations.tools(values.get(columns["tools"])) if "tools" in columns else []
    return {"messages": messages, "tools": tools} if tools else {"messages": messages}


def _completion(columns: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    prompt = text_of(values.get(columns["prompt"]))
    return {"prompt": prompt, "completion": _answer(columns, values, "completion")}


def _preference(columns: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    system = _optional(columns, values, "system")
    before, preferred = _said(columns, values, "preferred")
    _, other = _said(columns, values, "non_preferred")
    if preferred == other:
        raise Unusable("equal_answers")
    asked = _asked(columns, values, system) if "user" in columns else before
    if not asked:
        raise Unusable("nothing_asked")
    return {"input": {"messages": asked}, "preferred_output": preferred, "non_preferred_output": other}


def _said(
    columns: dict[str, str], values: dict[str, Any], kind: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The answer, as a message, and what was said before where the column holds the whole conversation."""
    value = values.get(columns[kind])
    if conversations.is_conversation(value):
        *before, last = conversations.messages(value)
        if last["role"] != "assistant":
            raise Unusable("last_turn_no_answer", column=columns[kind])
        return before, [last]
    return [], [{"role": "assistant", "content": _answer(columns, values, kind)}]


def _asked(columns: dict[str, str], values: dict[str, Any], system: str) -> list[dict[str, Any]]:
    """The messages up to the answer."""
    value = values.get(columns["user"])
    if isinstance(value, dict) and "messages" in value:  # `input` of the protocol's own preference examples
        value = value["messages"]
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    if conversations.is_conversation(value) and not isinstance(value, str):
        return messages + conversations.messages(value, answered=False)
    if "history" in columns:
        messages += conversations.history(values.get(columns["history"]))
    parts = [text_of(value), _optional(columns, values, "context")]
    text = "\n\n".join(part for part in parts if part.strip())
    if not text:
        raise Unusable("cell_empty", column=columns["user"])
    return [*messages, {"role": "user", "content": text}]


def _answer(columns: dict[str, str], values: dict[str, Any], kind: str) -> str:
    text = text_of(values.get(columns[kind]))
    if not text or text.isspace():
        raise Unusable("cell_empty", column=columns[kind])
    if text in NO_VALUE:
        raise Unusable("cell_no_value", column=columns[kind], text=text)
    return text


def _optional(columns: dict[str, str], values: dict[str, Any], kind: str) -> str:
    text = text_of(values.get(columns[kind])) if kind in columns else ""
    return "" if text.isspace() or text in NO_VALUE else text


_FORMATS: dict[str, Callable[[dict[str, str], dict[str, Any]], dict[str, Any]]] = {
    "chat": _chat,
    "completion": _completion,
    "preference": _preference,
}
_PARTS = {
    "chat": ("system", "history", "user", "context", "assistant", "conversation", "messages", "tools"),
    "completion": ("prompt", "completion"),
    "preference": ("system", "history", "user", "context", "preferred", "non_preferred"),
}
_NEEDED = {
    "chat": ({"user", "assistant"}, {"conversation"}, {"messages"}),
    "completion": ({"prompt", "completion"},),
    "preference": ({"preferred", "non_preferred"},),
}

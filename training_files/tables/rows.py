"""The rows of a file, whatever kind it is: its columns, the first rows, then all of them one by one, in flat memory.

A CSV, TSV or JSON file is read as it stands; a workbook or a Parquet file is parsed in a confined child process.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from training_files import formats
from training_files.errors import TrainingFileError
from training_files.lines import open_file
from training_files.tables import confined, delimited, documents, encodings, header
from training_files.tables.cells import text_of
from training_files.tables.text import Text

SAMPLE = 200
"""Rows that are looked at to find the header and to tell what the columns hold."""

_SAMPLE_SIZE = 4 << 20
"""Characters that these rows may have; the last one may go over."""

T = TypeVar("T")


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row: its number as the person sees it, from 1, and its values by column. `why` says what is wrong with it."""

    number: int
    values: dict[str, Any] = {}
    why: str = ""


class Rows(msgspec.Struct):
    """An open table. `each` gives all rows once, `sample`'s among them; `total` is known for some kinds only,
    and a lower bound where `counted` is False.

    `share` tells how much of the file has been read, from 0 to 1. `notes` are sentences for the person.
    """

    kind: str
    encoding: str
    columns: list[str]
    sample: list[Row]
    each: Iterator[Row]
    share: Callable[[], float]
    total: int | None = None
    counted: bool = True
    notes: list[str] = []


@contextmanager
def opened(path: Path) -> Iterator[Rows]:
    """The table at `path`. Raises TrainingFileError, then or while its rows are read, with a sentence for a person."""
    with open_file(path) as file:
        head = file.read(formats.HEAD)
    foreign = formats.recognise(head)
    kind = foreign.name if foreign is not None else "jsonl"
    if foreign is not None and not foreign.convertible and foreign.code != "not_utf8":
        raise TrainingFileError(f"{path.name} is {foreign.what}, not a table. {foreign.how}")
    with ExitStack() as closing:
        if kind in confined.KINDS:
            yield _confined(closing.enter_context(confined.read(path, kind)))
            return
        encoding = encodings.detect(head)
        if encoding is None:
            raise TrainingFileError(f"{path.name} is not a text file in any encoding that is known. Save it as UTF-8.")
        text = closing.enter_context(Text(path, encoding))
        if kind in ("csv", "tsv"):
            yield _grid(kind, delimited.rows(text), text.share, encoding=encoding)
        else:
            records = documents.records(text) if kind == "json" else documents.lines(text)
            yield _records(kind if kind == "json" else "jsonl", records, text.share, encoding=encoding)


def _confined(child: confined.Child) -> Rows:
    beginning = child.beginning
    if child.kind == "parquet":
        rows = _records(child.kind, child.records(), child.share)
        rows.total, rows.counted = beginning.total, beginning.counted
    else:
        rows = _grid(child.kind, child.cells(), child.share)
    rows.notes = beginning.notes + rows.notes
    return rows


def _grid(
    kind: str, cells: Iterator[tuple[int, list[str]]], share: Callable[[], float], *, encoding: str = "utf-8"
) -> Rows:
    """Rows of cells: the header is found among the first ones, and empty rows are passed over."""
    filled = ((number, row) for number, row in cells if any(cell and not cell.isspace() for cell in row))
    first = list(_first(filled, lambda one: sum(map(len, one[1]))))
    place, columns = header.find([row for _, row in first])
    body = first[place + 1 :] if place is not None else first
    notes = []
    if place is None and first:
        notes.append("No row looks like a header, so the columns are named by their letters.")
    elif place:
        notes.append(f"The header is row {first[place][0]}.")
    sample = [_row(number, row, columns) for number, row in body]
    rest = (_row(number, row, columns) for number, row in filled)
    return Rows(kind, encoding, columns, sample, chain(sample, rest), share, notes=notes)


def _row(number: int, cells: list[str], columns: list[str]) -> Row:
    if len(cells) > len(columns):
        if any(cell and not cell.isspace() for cell in cells[len(columns) :]):
            why = f"it has {len(cells)} cells, the header {len(columns)}; a text with a separator in it needs quotes"
            return Row(number, why=why)
        cells = cells[: len(columns)]
    return Row(number, dict(zip(columns, cells, strict=False)))


def _records(
    kind: str,
    records: Iterator[tuple[int, dict[str, Any] | str]],
    share: Callable[[], float],
    *,
    encoding: str = "utf-8",
) -> Rows:
    """Objects with keys: the columns are the keys that the first ones have. A text instead says what is wrong."""
    each = (Row(number, why=one) if isinstance(one, str) else Row(number, one) for number, one in records)
    sample = list(_first(each, lambda row: sum(len(text_of(one)) for one in row.values.values())))
    columns = list(dict.fromkeys(key for row in sample for key in row.values))
    return Rows(kind, encoding, columns, sample, chain(sample, each), share)


def _first(rows: Iterator[T], size: Callable[[T], int]) -> Iterator[T]:
    """The first rows of all, fewer where they are large."""
    left = _SAMPLE_SIZE
    for _, row in zip(range(SAMPLE), rows, strict=False):
        yield row
        left -= size(row)
        if left < 0:
            return

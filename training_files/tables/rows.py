"""Open a table of any kind: its columns, its first rows, and all rows as a stream, in constant memory.

A CSV, TSV or JSON file is read as it stands; a workbook or a Parquet file is parsed in a subprocess with limits.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from training_files.errors import TrainingFileError
from training_files.lines import open_file
from training_files.report import TableNote
from training_files.tables import delimited, documents, encodings, file_type, header, subprocess_reader
from training_files.tables.cells import text_of
from training_files.tables.conversations import Unusable
from training_files.tables.delimited import MOST_COLUMNS
from training_files.tables.text import Text

SAMPLE = 200
"""Rows that are looked at to find the header and to tell what the columns hold."""

_SAMPLE_SIZE = 4 << 20
"""Characters and cells that these rows may have; the last one may go over."""

FREE_ROWS, ROW_SIZE = 200_000, 64
"""Rows that any table may have, and the bytes in which there may be one more. So a table of any size is read where its
rows say something; one of a million rows of a few letters is not, for the time that it would take.
"""

_OFTEN = 1_000
"""Rows between two looks at how many there are."""

T = TypeVar("T")


class Source(Protocol):
    """What rows are read from: the share of it that has been read, from 0 to 1, and how many bytes of text that was."""

    def share(self) -> float: ...
    def bytes_read(self) -> int: ...


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row: its number as the person sees it, from 1, and its values by column. `wrong` says what is wrong with it."""

    number: int
    values: dict[str, Any] = {}
    wrong: Unusable | None = None


class Rows(msgspec.Struct):
    """An open table. `each` gives all rows once, `sample`'s among them; `total` is known for some kinds only,
    and a lower bound where `counted` is False.

    `notes` are for the person.
    """

    kind: str
    encoding: str
    columns: list[str]
    sample: list[Row]
    each: Iterator[Row]
    source: Source
    total: int | None = None
    counted: bool = True
    notes: list[TableNote] = []


@contextmanager
def opened(path: Path) -> Iterator[Rows]:
    """The table at `path`. Raises TrainingFileError, then or while its rows are read."""
    with open_file(path) as file:
        head = file.read(file_type.HEAD)
    foreign = file_type.recognise(head)
    kind = foreign.name if foreign is not None else "jsonl"
    if foreign is not None and not foreign.convertible and foreign.code != "not_utf8":
        raise TrainingFileError("not_a_table", name=path.name, kind=foreign.kind)
    with ExitStack() as closing:
        if kind in subprocess_reader.KINDS:
            yield _confined(closing.enter_context(subprocess_reader.read(path, kind)))
            return
        encoding = encodings.detect(head)
        if encoding is None:
            raise TrainingFileError("not_a_text", name=path.name)
        text = closing.enter_context(Text(path, encoding))
        if kind in ("csv", "tsv"):
            yield _grid(kind, delimited.rows(text), text, encoding=encoding)
        else:
            records = documents.records(text) if kind == "json" else documents.lines(text)
            yield _records(kind if kind == "json" else "jsonl", records, text, encoding=encoding)


def _confined(child: subprocess_reader.Child) -> Rows:
    beginning = child.beginning
    if child.kind == "parquet":
        rows = _records(child.kind, child.records(), child)
        rows.total, rows.counted = beginning.total, beginning.counted
    else:
        rows = _grid(child.kind, child.cells(), child)
    rows.notes = beginning.notes + rows.notes
    return rows


def _grid(kind: str, cells: Iterator[tuple[int, list[str]]], source: Source, *, encoding: str = "utf-8") -> Rows:
    """Rows of cells: the header is found among the first ones, and empty rows are passed over."""
    filled = ((number, row) for number, row in cells if any(cell and not cell.isspace() for cell in row))
    first = list(_first(filled, lambda one: len(one[1]) + sum(map(len, one[1]))))
    _refuse_crowd(max((len(row) for _, row in first), default=0))
    place, columns = header.find([row for _, row in first])
    body = first[place + 1 :] if place is not None else first
    notes = []
    if place is None and first:
        notes.append(TableNote("no_header"))
    elif place:
        notes.append(TableNote("header_row", {"row": first[place][0]}))
    sample = [_row(number, row, columns) for number, row in body]
    rest = (_row(number, row, columns) for number, row in filled)
    return Rows(kind, encoding, columns, sample, _worthwhile(chain(sample, rest), source), source, notes=notes)


def _row(number: int, cells: list[str], columns: list[str]) -> Row:
    if len(cells) > len(columns):
        if any(cell and not cell.isspace() for cell in cells[len(columns) :]):
            return Row(number, wrong=Unusable("too_many_cells", cells=len(cells), columns=len(columns)))
        cells = cells[: len(columns)]
    return Row(number, dict(zip(columns, cells, strict=False)))


def _records(
    kind: str, records: Iterator[tuple[int, dict[str, Any] | str]], source: Source, *, encoding: str = "utf-8"
) -> Rows:
    """Objects with keys: the columns are the keys that the first ones have. A text instead says what is wrong."""
    each = (Row(number, wrong=Unusable(one)) if isinstance(one, str) else Row(number, one) for number, one in records)
    sample = list(_first(each, lambda row: sum(len(text_of(one)) for one in row.values.values())))
    columns = list(dict.fromkeys(key for row in sample for key in row.values))
    _refuse_crowd(len(columns))
    return Rows(kind, encoding, columns, sample, _worthwhile(chain(sample, each), source), source)


def _refuse_crowd(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise TrainingFileError("too_many_columns", columns=columns, most=MOST_COLUMNS)


def most_rows(size: int) -> int:
    """Rows that a table of `size` bytes may have, unpacked."""
    return FREE_ROWS + size // ROW_SIZE


def _worthwhile(each: Iterator[Row], source: Source) -> Iterator[Row]:
    """The rows. Raises TrainingFileError where they are more than `most_rows`."""
    for count, row in enumerate(each, 1):
        if count % _OFTEN == 0 and count > most_rows(source.bytes_read()):
            each_row = source.bytes_read() // count
            raise TrainingFileError("too_many_rows", rows=count, bytes=each_row, free=FREE_ROWS, size=ROW_SIZE)
        yield row


def _first(rows: Iterator[T], size: Callable[[T], int]) -> Iterator[T]:
    """The first rows of all, fewer where they are large."""
    left = _SAMPLE_SIZE
    for _, row in zip(range(SAMPLE), rows, strict=False):
        yield row
        left -= size(row)
        if left < 0:
            return

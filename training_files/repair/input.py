"""What is repaired: the lines of a file in UTF-8, or the examples that its rows became."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from training_files import tables
from training_files.errors import TrainingFileError
from training_files.example_format import Format, format_of
from training_files.lines import open_file
from training_files.repair.plan import EXCERPT
from training_files.repair.source import Source, opened, records
from training_files.report import ColumnMapping, Table
from training_files.tables import Converted, file_type

_BINARY = ("xlsx", "xls", "ods", "parquet")
_DELIMITED = ("csv", "tsv")
_TEXT = (*_DELIMITED, "json", "jsonl", "utf-16", "utf-32")

_LOOKED_AT = 10_000
"""Lines among which they are looked for."""

_PEEK = 20
"""Examples of which none is of a training format: it is a table."""


class RepairInput(msgspec.Struct):
    """What is to be repaired. Of a file of rows `table` describes it, and `source` is what became of its rows, as
    `converted` tells; it is None if nobody has said yet how the columns are to be read.
    """

    source: Source | None
    table: Table | None = None
    converted: Converted | None = None

    def first_row(self) -> tuple[str, str]:
        """A row by its columns, and the first example that was made."""
        columns = self.table.columns if self.table is not None else ()
        row = "; ".join(f"{column.name}: {column.samples[0]}" for column in columns if column.samples)
        made = ""
        if self.source is not None:
            with self.source.path.open("rb") as file:
                made = file.readline(4 * EXCERPT).decode("utf-8", "ignore").rstrip()
        return row[:EXCERPT], made[:EXCERPT]


@contextmanager
def open_input(
    path: Path, mapping: ColumnMapping | None, to: Format | None, progress: Callable[[int, int], None] | None
) -> Iterator[RepairInput]:
    """The file at `path`, while this lasts. Raises TrainingFileError where it cannot be read or is no data."""
    with open_file(path) as file:
        foreign = file_type.recognise(file.read(file_type.HEAD))
    if foreign is not None and foreign.name in _BINARY:
        with _of_rows(path, tables.describe(path), mapping, to, progress) as made:
            yield made
        return
    if foreign is not None and foreign.name not in _TEXT:
        raise TrainingFileError("not_a_table", name=path.name, kind=foreign.kind)
    with opened(path) as source:
        table = _table(path, source, mapping)
        if table is None:
            yield RepairInput(source)
            return
    with _of_rows(path, table, mapping, to, progress) as made:
        yield made


def _table(path: Path, source: Source, mapping: ColumnMapping | None) -> Table | None:
    """What the file is as a table; None where its examples are of a training format already."""
    with source.path.open("rb") as file:
        foreign = file_type.recognise(file.read(file_type.HEAD))
    if mapping is not None or (foreign is not None and foreign.name in _DELIMITED):
        return tables.describe(path)
    read = islice(records(source, encoding=True, syntax=True, progress=lambda done: None), _LOOKED_AT)
    found = (one.example for one in read)
    first = list(islice((one for one in found if one is not None), _PEEK))
    if not first or any(format_of(one) for one in first):
        return None
    try:
        table = tables.describe(path)
    except TrainingFileError:  # objects of some other kind: each is named as lost
        return None
    return table if table.columns else None


@contextmanager
def _of_rows(
    path: Path,
    table: Table,
    mapping: ColumnMapping | None,
    to: Format | None,
    progress: Callable[[int, int], None] | None,
) -> Iterator[RepairInput]:
    mapping = mapping or table.mapping
    if mapping is None:
        yield RepairInput(None, table)
        return
    with tempfile.TemporaryDirectory(prefix="repair-") as folder:
        copy = Path(folder) / "rows.jsonl"
        converted = tables.convert(path, mapping, copy, progress=progress)
        yield RepairInput(Source(copy, spread=False, repairs={}), table, converted)

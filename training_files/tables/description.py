"""Describe a table: its columns, the number of its rows, and a proposed column mapping."""

import time
from itertools import chain, islice
from pathlib import Path

from training_files.errors import TrainingFileError
from training_files.quoting import excerpt
from training_files.report import Column, Table
from training_files.tables import columns
from training_files.tables.cells import text_of
from training_files.tables.rows import Rows, most_rows, opened

COUNTING = 0.5
"""Seconds spent on counting rows; how many there are is estimated after that, by the share of the file read so far."""

_MOST_COLUMNS = 100
_SAMPLES = 3
_SAMPLE_LENGTH = 80


def describe(path: Path) -> Table:
    """The table at `path`: its columns, its rows, and how they would be read.

    Takes about a second at most, whatever the size of a CSV, TSV, JSON or JSONL file; a workbook is unpacked first.
    `rows` does not count the header or empty rows; with `exact` False it is an estimate.

    Raises TrainingFileError: no table, damaged, or too large when unpacked.
    """
    begun = time.monotonic()
    with opened(path) as table:
        whole = [row.values for row in table.sample if not row.wrong]
        if not whole:
            raise TrainingFileError("no_rows", name=path.name)
        mapping, found_by = columns.propose(table.columns, whole)
        count, exact = _count(table, begun)
        wanted = set(mapping.columns.values()) if mapping is not None else set()
        shown = list(
            dict.fromkeys(chain(table.columns[:_MOST_COLUMNS], (one for one in table.columns if one in wanted)))
        )
        return Table(
            kind=table.kind,
            rows=count,
            columns=tuple(Column(name, _samples(name, whole)) for name in shown),
            mapping=mapping,
            notes=(*table.notes, *([found_by] if found_by else [])),
            encoding=table.encoding,
            exact=exact,
            unlisted=len(table.columns) - len(shown),
        )


def _samples(name: str, rows: list[dict[str, object]]) -> tuple[str, ...]:
    texts = (" ".join(_whole(text_of(row.get(name))).split()) for row in rows)
    filled = [excerpt(text, _SAMPLE_LENGTH + 1) for text in islice(filter(None, texts), _SAMPLES)]
    return tuple(text if len(text) <= _SAMPLE_LENGTH else text[: _SAMPLE_LENGTH - 1] + "…" for text in filled)


def _whole(text: str) -> str:
    """Text without halves of characters, which JSON may hold and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode()


def _count(table: Rows, begun: float) -> tuple[int, bool]:
    """The rows, or an estimate where that takes too long; but where they may be too many, all that are let be read."""
    if table.total is not None:
        return table.total, table.counted
    count = 0
    for count, _ in enumerate(table.each, 1):
        if count % 256 == 0 and time.monotonic() - begun > COUNTING and (share := table.source.share()) < 1:
            estimate, size = (round(one / max(share, 1e-9)) for one in (count, table.source.bytes_read()))
            if estimate <= most_rows(size):
                return max(count, estimate), False
    return count, True

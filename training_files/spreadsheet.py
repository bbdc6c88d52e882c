"""A table in CSV, as spreadsheets open it: with text of other people in it, and without running any of it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

# A spreadsheet takes what begins so for a formula (OWASP, "CSV Injection", read 2026-11-21).
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> bytes:
    """UTF-8 with a byte-order mark, by which Excel knows it."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(map(_cell, columns))
    for row in rows:
        writer.writerow([_cell(value) if isinstance(value, str) else value for value in row])
    return b"\xef\xbb\xbf" + table.getvalue().encode("utf-8", "replace")


def _cell(text: str) -> str:
    """In one line, with what no reader sees written out."""
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in " ".join(text.split()))
    return f"'{text}" if text.startswith(_FORMULA) else text

"""All findings of a report as a table in CSV, as spreadsheets open it."""

import csv
import io
from typing import Final

from bot.datasets.report import Report

COLUMNS: Final = ("severity", "line", "field", "code", "finding", "excerpt")

# A spreadsheet takes what begins so for a formula (OWASP, "CSV Injection", read 2026-11-21).
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def findings_csv(report: Report) -> bytes:
    """A row for each finding that was kept, by line: UTF-8 with a byte-order mark, by which Excel knows it."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for one in sorted((*report.errors, *report.warnings), key=lambda one: (one.line or 0, one.severity)):
        texts = (one.field or "", one.code, one.message, one.quote)
        writer.writerow([one.severity, one.line or "", *map(_cell, texts)])
    return b"\xef\xbb\xbf" + table.getvalue().encode("utf-8", "replace")


def _cell(text: str) -> str:
    """Text of the file, in one line and with what no reader sees written out."""
    text = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in " ".join(text.split()))
    return f"'{text}" if text.startswith(_FORMULA) else text

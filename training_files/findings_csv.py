"""All findings of a report as a table in CSV."""

from typing import Final

from training_files.report import Report
from training_files.spreadsheet import as_csv

COLUMNS: Final = ("severity", "line", "field", "code", "finding", "excerpt")


def findings_csv(report: Report) -> bytes:
    """A row for each finding that was kept, by line."""
    found = sorted((*report.errors, *report.warnings), key=lambda one: (one.line or 0, one.severity))
    rows = ((one.severity, one.line or "", one.field or "", one.code, one.message, one.quote) for one in found)
    return as_csv(COLUMNS, rows)

"""All findings of a report as a table in CSV."""

from collections.abc import Callable
from typing import Final

from training_files.report import Finding, Report
from training_files.spreadsheet import as_csv

COLUMNS: Final = ("severity", "line", "field", "code", "finding", "excerpt")


def findings_csv(report: Report, sentence: Callable[[Finding], str]) -> bytes:
    """A row for each finding that was kept, by line. `sentence` says it in words."""
    found = sorted((*report.errors, *report.warnings), key=lambda one: (one.line or 0, one.severity))
    rows = ((one.severity, one.line or "", one.field or "", one.code, sentence(one), one.quote) for one in found)
    return as_csv(COLUMNS, rows)

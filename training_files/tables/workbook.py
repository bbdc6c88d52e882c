"""The rows of a workbook: xlsx, xls, ods and their kin, read by calamine. Runs in a subprocess with limits only.

Formulas are never run: a cell holds the value that was stored with it when the workbook was last saved.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from training_files.errors import TrainingFileError
from training_files.report import TableNote
from training_files.tables import columns, header
from training_files.tables.subprocess_reader import Beginning

_MOST_SHEETS = 30
"""Sheets that are looked at when one is chosen."""


def read_workbook(path: Path) -> Iterator[Beginning | tuple[int, list[str]]]:
    """First what the workbook is, then the rows of the sheet that looks most like data, numbered as it shows them."""
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(path)
        names = [
            one.name
            for one in workbook.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet and one.visible == calamine.SheetVisibleEnum.Visible
        ]
        chosen = None
        best = (-1, -1)
        for name in names[:_MOST_SHEETS]:
            sheet = workbook.get_sheet_by_name(name)
            score = _score(sheet)
            if score > best:
                chosen, best = sheet, score
    except calamine.PasswordError as error:
        raise TrainingFileError("needs_password", name=path.name) from error
    except MemoryError:
        raise
    except BaseException as error:  # what goes wrong in Rust may come as a panic, which is no Exception
        raise TrainingFileError("damaged_workbook", name=path.name) from error
    if chosen is None or chosen.height == 0:
        raise TrainingFileError("no_sheet", name=path.name)
    notes = []
    if len(names) > 1:
        notes.append(TableNote("sheet", {"sheet": chosen.name, "sheets": len(names)}))
    yield Beginning(total=chosen.total_height, notes=notes)
    for number, row in enumerate(chosen.iter_rows(), 1):
        yield number, [display_text(cell) for cell in row]


def _score(sheet: Any) -> tuple[int, int]:
    """How much a sheet looks like data: columns that can be read as a question and an answer first, then its size."""
    rows = [cells for row in islice(sheet.iter_rows(), 200) if any(cells := [display_text(cell) for cell in row])]
    place, names = header.find(rows)
    body = rows if place is None else rows[place + 1 :]
    mapping, _ = columns.propose(names, [dict(zip(names, row, strict=False)) for row in body])
    return int(mapping is not None and bool(body)), sheet.height


def display_text(cell: Any) -> str:
    """A cell as the sheet shows it: whole numbers without a decimal point, 15 digits, dates in ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes" if not cell.second else "seconds")
    if isinstance(cell, time):
        return cell.isoformat("minutes" if not cell.second else "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)

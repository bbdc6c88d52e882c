"""CSV and similar text: detect the separator, read the rows."""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from training_files.errors import TrainingFileError
from training_files.tables.columns import part
from training_files.tables.text import LONGEST, Text

_SEPARATORS = "\t,;|"

MOST_COLUMNS = 16_384
"""As many as a sheet of Excel has (its "specifications and limits", read 2026-11-28). No table may have more."""

_LONGEST_CELL = LONGEST
_LONGEST_NAME = 60
SEEN = 200
_SEEN_CHARACTERS = 1 << 20
"""Lines and characters by which the separator is told."""

_END = "END OF THE TABLE"
"""A last line of our own: a quote that is never closed swallows it."""


def separator(lines: list[str]) -> str | None:
    """The separator by which the first line makes a header of known names, or by which these lines make rows of the
    same width; None where none does.
    """
    for candidate in _SEPARATORS if lines else "":
        cells = lines[0].split(candidate, MOST_COLUMNS)
        if sum(part(cell) is not None for cell in cells if len(cell) < _LONGEST_NAME) > 1:
            return candidate
    best: tuple[float, int] = (0.0, 0)
    found = None
    for order, candidate in enumerate(_SEPARATORS):
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=candidate) if row]
        except csv.Error:
            continue
        if len(widths) < 2:
            continue
        width, times = Counter(widths).most_common(1)[0]
        if width < 2:
            continue
        score = (times / len(widths) + (widths[0] == width) / 2, -order)
        if score > best and times * 2 >= len(widths):
            best, found = score, candidate
    return found


def rows(text: Text) -> Iterator[tuple[int, list[str]]]:
    """Each row's number and cells. Raises TrainingFileError where a quote is never closed or a cell is too long.

    A row counts once however many lines its texts take, as in the sheet that a person sees.
    """
    lines = text.lines()
    first = list(_first(lines))
    if first and first[0].strip().lower().startswith("sep=") and len(first[0].strip()) == 5:
        delimiter = first.pop(0).strip()[-1]  # what Excel writes and hides
    else:
        delimiter = separator(first) or ","
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    reader = csv.reader(chain(first, lines, ["\n", _END]), delimiter=delimiter)
    number, begins = 0, 1
    try:
        for number, row in enumerate(reader, 1):
            if row == [_END]:
                return
            begins = reader.line_num + 1
            yield number, row
    except csv.Error as error:
        if "field limit" in str(error):
            longest = _LONGEST_CELL >> 20
            raise TrainingFileError(
                "cell_too_long", name=text.name, row=number + 1, line=begins, millions=longest
            ) from error
        raise TrainingFileError(
            "row_unreadable", name=text.name, row=number + 1, line=begins, reason=str(error)
        ) from error
    raise TrainingFileError("quote_never_closed", name=text.name)


def _first(lines: Iterator[str]) -> Iterator[str]:
    """The lines by which the separator is told, fewer where they are long."""
    left = _SEEN_CHARACTERS
    for _, line in zip(range(SEEN), lines, strict=False):
        yield line
        left -= len(line)
        if left < 0:
            return

"""A native table of Slack's, which people sort and page through, and the same as text.

Blocks of this type: docs.slack.dev, data_table, read 2026-11-28; slack_sdk 3.48 has no class for it.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from handlers.blocks.message import DataBlock
from handlers.blocks.parts import section
from handlers.blocks.text import clip, code_block, one_line, redact, size

DATA_TABLE: Final = "data_table"
# Of those of a message (`parts.CHARACTERS`); other blocks have to stand beside it. A cell costs its type, too.
_CHARACTERS: Final = 6_000
_TYPE: Final = len("raw_number")
_ROWS: Final = 100
_COLUMNS: Final = 20
_CELL: Final = 120
_CAPTION: Final = 150
_PAGE: Final = 10
_IN_WORDS: Final = 2_800


class Number(NamedTuple):
    """A cell that sorts by its `value` and shows `text`."""

    value: float
    text: str


Cell = str | Number


class DataTable(DataBlock):
    """`columns` are the headings, `rows` have a cell for each. Text is plain: nothing in it is taken for markup.
    What is more than Slack takes is left out at the end: columns after the 20th, rows after the 100th, and such that
    make it too long."""

    def __init__(self, caption: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        self._caption = _plain(caption, _CAPTION)
        header = [_plain(name) for name in columns[:_COLUMNS]]
        self._rows: list[list[Cell]] = [list(header)]
        room = _CHARACTERS - sum(size(name) + _TYPE for name in header)
        for row in rows[:_ROWS]:
            cells = [_cell(cell) for cell in row[: len(header)]]
            room -= sum(size(_text(cell)) + _TYPE for cell in cells)
            if room < 0:
                break
            self._rows.append(cells)
        super().__init__(DATA_TABLE, section(code_block(self.as_text(), _IN_WORDS)))

    def as_text(self) -> str:
        """Columns under each other, where every character is as wide as another; those of Chinese are twice as wide."""
        widths = [max(_width(_text(row[at])) for row in self._rows) for at in range(len(self._rows[0]))]
        return "\n".join(
            "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in self._rows
        )

    def to_dict(self, *args: Any) -> dict[str, Any]:
        rows = [[_as_json(cell) for cell in row] for row in self._rows]
        return {"type": DATA_TABLE, "caption": self._caption, "rows": rows, "page_size": _PAGE}


def _cell(cell: Cell) -> Cell:
    return Number(cell.value, _plain(cell.text)) if isinstance(cell, Number) else _plain(cell)


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Number) else cell


def _plain(text: str, limit: int = _CELL) -> str:
    return clip(one_line(redact(text)), limit) or "–"


def _as_json(cell: Cell) -> dict[str, Any]:
    if isinstance(cell, Number):
        return {"type": "raw_number", "value": cell.value, "text": cell.text}
    return {"type": "raw_text", "text": cell}


def _padded(cell: Cell, width: int) -> str:
    text = _text(cell)
    gap = " " * (width - _width(text))
    return gap + text if isinstance(cell, Number) else text + gap


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

"""A file of rows written as training examples."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from bot.datasets.errors import DatasetError
from bot.datasets.report import Mapping

MOST_SKIPPED = 1_000
"""Skipped rows that are named; the rest are counted."""


class Skipped(msgspec.Struct, frozen=True):
    """A row that gave no example. `row` counts as the person sees it: in a sheet the header is row 1."""

    row: int
    why: str


class Converted(msgspec.Struct, frozen=True):
    """What came of a conversion: `skipped` names the first 1,000 of `skipped_rows`."""

    examples: int
    skipped: list[Skipped]
    skipped_rows: int


def convert(
    path: Path, mapping: Mapping, out: Path, *, progress: Callable[[int, int], None] | None = None
) -> Converted:
    """Writes the rows of `path` to `out` as JSONL. Raises DatasetError with a sentence for a person."""
    raise DatasetError(f"{path.name} cannot be converted yet.")

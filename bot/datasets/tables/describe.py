"""What a file of rows holds, and how it would be read."""

from pathlib import Path

from bot.datasets.errors import DatasetError
from bot.datasets.report import Table


def describe(path: Path) -> Table:
    """The table at `path`. Raises DatasetError with a sentence for a person."""
    raise DatasetError(f"{path.name} cannot be read as a table yet.")

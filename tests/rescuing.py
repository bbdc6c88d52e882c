"""A rescue in a test, and what lies in its folder."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.rescue.rescue import Outcome

Run = Callable[..., Awaitable[Outcome]]


def objects(folder: Path) -> dict[str, bytes]:
    """All that is saved, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"manifest.json", ".lock"}
    }

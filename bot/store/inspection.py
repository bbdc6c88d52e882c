"""What can be told of a store without opening it as the bot does: nothing is migrated or written."""

import contextlib
import sqlite3
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from sqlite_utils import Database as SqliteDatabase

from bot.errors import StartError
from bot.store.schema import migration_names, migrations


class StoreState(msgspec.Struct, frozen=True):
    """`size` in bytes; `damage`: what SQLite says is broken; `behind`: migrations that the next start will run;
    `newer`: a later version has worked in it."""

    size: int
    damage: str | None = None
    behind: int = 0
    newer: bool = False


def inspect(folder: Path) -> StoreState | None:
    """The store in `folder`, None where there is none. A bot may be working in it. Raises StartError where it cannot be
    read."""
    store = folder / "bot.db"
    if not store.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            theirs = {migration.name for migration in migrations.applied(SqliteDatabase(connection))}
    except sqlite3.Error as error:
        raise StartError("store_unusable", file=store, why=error) from error
    ours = migration_names()
    return StoreState(
        size=store.stat().st_size,
        damage=None if verdict == "ok" else str(verdict),
        behind=len(ours - theirs),
        newer=bool(theirs - ours),
    )


def is_in_use(folder: Path) -> bool:
    """Whether a bot works in `folder`. Its lock is tried, and let go at once."""
    if not (folder / "lock").exists():
        return False
    try:
        with FileLock(folder / "lock", timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False

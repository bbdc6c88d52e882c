"""What can be told of a store without opening it as the bot does: nothing is migrated or written."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from pydantic import SecretStr
from sqlite_utils import Database as SqliteDatabase

from bot.errors import StartError
from bot.settings import SCHEMA
from bot.store.connection import Connection
from bot.store.place import postgresql
from bot.store.schema import migration_names, migrations
from bot.store.sqlite import SqliteConnection


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


@contextlib.contextmanager
def reading(folder: Path, url: SecretStr | None, schema: str = SCHEMA) -> Iterator[Connection]:
    """A store as it is at this moment, which whoever works in it does not notice. Raises StartError where there is
    none."""
    if url is not None:
        session = postgresql(url, schema).connect(migrate=False)
        try:
            with session.reading() as db:
                yield db
        finally:
            session.close()
        return
    store = folder / "bot.db"
    if not store.is_file():
        raise StartError("no_store", folder=folder)
    uri = f"{store.resolve().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        yield SqliteConnection(connection)


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

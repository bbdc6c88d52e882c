"""Backups of a store in PostgreSQL: the same file as of one in SQLite, and a store made from either."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import StartError
from bot.store.backup import doubt_what_was_under_way, restore
from bot.store.connection import Session
from bot.store.copying import copy_rows, is_empty
from bot.store.schema import migration_names, migrations
from bot.store.sqlite import SqliteConnection, SqliteEngine, SqliteSession

if TYPE_CHECKING:
    from bot.store.postgresql import PostgresqlEngine


def backup_database(engine: "PostgresqlEngine", file: Path) -> int:
    """Copy the store, as it is at one moment, to `file`; its size in bytes. A bot may be working in it.

    Raises StartError where there is no store, or one of another version, or `file` is there already or cannot be
    written.
    """
    there = engine.migrations()
    if there is None:
        raise StartError("no_store_to_move", where=engine.where)
    if there != migration_names():
        raise StartError("database_of_other_version", where=engine.where)
    if file.exists():
        raise StartError("backup_exists", file=file)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        _fill(engine, part)
        os.replace(part, file)
    except (OSError, sqlite3.Error) as error:
        raise StartError("backup_not_written", file=file, why=error) from error
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def restore_database(
    engine: "PostgresqlEngine", folder: Path, file: Path, notices_channel: str | None = None
) -> str | None:
    """Replace the store in the database by the backup `file`, with the doubts of `bot.store.backup.restore`. Returns
    the schema in which the store is kept that was there. `folder`: with room for the backup.

    Raises StartError where a bot works in the database, or `file` is no whole backup that this version understands.
    """
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(contextlib.closing(engine.connect(migrate=True)))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="restore-", dir=folder)))
        restore(scratch, file, notices_channel=notices_channel)
        restored = stack.enter_context(_opened(scratch))
        with session.atomic() as db:
            kept = None if is_empty(db) else engine.put_aside(db)
            copy_rows(restored, db)
        return kept


def take_for_restored(engine: "PostgresqlEngine", notices_channel: str | None = None) -> None:
    """The database was put back from a dump: nothing of what was under way then is done blindly, as after a backup was
    restored. Raises StartError where a bot works in it."""
    with contextlib.closing(engine.connect(migrate=True)) as session, session.atomic() as db:
        doubt_what_was_under_way(db, notices_channel)


def _fill(engine: "PostgresqlEngine", part: Path) -> None:
    part.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
        migrations.apply(SqliteConnection(connection))
        with (
            contextlib.closing(engine.connect(migrate=False)) as source,
            SqliteSession(SqliteConnection(connection)).atomic() as written,
        ):
            copy_rows(source, written)


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Session]:
    engine = SqliteEngine(folder)
    try:
        with contextlib.closing(engine.connect(migrate=False)) as session:
            yield session
    finally:
        engine.release()

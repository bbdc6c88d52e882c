"""SQLite: one file in a folder, which is locked so that no two bots write to it.

Durability: WAL with `synchronous=FULL`, so what a write returned from survives a power cut, not only a crash
of the process. The price is an fsync, which takes milliseconds, and many times that where the disk is busy.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from sqlite_utils import Database as SqliteUtilsDatabase

from bot.errors import StartError
from bot.store.connection import Connection, TextColumns, Values
from bot.store.schema import migrations
from bot.store.trouble import StoreTrouble

_BUSY_SECONDS: Final = 10
_SWEEP_WAITS_MS: Final = 1000


class SqliteConnection(SqliteUtilsDatabase):
    """Implements `Connection`."""

    def each(self, sql: str, /) -> Iterator[Any]:
        return iter(self.execute(sql))

    def executemany(self, sql: str, rows: Iterable[Values], /) -> object:
        return self.conn.executemany(sql, rows)

    def version(self) -> int:
        (version,) = self.execute("PRAGMA data_version").fetchone()  # sqlite.org/pragma.html, read 2026-11-29
        return int(version)

    def number_on(self) -> None:
        """SQLite does by itself."""

    def text_columns(self) -> list[TextColumns]:
        """STRICT tables have TEXT; those of an older version may have any."""
        return [
            TextColumns(
                name,
                () if self.table(name).use_rowid else tuple(self.table(name).pks),
                tuple(column.name for column in self[name].columns if column.type.upper() not in ("INTEGER", "REAL")),
            )
            for name in self.table_names()
            if not name.startswith(("sqlite_", "_sqlite_"))
        ]


class SqliteEngine:
    """Implements `bot.store.database.Engine`."""

    def __init__(self, folder: Path) -> None:
        """Raises StartError where another process holds the folder or it cannot be written."""
        self._folder = folder
        self._lock = FileLock(folder / "lock")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise StartError("folder_in_use", folder=folder) from error
        except OSError as error:
            raise StartError("folder_not_written", folder=folder, why=error.strerror or error) from error

    def connect(self, *, migrate: bool) -> "SqliteSession":
        try:
            connection = sqlite3.connect(self._folder / "bot.db", isolation_level=None, timeout=_BUSY_SECONDS)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA secure_delete=ON")  # what people had erased is overwritten, not only forgotten
            db = SqliteConnection(connection)
            if migrate:
                migrations.apply(db)
        except sqlite3.Error as error:
            raise StartError("store_unusable", file=self._folder / "bot.db", why=error) from error
        return SqliteSession(db)

    def release(self) -> None:
        self._lock.release()


class SqliteSession:
    """Implements `Session`."""

    def __init__(self, db: SqliteConnection) -> None:
        self._db = db

    @contextlib.contextmanager
    def atomic(self) -> Iterator[Connection]:
        with _in_plain_words(), self._db.atomic():
            yield self._db

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        with _in_plain_words():
            yield self._db

    def is_in_transaction(self) -> bool:
        return self._db.conn.in_transaction

    def check_writable(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        self._db.execute(f"PRAGMA user_version = {int(version)}")

    def sweep(self) -> bool:
        """Deleted pages are overwritten as they go (secure_delete); what is left is the log beside the file. Whoever
        reads the file keeps it from being emptied, as Litestream does all the time: nobody waits long for that, since
        nothing is written meanwhile."""
        with _in_plain_words():
            self._db.execute(f"PRAGMA busy_timeout = {_SWEEP_WAITS_MS}")
            try:
                (busy, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._db.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
            return not busy

    def close(self) -> None:
        self._db.close()


@contextlib.contextmanager
def _in_plain_words() -> Iterator[None]:
    """What a person can do something about; a mistake in our SQL stays what it is."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # The low byte is the kind of trouble, the rest its details (sqlite.org/rescode.html, read 2026-11-21).
        trouble = _TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if trouble is None:
            raise
        raise StoreTrouble("store_trouble", trouble=trouble) from error


_TROUBLE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
}

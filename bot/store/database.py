"""One SQLite file: a writer thread, a reader thread, migrations, and a lock on the folder.

Durability: WAL with `synchronous=FULL`, so what a write returned from survives a power cut, not only a crash
of the process. The price is an fsync, which takes milliseconds, and many times that where the disk is busy: so whatever
waits while the disk is at work is written together and shares the next one.
"""

import asyncio
import contextlib
import queue
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from sqlite_utils import Database as SqliteDatabase

from bot.errors import BotError, StartError
from bot.store.schema import migrations

T = TypeVar("T")


class StoreTrouble(BotError):
    """The store cannot be used at the moment; nothing was written."""


@dataclass(frozen=True)
class _Write:
    """A write in the queue, and the future of its result."""

    work: Callable[[SqliteDatabase], Any]
    done: asyncio.Future[Any]


@dataclass(frozen=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None


class Database:
    """Open with `await Database.open(folder)`; `write` and `read` take a function of a sqlite-utils database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / "lock")
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._reader = ThreadPoolExecutor(1, "store-reader")
        self._waiting: queue.SimpleQueue[_Write] = queue.SimpleQueue()
        self._write_db: SqliteDatabase
        self._read_db: SqliteDatabase

    @classmethod
    async def open(cls, folder: Path) -> "Database":
        """Raises StartError where another process holds the folder or it cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            database = cls(folder)
            database._lock.acquire(timeout=0)
        except Timeout as error:
            raise StartError("folder_in_use", folder=folder) from error
        except OSError as error:
            raise StartError("folder_not_written", folder=folder, why=error.strerror or error) from error
        loop = asyncio.get_running_loop()
        try:
            database._write_db = await loop.run_in_executor(database._writer, database._connect)
            await loop.run_in_executor(database._writer, lambda: migrations.apply(database._write_db))
            database._read_db = await loop.run_in_executor(database._reader, database._connect)
        except sqlite3.Error as error:
            database._release()
            raise StartError("store_unusable", file=folder / "bot.db", why=error) from error
        return database

    def _connect(self) -> SqliteDatabase:
        connection = sqlite3.connect(self._folder / "bot.db", isolation_level=None, timeout=10)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=ON")  # what people had erased is overwritten, not only forgotten
        return SqliteDatabase(connection)

    async def write(self, work: Callable[[SqliteDatabase], T]) -> T:
        """Run `work` on the writer thread, wholly or not at all; it is on disk when this returns.

        Raises StoreTrouble where the file is locked, read-only, broken, or its disk full.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put(_Write(work, done))
        self._writer.submit(self._write_waiting)
        return await done

    async def check_writable(self) -> None:
        """Write what is there already. Raises StoreTrouble."""

        def work(db: SqliteDatabase) -> None:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            db.execute(f"PRAGMA user_version = {int(version)}")

        await self.write(work)

    def _write_waiting(self) -> None:
        """All that waits, in one transaction: each write in a savepoint of its own, so that what fails fails alone."""
        writes = [write for write in _drained(self._waiting) if not write.done.cancelled()]
        if not writes:  # an earlier call took it along
            return
        try:
            with _in_plain_words(), self._write_db.atomic():
                outcomes = [self._carry_out(write.work) for write in writes]
        except Exception as error:
            outcomes = [_Outcome(error=error)] * len(writes)
        writes[0].done.get_loop().call_soon_threadsafe(_tell, writes, outcomes)

    def _carry_out(self, work: Callable[[SqliteDatabase], Any]) -> _Outcome:
        try:
            with _in_plain_words(), self._write_db.atomic():
                return _Outcome(work(self._write_db))
        except Exception as error:
            if not self._write_db.conn.in_transaction:
                raise  # SQLite gave up the whole transaction, as it may where the disk is full
            return _Outcome(error=error)

    async def read(self, work: Callable[[SqliteDatabase], T]) -> T:
        """Run `work` on the reader thread; it sees everything that `write` has returned from."""

        def look() -> T:
            with _in_plain_words():
                return work(self._read_db)

        return await asyncio.get_running_loop().run_in_executor(self._reader, look)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._write_db.close)
        await loop.run_in_executor(self._reader, self._read_db.close)
        self._release()

    def _release(self) -> None:
        self._writer.shutdown()
        self._reader.shutdown()
        self._lock.release()


def _drained(waiting: queue.SimpleQueue[_Write]) -> Iterator[_Write]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield waiting.get_nowait()


def _tell(writes: Sequence[_Write], outcomes: Sequence[_Outcome]) -> None:
    for write, outcome in zip(writes, outcomes, strict=True):
        if write.done.done():  # nobody waits any more
            continue
        if outcome.error is not None:
            write.done.set_exception(outcome.error)
        else:
            write.done.set_result(outcome.value)


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

"""The store: a writer thread and a reader thread on a database, and transactions on them.

A commit waits for the disk, which takes milliseconds, and many times that where the disk is busy: so whatever waits
while one is under way is written together and shares the next.
"""

import asyncio
import contextlib
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import SecretStr

from bot.changes import Changes
from bot.instruments import WRITE_FAILURES, WRITE_SECONDS
from bot.settings import SCHEMA
from bot.store.connection import Connection, Session
from bot.store.place import postgresql
from bot.store.sqlite import SqliteEngine
from bot.store.trouble import StoreTrouble as StoreTrouble

T = TypeVar("T")


class Engine(Protocol):
    """A database that a bot has to itself or shares with others. All of it raises StartError, with what a person can
    do."""

    def connect(self, *, migrate: bool) -> Session: ...

    def release(self) -> None: ...


@dataclass(frozen=True)
class _Write:
    """A write in the queue, and the future of its result."""

    work: Callable[[Connection], Any]
    done: asyncio.Future[Any]


@dataclass(frozen=True)
class _Outcome:
    value: Any = None
    error: Exception | None = None


class Database:
    """Open with `await Database.open(folder)`; `write` and `read` take a function of a connection. `changes`: what was
    written here."""

    def __init__(self, engine: Engine) -> None:
        self.changes = Changes()
        self._engine = engine
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._reader = ThreadPoolExecutor(1, "store-reader")
        self._waiting: queue.SimpleQueue[_Write] = queue.SimpleQueue()
        self._writing: Session
        self._reading: Session

    @classmethod
    async def open(
        cls, folder: Path, url: SecretStr | None = None, *, schema: str = SCHEMA, alone: bool = True
    ) -> "Database":
        """In `folder`, always alone, or in a `schema` of the PostgreSQL database at `url`, beside other bots unless
        `alone`. Raises StartError where another bot holds it or it cannot be written."""
        return await cls.of(SqliteEngine(folder) if url is None else postgresql(url, schema, alone=alone))

    @classmethod
    async def of(cls, engine: Engine) -> "Database":
        """Raises StartError."""
        database = cls(engine)
        loop = asyncio.get_running_loop()
        try:
            connect = database._engine.connect
            database._writing = await loop.run_in_executor(database._writer, lambda: connect(migrate=True))
            database._reading = await loop.run_in_executor(database._reader, lambda: connect(migrate=False))
        except BaseException:
            database._release()
            raise
        return database

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on the writer thread, wholly or not at all; it is on disk when this returns.

        Raises StoreTrouble where the file is locked, read-only, broken, or its disk full.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put(_Write(work, done))
        self._writer.submit(self._write_waiting)
        with WRITE_SECONDS.time(), WRITE_FAILURES.count_exceptions(StoreTrouble):
            return await done

    async def check_writable(self) -> None:
        """Write what is there already. Raises StoreTrouble."""
        await self.write(lambda _: self._writing.check_writable())

    async def sweep(self) -> bool:
        """Let nothing that was deleted stay in the store's files, as far as the database can. False where another
        program keeps it from that."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._writing.sweep)

    def _write_waiting(self) -> None:
        """All that waits, in one transaction: each write in a savepoint of its own, so that what fails fails alone."""
        writes = [write for write in _drained(self._waiting) if not write.done.cancelled()]
        if not writes:  # an earlier call took it along
            return
        try:
            with self._writing.atomic():
                outcomes = [self._carry_out(write.work) for write in writes]
        except Exception as error:
            outcomes = [_Outcome(error=error)] * len(writes)
        writes[0].done.get_loop().call_soon_threadsafe(self._tell, writes, outcomes)

    def _carry_out(self, work: Callable[[Connection], Any]) -> _Outcome:
        try:
            with self._writing.atomic() as connection:
                return _Outcome(work(connection))
        except Exception as error:
            if not self._writing.is_in_transaction():
                raise  # the database gave up the whole transaction, as it may where the disk is full
            return _Outcome(error=error)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on the reader thread; it sees everything that `write` has returned from."""

        def look() -> T:
            with self._reading.reading() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._reader, look)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._writing.close)
        await loop.run_in_executor(self._reader, self._reading.close)
        self._release()

    def _tell(self, writes: Sequence[_Write], outcomes: Sequence[_Outcome]) -> None:
        for write, outcome in zip(writes, outcomes, strict=True):
            if write.done.done():  # nobody waits any more
                continue
            if outcome.error is not None:
                write.done.set_exception(outcome.error)
            else:
                write.done.set_result(outcome.value)
        self.changes.tell()

    def _release(self) -> None:
        self._writer.shutdown()
        self._reader.shutdown()
        self._engine.release()


def _drained(waiting: queue.SimpleQueue[_Write]) -> Iterator[_Write]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield waiting.get_nowait()

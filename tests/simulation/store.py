"""The store of a simulated process: SQLite itself with our schema and our SQL, in memory and on the loop's own thread.

In memory, because what a disk does to a committed transaction is SQLite's promise and not ours to simulate; without
threads, because they would make the order of things depend on the machine. Transactions are real: what was not
committed when the process dies is gone, and there is a moment to die in before and after each.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from bot.store.connection import Connection
from bot.store.database import Database, StoreTrouble
from bot.store.sqlite import SqliteConnection
from tests import migrated_store

T = TypeVar("T")


class Dead(Exception):
    """A process that was killed reaches nothing any more."""


class MemoryDatabase(Database):
    """One process's way to the store. `trouble`: which share of its calls finds it locked or full."""

    def __init__(self, connection: sqlite3.Connection, rng: random.Random, trouble: Callable[[], float]) -> None:
        self._db = SqliteConnection(connection)
        self._rng = rng
        self._trouble = trouble
        self.alive = True
        self.committed: Callable[[], None] = lambda: None

    async def write(self, work: Callable[[Connection], T]) -> T:
        await self._pause()
        with self._db.atomic():
            result = work(self._db)
        self.committed()
        await self._pause(after=True)
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        await self._pause()
        return work(self._db)

    async def _pause(self, *, after: bool = False) -> None:
        if not self.alive:
            raise Dead
        await asyncio.sleep(0 if self._rng.random() < 0.8 else self._rng.uniform(0, 0.05))
        if not after and self._rng.random() < self._trouble():
            raise StoreTrouble(self._rng.choice(["database is locked", "database or disk is full"]))


def new_store() -> sqlite3.Connection:
    return opened(migrated_store.image())


def opened(image: bytes) -> sqlite3.Connection:
    """The store that this is the file of. A connection of its own, as a process has: SQLite (3.40) crashes where one
    that has used a table-valued function, as `json_each`, is given another database."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(image)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection

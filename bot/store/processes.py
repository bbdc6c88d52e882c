"""The bots that work on one store, and what each has claimed. See `bot.membership`."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

import msgspec

from bot.errors import StartError
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.trouble import StoreTrouble

T = TypeVar("T")


class LeaseLost(StoreTrouble):
    """Another bot took this one for dead, and goes on with what it had in hand. Nothing was written."""


class Process(msgspec.Struct, frozen=True):
    """`beats` grows for as long as it lives."""

    id: str
    beats: int


class SqlProcesses:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def join(
        self, process: str, *, alone: bool, app: str = "", silent: Mapping[str, int] = MappingProxyType({})
    ) -> list[Process]:
        """All there are now, the oldest first. `alone`: there can be no other, and what one had claimed is free. `app`:
        for which Slack app this one speaks. `silent`: as for `beat`. Raises StartError where there is one that speaks
        for another app."""

        def work(db: Connection) -> list[Process]:
            _remove_silent(db, silent)
            if alone:
                for other in _all(db):
                    _remove(db, other.id)
            if db.execute("SELECT 1 FROM processes WHERE app <> ?", [app]).fetchone():
                raise StartError("database_of_another_app")
            db.execute(
                "INSERT INTO processes (id, seq, beats, joined_at, app)"
                " VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM processes), 0, ?, ?)",
                [process, time.time(), app],
            )
            return _all(db)

        return await self._database.write(work)

    async def beat(self, process: str, silent: Mapping[str, int]) -> list[Process]:
        """Show that this one lives; all that do, the oldest first. Those of `silent` whose beats are still these are
        removed, and what they had claimed is free. Raises LeaseLost where this one was."""

        def work(db: Connection) -> list[Process]:
            require(db, process)
            db.execute("UPDATE processes SET beats = beats + 1 WHERE id = ?", [process])
            _remove_silent(db, silent)
            return _all(db)

        return await self._database.write(work)

    async def all(self) -> list[Process]:
        """The oldest first."""
        return await self._database.read(_all)

    async def leave(self, process: str) -> None:
        await self._database.write(lambda db: _remove(db, process))

    async def claim(self, thing: str, process: str) -> bool:
        """Whether `thing` is this process's now; False while another has it."""

        def work(db: Connection) -> bool:
            require(db, process)
            db.execute(
                "INSERT INTO claims (thing, process) VALUES (?, ?) ON CONFLICT (thing) DO NOTHING", [thing, process]
            )
            (holder,) = db.execute("SELECT process FROM claims WHERE thing = ?", [thing]).fetchone()
            return bool(holder == process)

        return await self._database.write(work)

    async def give_up(self, thing: str, process: str) -> None:
        await self._database.write(
            lambda db: db.execute("DELETE FROM claims WHERE thing = ? AND process = ?", [thing, process])
        )

    async def is_claimed_elsewhere(self, beginning: str, process: str) -> bool:
        """Whether any other process has something that begins so."""
        sql = "SELECT 1 FROM claims WHERE substr(thing, 1, length(?)) = ? AND process != ? LIMIT 1"
        return await self._any(sql, beginning, beginning, process)

    async def ask_to_stop(self, thing: str) -> bool:
        """Whether some process has it."""
        return await self._database.write(
            lambda db: db.execute("UPDATE claims SET stop = 1 WHERE thing = ?", [thing]).rowcount == 1
        )

    async def is_asked_to_stop(self, thing: str) -> bool:
        return await self._any("SELECT 1 FROM claims WHERE thing = ? AND stop = 1", thing)

    async def _any(self, sql: str, *values: str) -> bool:
        return await self._database.read(lambda db: db.execute(sql, values).fetchone()) is not None


class FencedDatabase(Database):
    """The store as one of several processes writes to it: only as long as no other takes it for dead."""

    def __init__(self, database: Database, process: str) -> None:
        self._database = database
        self._process = process

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Raises LeaseLost besides."""

        def fenced(db: Connection) -> T:
            require(db, self._process)
            return work(db)

        return await self._database.write(fenced)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._database.read(work)

    async def check_writable(self) -> None:
        await self._database.check_writable()

    async def sweep(self) -> bool:
        return await self._database.sweep()

    async def close(self) -> None:
        await self._database.close()


def require(db: Connection, process: str) -> None:
    """Inside a caller's transaction. Raises LeaseLost."""
    if db.execute("SELECT 1 FROM processes WHERE id = ?", [process]).fetchone() is None:
        raise LeaseLost("store_trouble", trouble="taken_over")


def _all(db: Connection) -> list[Process]:
    return [Process(*row) for row in db.execute("SELECT id, beats FROM processes ORDER BY seq").fetchall()]


def _remove_silent(db: Connection, silent: Mapping[str, int]) -> None:
    for process, beats in silent.items():
        if db.execute("SELECT 1 FROM processes WHERE id = ? AND beats = ?", [process, beats]).fetchone():
            _remove(db, process)


def _remove(db: Connection, process: str) -> None:
    db.execute("DELETE FROM processes WHERE id = ?", [process])
    db.execute("DELETE FROM claims WHERE process = ?", [process])
    db.execute("UPDATE inbox SET claimed_by = NULL WHERE claimed_by = ?", [process])

"""A store that is locked, read-only or full says so in a sentence, changes nothing, and works again afterwards."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store.connection import Connection
from bot.store.database import Database, StoreTrouble


@pytest.fixture
async def things(database: Database) -> Database:
    await database.write(lambda db: db.execute("CREATE TABLE things (name TEXT)").fetchall())
    # Where the store waits ten seconds for a lock, a test need not.
    await database.write(lambda db: db.execute("PRAGMA busy_timeout = 20").fetchall())
    return database


def put(name: str) -> Callable[[Connection], object]:
    return lambda db: db.execute("INSERT INTO things VALUES (?)", [name]).fetchall()


async def names(database: Database) -> list[str]:
    return [row[0] for row in await database.read(lambda db: db.execute("SELECT name FROM things").fetchall())]


def locked_by_somebody_else(folder: Path) -> sqlite3.Connection:
    other = sqlite3.connect(folder / "data" / "bot.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_a_store_that_another_program_holds_says_so(things: Database, tmp_path: Path) -> None:
    other = locked_by_somebody_else(tmp_path)
    with pytest.raises(StoreTrouble, match="trouble=locked"):
        await things.write(put("too early"))
    assert await names(things) == []
    other.rollback()
    await things.write(put("in time"))
    assert await names(things) == ["in time"]


async def test_a_lock_that_is_given_up_in_time_is_waited_for(things: Database, tmp_path: Path) -> None:
    await things.write(lambda db: db.execute("PRAGMA busy_timeout = 60000").fetchall())
    other = locked_by_somebody_else(tmp_path)
    waiting = asyncio.create_task(things.write(put("patient")))
    # Whoever only reads is not held up by either.
    assert await names(things) == []
    assert not waiting.done()
    other.rollback()
    await waiting
    assert await names(things) == ["patient"]


async def test_a_store_that_may_not_be_written_says_so(things: Database) -> None:
    await things.write(lambda db: db.execute("PRAGMA query_only = ON").fetchall())
    with pytest.raises(StoreTrouble, match="trouble=readonly"):
        await things.write(put("no"))
    assert await names(things) == []


async def test_a_full_disk_says_so_and_room_is_used_when_it_is_there(things: Database) -> None:
    def bounded(db: Connection) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages}")

    await things.write(bounded)
    many = [things.write(put("x" * 4000)) for _ in range(100)]
    # All are waited for: one that is written together with what comes next would fail that, too.
    outcomes = await asyncio.gather(*many, return_exceptions=True)
    assert any("trouble=full" in str(one) for one in outcomes if isinstance(one, StoreTrouble))
    before = await names(things)
    await things.write(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchall())
    await things.write(put("again"))
    assert await names(things) == [*before, "again"]


async def test_a_mistake_of_ours_is_not_called_trouble(things: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await things.write(lambda db: db.execute("INSERT INTO dreams VALUES (1)"))

"""What the store promises: one transaction or nothing, on disk when it returns, one process at a time."""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StartError
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.schema import migrations

TABLE = "CREATE TABLE IF NOT EXISTS things (name TEXT)"


def put(name: str) -> Callable[[Connection], None]:
    def work(db: Connection) -> None:
        db.execute(TABLE)
        db.execute("INSERT INTO things VALUES (?)", [name])

    return work


@asynccontextmanager
async def disk_at_work(database: Database) -> AsyncIterator[None]:
    """A write is under way until the block ends."""
    ended, begun = threading.Event(), threading.Event()

    def hold(db: Connection) -> None:
        begun.set()
        assert ended.wait(60)

    writing = asyncio.create_task(database.write(hold))
    assert await asyncio.to_thread(begun.wait, 60)
    yield
    ended.set()
    await writing


async def names(database: Database) -> list[str]:
    rows = await database.read(lambda db: db.execute("SELECT name FROM things ORDER BY rowid").fetchall())
    return [row[0] for row in rows]


async def test_a_write_is_seen_by_whoever_reads_after_it(database: Database) -> None:
    await database.write(put("one"))
    assert await names(database) == ["one"]


async def test_a_write_that_fails_leaves_nothing_behind(database: Database) -> None:
    await database.write(put("one"))

    def half(db: Any) -> None:
        db.execute("INSERT INTO things VALUES ('half')")
        db.table("things").insert({"name": "the other half"})
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        await database.write(half)
    assert await names(database) == ["one"]
    await database.write(put("two"))
    assert await names(database) == ["one", "two"]


async def test_writes_that_come_at_once_are_done_one_after_the_other(database: Database) -> None:
    await database.write(lambda db: db.execute("CREATE TABLE counter (n INTEGER)").fetchall())
    await database.write(lambda db: db.execute("INSERT INTO counter VALUES (0)").fetchall())

    def increase(db: Connection) -> None:
        (n,) = db.execute("SELECT n FROM counter").fetchone()
        db.execute("UPDATE counter SET n = ?", [n + 1])

    await asyncio.gather(*(database.write(increase) for _ in range(50)))
    assert await database.read(lambda db: db.execute("SELECT n FROM counter").fetchone()) == (50,)


async def test_what_was_written_survives_a_power_cut(database: Database) -> None:
    """WAL with synchronous=FULL (2): SQLite syncs the log before a commit returns."""

    def pragmas(db: Connection) -> tuple[str, int, int]:
        return tuple(
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
        )

    assert await database.write(pragmas) == ("wal", 2, 1)


async def test_a_killed_process_leaves_what_it_had_written_and_no_lock(tmp_path: Path) -> None:
    program = f"""
import asyncio, os
from pathlib import Path
from bot.store.database import Database

async def main():
    database = await Database.open(Path({str(tmp_path)!r}))
    await database.write(lambda db: db.execute("CREATE TABLE things (name TEXT)") and None)
    await database.write(lambda db: db.execute("INSERT INTO things VALUES ('kept')") and None)

    def unfinished(db):
        db.execute("INSERT INTO things VALUES ('unfinished')")
        os._exit(9)

    await database.write(unfinished)

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 9
    database = await Database.open(tmp_path)
    assert await names(database) == ["kept"]
    await database.close()


def _applied(db: Any) -> list[str]:
    return [done.name for done in migrations.applied(db)]


def _pending(db: Any) -> list[Any]:
    return list(migrations.pending(db))


async def test_migrations_run_once(tmp_path: Path) -> None:
    for _ in range(3):
        database = await Database.open(tmp_path)
        applied = await database.read(_applied)
        assert len(applied) == len(set(applied)) > 0
        assert await database.read(_pending) == []
        await database.close()


async def test_a_second_bot_is_told_that_the_folder_is_taken(tmp_path: Path) -> None:
    first = await Database.open(tmp_path)
    with pytest.raises(StartError, match="folder_in_use"):
        await Database.open(tmp_path)
    await first.close()
    second = await Database.open(tmp_path)
    await second.close()


async def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StartError, match="folder_not_written"):
        await Database.open(tmp_path / "file" / "data")


async def test_a_store_that_is_no_store_gets_a_sentence_and_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"This is not a database. " * 200)
    with pytest.raises(StartError, match=r"bot\.db"):
        await Database.open(tmp_path)
    assert (tmp_path / "bot.db").read_bytes().startswith(b"This is not")
    (tmp_path / "bot.db").unlink()
    database = await Database.open(tmp_path)
    await database.close()


async def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "data")
    await database.close()
    if sys.platform != "win32":
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_the_sqlite_that_python_carries_may_be_used_from_several_threads() -> None:
    assert sqlite3.threadsafety == 3


async def test_what_waits_while_the_disk_is_at_work_is_written_together(database: Database) -> None:
    """One wait for the disk serves all who came in the meantime."""
    commits: list[str] = []

    def listen(db: Any) -> None:
        db.conn.set_trace_callback(lambda said: commits.append(said) if said == "COMMIT" else None)

    await database.write(listen)
    commits.clear()
    async with disk_at_work(database):
        writes = [asyncio.create_task(database.write(put(str(number)))) for number in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*writes)
    assert await names(database) == [str(number) for number in range(20)]
    assert len(commits) == 2


async def test_of_writes_that_are_made_together_only_those_that_fail_fail(database: Database) -> None:
    await database.write(put("first"))

    def half(db: Connection) -> None:
        db.execute("INSERT INTO things VALUES ('half')")
        raise RuntimeError("in the middle")

    writes = [put("a"), half, put("b"), half, put("c")]
    outcomes = await asyncio.gather(*(database.write(work) for work in writes), return_exceptions=True)
    assert [isinstance(outcome, RuntimeError) for outcome in outcomes] == [False, True, False, True, False]
    assert await names(database) == ["first", "a", "b", "c"]


async def test_where_the_transaction_is_lost_everybody_is_told(database: Database) -> None:
    await database.write(put("before"))

    def lose(db: Connection) -> None:
        db.execute("ROLLBACK")
        raise sqlite3.DatabaseError("rolled back")

    async with disk_at_work(database):
        together = [asyncio.create_task(database.write(work)) for work in (put("a"), lose, put("b"))]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*together, return_exceptions=True)
    assert all(isinstance(outcome, sqlite3.DatabaseError) for outcome in outcomes)
    assert await names(database) == ["before"]
    await database.write(put("after"))
    assert await names(database) == ["before", "after"]


async def test_a_write_that_nobody_waits_for_any_more_is_not_begun(database: Database) -> None:
    await database.write(put("one"))
    async with disk_at_work(database):
        given_up = asyncio.create_task(database.write(put("given up")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
    await database.write(put("two"))
    assert await names(database) == ["one", "two"]

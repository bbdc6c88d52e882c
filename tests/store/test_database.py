"""What the store promises: one transaction or nothing, on disk when it returns, one process at a time."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database as SqliteDatabase

from bot.errors import StartError
from bot.store.database import Database
from bot.store.schema import migrations

TABLE = "CREATE TABLE IF NOT EXISTS things (name TEXT)"


def put(name: str) -> object:
    def work(db: SqliteDatabase) -> None:
        db.execute(TABLE)
        db.execute("INSERT INTO things VALUES (?)", [name])

    return work


async def names(database: Database) -> list[str]:
    rows = await database.read(lambda db: db.execute("SELECT name FROM things ORDER BY rowid").fetchall())
    return [row[0] for row in rows]


async def test_a_write_is_seen_by_whoever_reads_after_it(database: Database) -> None:
    await database.write(put("one"))
    assert await names(database) == ["one"]


async def test_a_write_that_fails_leaves_nothing_behind(database: Database) -> None:
    await database.write(put("one"))

    def half(db: SqliteDatabase) -> None:
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

    def increase(db: SqliteDatabase) -> None:
        (n,) = db.execute("SELECT n FROM counter").fetchone()
        db.execute("UPDATE counter SET n = ?", [n + 1])

    await asyncio.gather(*(database.write(increase) for _ in range(50)))
    assert await database.read(lambda db: db.execute("SELECT n FROM counter").fetchone()) == (50,)


async def test_what_was_written_survives_a_power_cut(database: Database) -> None:
    """WAL with synchronous=FULL (2): SQLite syncs the log before a commit returns."""

    def pragmas(db: SqliteDatabase) -> tuple[str, int, int]:
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


async def test_migrations_run_once(tmp_path: Path) -> None:
    for _ in range(3):
        database = await Database.open(tmp_path)
        applied = await database.read(lambda db: [done.name for done in migrations.applied(db)])
        assert len(applied) == len(set(applied)) > 0
        assert await database.read(migrations.pending) == []
        await database.close()


async def test_a_second_bot_is_told_that_the_folder_is_taken(tmp_path: Path) -> None:
    first = await Database.open(tmp_path)
    with pytest.raises(StartError, match=r"Another finetune-bot is working in .*FINETUNE_DATA"):
        await Database.open(tmp_path)
    await first.close()
    second = await Database.open(tmp_path)
    await second.close()


async def test_a_folder_that_cannot_be_made_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StartError, match="cannot be written"):
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

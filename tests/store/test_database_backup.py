"""A backup of a store in PostgreSQL, taken while a bot works in it, and what a restore makes of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.errors import StartError
from bot.jobs import states
from bot.store.audit import SqlAuditLog
from bot.store.backup import restore
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.database_backup import backup_database, restore_database
from bot.store.jobs import SqlJobStore
from bot.store.postgresql import PostgresqlEngine
from tests import postgresql_server
from tests.parts import a_job
from tests.store.test_audit import entry


@pytest.fixture
def engine() -> Iterator[PostgresqlEngine]:
    """Of a schema that is not there yet. Those that a restore keeps are gone afterwards, too."""
    with postgresql_server.schema() as (url, schema):
        yield PostgresqlEngine(url.get_secret_value(), schema)
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        kept = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE %s", [f"{schema}_%"]).fetchall()
        for (name,) in kept:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


@pytest.fixture
async def bot(engine: PostgresqlEngine) -> Database:
    """What a bot that works there has open, until the test closes it."""
    opened = await Database.of(engine)
    await SqlJobStore(opened).insert(a_job(training_file="file-1"))
    await SqlAuditLog(opened).add(entry(1))
    return opened


async def acts(database: Database) -> list[str]:
    found = [one.key for _, one in await SqlAuditLog(database).latest(10)]
    await database.close()
    return found


async def test_a_backup_of_a_store_in_use_is_restored_to_postgresql_and_to_sqlite(
    engine: PostgresqlEngine, bot: Database, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"
    assert await asyncio.to_thread(backup_database, engine, file) == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    await SqlAuditLog(bot).add(entry(2))
    with pytest.raises(StartError, match="database_in_use"):
        await asyncio.to_thread(restore_database, engine, tmp_path, file)
    await bot.close()

    kept = restore_database(engine, tmp_path, file)

    again = await Database.of(engine)
    job = await SqlJobStore(again).get("job-1")
    assert job is not None
    assert (job.state, job.create_attempted_at) == (states.SUBMITTING, job.created_at)  # it is looked up first
    await SqlAuditLog(again).add(entry(3))  # gets a number of its own
    assert await acts(again) == ["command/3", "command/1"]
    assert kept is not None
    before = await Database.of(PostgresqlEngine(postgresql_server.url(), kept))
    assert await acts(before) == ["command/2", "command/1"]
    assert list(tmp_path.glob("restore-*")) == []

    assert restore(tmp_path / "sqlite", file) is None
    assert await acts(await Database.open(tmp_path / "sqlite")) == ["command/1"]


async def test_an_empty_database_is_restored_to_and_nothing_is_kept_beside_it(
    engine: PostgresqlEngine, bot: Database, tmp_path: Path
) -> None:
    await asyncio.to_thread(backup_database, engine, tmp_path / "backup.db")
    await bot.close()
    engine.erase()
    assert restore_database(engine, tmp_path, tmp_path / "backup.db") is None
    assert await acts(await Database.of(engine)) == ["command/1"]


async def test_where_the_backup_is_none_or_something_breaks_the_store_stays_as_it_was(
    engine: PostgresqlEngine, bot: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(backup_database, engine, tmp_path / "backup.db")
    await bot.close()
    (tmp_path / "letter").write_text("Dear Ana")
    with pytest.raises(StartError, match="not_restored"):
        restore_database(engine, tmp_path, tmp_path / "letter")

    def breaks(*_: Any) -> None:
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr("bot.store.database_backup.copy_rows", breaks)
    with pytest.raises(Exception, match="store_trouble"):
        restore_database(engine, tmp_path, tmp_path / "backup.db")
    assert await acts(await Database.of(engine)) == ["command/1"]


async def test_a_backup_overwrites_nothing_and_is_made_of_a_store_of_this_version(
    engine: PostgresqlEngine, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match="no_store_to_move"):
        backup_database(engine, tmp_path / "backup.db")
    database = await Database.of(engine)
    (tmp_path / "there").write_text("mine")
    with pytest.raises(StartError, match="backup_exists"):
        await asyncio.to_thread(backup_database, engine, tmp_path / "there")

    def by_a_later_version(db: Connection) -> None:
        db.execute("INSERT INTO migrations VALUES ('m999_later', 1)")

    await database.write(by_a_later_version)
    with pytest.raises(StartError, match="database_of_other_version"):
        await asyncio.to_thread(backup_database, engine, tmp_path / "backup.db")
    await database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]

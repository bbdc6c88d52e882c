"""The store on PostgreSQL: the same tables, one bot or several, connections that break, values it does not know."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlite_utils import Database as SqliteUtilsDatabase

from bot.audit import Entry, Outcome
from bot.errors import StartError
from bot.jobs import states
from bot.jobs.notice import Text
from bot.store.audit import SqlAuditLog
from bot.store.connection import Connection
from bot.store.database import Database, StoreTrouble
from bot.store.database_backup import take_for_restored
from bot.store.inbox import SqlInbox
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.store.place import postgresql
from tests import migrated_store, postgresql_server
from tests.parts import a_job, a_notice
from texts import errors


@pytest.fixture
def place() -> Iterator[tuple[SecretStr, str]]:
    with postgresql_server.schema() as made:
        yield made


@pytest.fixture
async def store(place: tuple[SecretStr, str], tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path, place[0], schema=place[1])
    yield opened
    await opened.close()


def server(statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Carried out by somebody else."""
    with psycopg.connect(postgresql_server.url(), autocommit=True) as connection:
        return connection.execute(statement.encode(), values).fetchall()


def process(db: Connection) -> int:
    """The server's, that works for this connection."""
    (number,) = db.execute("SELECT pg_backend_pid()").fetchone()
    return int(number)


def put(channel: str) -> Any:
    return lambda db: db.execute("INSERT INTO unread VALUES (?, ?)", [channel, 1.0])


async def channels(store: Database) -> set[str]:
    return {row[0] for row in await store.read(lambda db: db.execute("SELECT channel FROM unread").fetchall())}


async def test_the_tables_are_those_of_sqlite(store: Database, tmp_path: Path) -> None:
    sqlite = SqliteUtilsDatabase(migrated_store.place(tmp_path / "sqlite") / "bot.db")
    ours = {
        (table.name, column.name, {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}[column.type])
        for table in sqlite.tables
        for column in table.columns
        if not table.name.startswith(("_sqlite", "sqlite_"))
    }
    keys = {
        (table.name, column.name)
        for table in sqlite.tables
        for column in table.columns
        if column.notnull or column.is_pk
    }
    theirs = await store.read(
        lambda db: db.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name <> 'migrations'"
        ).fetchall()
    )
    assert {row[:3] for row in theirs} == ours
    assert {row[:2] for row in theirs if row[3] == "NO"} == {one for one in keys if not one[0].startswith("_sqlite")}
    indexes = await store.read(
        lambda db: db.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()").fetchall()
    )
    named = {name for (name,) in sqlite.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql <> ''")}
    assert {name for name in named if "sqlite" not in name} <= {name for (name,) in indexes}


async def test_whoever_wants_it_alone_keeps_all_others_out(
    place: tuple[SecretStr, str], store: Database, tmp_path: Path
) -> None:
    for alone in (True, False):
        with pytest.raises(StartError, match="database_in_use"):
            await Database.open(tmp_path, place[0], schema=place[1], alone=alone)


async def test_several_bots_share_it_and_keep_out_who_wants_it_alone(
    place: tuple[SecretStr, str], tmp_path: Path
) -> None:
    one, two = [await Database.open(tmp_path, place[0], schema=place[1], alone=False) for _ in range(2)]
    await asyncio.gather(one.write(put("C1")), two.write(put("C2")))
    assert await channels(one) == await channels(two) == {"C1", "C2"}
    await one.close()
    with pytest.raises(StartError, match="database_in_use"):
        await Database.open(tmp_path, place[0], schema=place[1])
    await two.close()
    alone = await Database.open(tmp_path, place[0], schema=place[1])
    await alone.close()


async def test_bots_that_start_at_the_same_time_make_the_tables_once(
    place: tuple[SecretStr, str], tmp_path: Path
) -> None:
    bots = await asyncio.gather(*(Database.open(tmp_path, place[0], schema=place[1], alone=False) for _ in range(3)))
    await bots[0].write(put("C1"))
    assert await channels(bots[2]) == {"C1"}
    for bot in bots:
        await bot.close()


async def test_bots_in_two_schemas_of_a_database_work_beside_each_other(store: Database, tmp_path: Path) -> None:
    with postgresql_server.schema() as (url, schema):
        other = await Database.open(tmp_path, url, schema=schema)
        await asyncio.gather(store.write(put("C1")), other.write(put("C2")))
        assert await channels(store) == {"C1"}
        assert await channels(other) == {"C2"}
        await other.close()


async def test_what_was_stored_is_there_after_a_restart(place: tuple[SecretStr, str], tmp_path: Path) -> None:
    for channel in ("C1", "C2"):
        store = await Database.open(tmp_path, place[0], schema=place[1])
        await store.write(put(channel))
        await store.close()
    store = await Database.open(tmp_path, place[0], schema=place[1])
    assert await channels(store) == {"C1", "C2"}
    await store.close()


async def test_a_connection_that_was_lost_is_opened_anew(store: Database) -> None:
    writer, reader = await store.write(process), await store.read(process)
    server("SELECT pg_terminate_backend(%s, 5000), pg_terminate_backend(%s, 5000)", writer, reader)
    await store.write(put("C1"))
    assert await channels(store) == {"C1"}
    assert await store.write(process) != writer


async def test_what_a_lost_connection_was_in_the_middle_of_is_not_stored(store: Database) -> None:
    def half(db: Connection) -> None:
        put("C1")(db)
        server("SELECT pg_terminate_backend(%s, 5000)", process(db))
        put("C2")(db)

    with pytest.raises(StoreTrouble, match="away"):
        await store.write(half)
    await store.write(put("C3"))
    assert await channels(store) == {"C3"}


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_commit_without_an_answer_is_asked_about(
    store: Database, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    carry_out = psycopg.Connection.execute

    def lost(self: psycopg.Connection[Any], query: Any, *rest: Any, **named: Any) -> Any:
        if query != "COMMIT":
            return carry_out(self, query, *rest, **named)
        monkeypatch.undo()
        if arrives:
            carry_out(self, query)
        self.close()
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(psycopg.Connection, "execute", lost)
    if arrives:
        await store.write(put("C1"))
    else:
        with pytest.raises(StoreTrouble, match="away"):
            await store.write(put("C1"))
    assert await channels(store) == ({"C1"} if arrives else set())


async def test_a_write_that_fails_fails_alone(store: Database) -> None:
    def mistaken(db: Connection) -> None:
        put("C2")(db)
        db.execute("INSERT INTO dreams VALUES (1)")

    outcomes = await asyncio.gather(
        *(store.write(work) for work in (put("C1"), mistaken, put("C3"))), return_exceptions=True
    )
    assert [isinstance(one, psycopg.errors.UndefinedTable) for one in outcomes] == [False, True, False]
    assert await channels(store) == {"C1", "C3"}


async def test_the_version_is_another_one_after_a_commit_and_else_the_same(store: Database) -> None:
    seen = [await store.read(lambda db: db.version()) for _ in range(2)]
    await store.write(put("C1"))
    assert seen[0] == seen[1] != await store.read(lambda db: db.version())


async def test_what_postgresql_cannot_hold_is_replaced_and_numbers_stay_what_they_are(store: Database) -> None:
    audit = SqlAuditLog(store)
    await audit.add(Entry("k", 1700000000.123456, "U1", "act", "100 % ? 'quoted'", "", Outcome.DONE, "a\0b"))
    ((_, entry),) = await audit.latest(1)
    assert (entry.at, entry.resource, entry.details) == (1700000000.123456, "100 % ? 'quoted'", "a\ufffdb")
    await store.write(lambda db: db.execute("INSERT INTO budgets VALUES ('workspace', '', ?)", [float("inf")]))
    (row,) = await store.read(lambda db: db.execute("SELECT usd, 1 + 1, sum(usd) FROM budgets GROUP BY usd").fetchall())
    assert row == (float("inf"), 2, float("inf"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cret@/nowhere?host={host}",
        "postgresql://ana:s3cret@127.0.0.1:1/x",
        "postgresql://s3cret@:x:",
    ],
)
async def test_a_database_that_cannot_be_used_is_named_without_its_password(url: str, tmp_path: Path) -> None:
    host = psycopg.conninfo.conninfo_to_dict(postgresql_server.url())["host"]
    with pytest.raises(StartError) as raised:
        await Database.open(tmp_path, SecretStr(url.format(host=host)))
    assert "s3cret" not in str(raised.value) + errors.sentence(raised.value)
    assert re.search(r"PostgreSQL database .* cannot be used|FINETUNE_DATABASE", errors.sentence(raised.value))


async def test_a_database_put_back_from_a_dump_does_nothing_blindly(tmp_path: Path) -> None:
    """A job that may have been created since is looked up, what may have been said is looked for."""
    with postgresql_server.database() as url:
        store = await Database.open(tmp_path, url)
        jobs, outbox = SqlJobStore(store), SqlOutbox(store)
        await jobs.insert(a_job(training_file="file-1", seed=7))
        await jobs.insert(a_job(id="job-2", state=states.IN_LINE))
        await outbox.put([a_notice("before", Text("Hello."))])
        await SqlInbox(store).accept("click", {"what": "a click"})
        with pytest.raises(StartError, match="database_in_use"):
            await asyncio.to_thread(take_for_restored, postgresql(url))
        await store.close()

        take_for_restored(postgresql(url))

        store = await Database.open(tmp_path, url)
        jobs, outbox = SqlJobStore(store), SqlOutbox(store)
        job, other = await jobs.get("job-1"), await jobs.get("job-2")
        assert job is not None
        assert other is not None
        assert (job.state, job.create_attempted_at) == (states.SUBMITTING, job.created_at)
        assert other.state == states.FAILED
        await SqlCardStore(store).posted("job-1", "1.0", None, [])
        (before,) = (one for one in await outbox.next(time.time()) if one.notice.id == "job-1/before")
        assert before.doubtful
        assert await SqlInbox(store).pending() == []
        await store.close()

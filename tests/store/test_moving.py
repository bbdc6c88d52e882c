"""A store that moves between SQLite and PostgreSQL: every row, or nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from bot.errors import StartError
from bot.store import copying
from bot.store.audit import SqlAuditLog
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.moving import move_store
from tests import migrated_store, postgresql_server
from tests.parts import a_job
from tests.store.test_audit import entry
from texts.errors import sentence


@pytest.fixture
def url() -> Iterator[str]:
    """Of a database of its own."""
    with postgresql_server.database() as made:
        yield made.get_secret_value()


async def fill(folder: Path, count: int = 3) -> str:
    database = await Database.open(folder)
    await SqlAuditLog(database).add(*(entry(number, details="\0 — 语言") for number in range(1, count + 1)))
    await SqlJobStore(database).insert(a_job())
    await database.write(lambda db: db.execute("INSERT INTO budgets VALUES ('workspace', '', ?)", [float("inf")]))
    await database.write(lambda db: db.execute("INSERT INTO people VALUES ('U1', 1, NULL)"))
    await database.close()
    return str(folder)


async def content(where: str, folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    is_url = where.startswith("postgresql:")
    database = await Database.open(folder if is_url else Path(where), SecretStr(where) if is_url else None)

    def every(db: Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table.name: sorted(map(tuple, db.execute(f"SELECT * FROM {table.name}").fetchall()), key=repr)
            for table in copying.tables()
        }

    try:
        return await database.read(every)
    finally:
        await database.close()


async def test_a_store_goes_to_postgresql_and_back_and_is_the_same(url: str, tmp_path: Path) -> None:
    source = await fill(migrated_store.place(tmp_path / "source"), count=1200)
    moved = move_store(source, url)
    before = await content(source, tmp_path)
    there = await content(url, tmp_path)
    assert moved.rows == sum(map(len, before.values())) > 1200
    assert {name for name, rows in before.items() if rows != there[name]} == {"audit"}  # a NUL is none any more
    database = await Database.open(tmp_path / "bot", SecretStr(url))
    await SqlAuditLog(database).add(entry(9999))  # gets a number after all others
    [(latest, _)] = await SqlAuditLog(database).latest(1)
    assert latest == 1201
    await database.close()
    move_store(url, str(tmp_path / "back"))
    assert await content(str(tmp_path / "back"), tmp_path) == await content(url, tmp_path)


async def test_what_is_there_already_is_not_mixed_with(tmp_path: Path) -> None:
    source, target = [await fill(migrated_store.place(tmp_path / name)) for name in ("source", "target")]
    with pytest.raises(StartError, match="store_not_empty") as raised:
        move_store(source, target)
    assert f"There is a store in {target} already" in sentence(raised.value)


async def test_where_it_is_interrupted_the_target_stays_empty_and_can_be_moved_to_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await fill(migrated_store.place(tmp_path / "source"))
    compare, compared = copying.contents, []

    def lost(rows: Any) -> Any:
        compared.append(compare(rows))
        if len(compared) == len(copying.tables()) + 20:  # all is copied, and some of it is compared
            raise psycopg.OperationalError("the connection is lost")
        return compared[-1]

    monkeypatch.setattr(copying, "contents", lost)
    with pytest.raises(Exception, match="store_trouble"):
        move_store(source, url)
    monkeypatch.undo()
    assert not any((await content(url, tmp_path)).values())
    moved = move_store(source, url)
    assert moved.rows == sum(map(len, (await content(url, tmp_path)).values())) > 5


async def test_a_row_that_arrives_as_another_is_found_and_nothing_kept(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await fill(migrated_store.place(tmp_path / "source"))
    await content(url, tmp_path)  # makes the tables
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.usd = 5; RETURN NEW; END'"
        )
        connection.execute(
            "CREATE TRIGGER spoiled BEFORE INSERT ON finetune_bot.budgets FOR EACH ROW EXECUTE FUNCTION spoil()"
        )
    with pytest.raises(StartError, match="store_not_copied table=budgets"):
        move_store(source, url)
    assert not any((await content(url, tmp_path)).values())


async def test_a_store_that_a_bot_works_in_is_not_moved_and_nothing_moves_over_one(url: str, tmp_path: Path) -> None:
    source = await fill(migrated_store.place(tmp_path / "source"))
    bot = await Database.open(tmp_path / "source")
    with pytest.raises(StartError, match="stop_first"):
        move_store(source, url)
    await bot.close()
    bot = await Database.open(tmp_path / "bot", SecretStr(url))
    with pytest.raises(StartError, match="database_in_use"):
        move_store(source, url)
    await bot.close()


def test_where_there_is_no_store_none_is_made(url: str, tmp_path: Path) -> None:
    for source in (str(tmp_path / "mistyped"), url):
        with pytest.raises(StartError, match="no_store_to_move"):
            move_store(source, str(tmp_path / "target"))
    assert list(tmp_path.iterdir()) == []
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'finetune_bot'").fetchall() == []

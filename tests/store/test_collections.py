"""Collections and their examples, as they are kept."""

import json
from pathlib import Path

import pytest
import sqlite_utils

from bot.audit import Entry
from bot.errors import NotFound
from bot.store.collections import SqlCollectionStore
from bot.store.database import Database
from bot.store.schema import migrations
from tests.collecting import Collecting, chat_line


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Collecting:
    return Collecting(database, tmp_path / "files")


async def test_what_an_earlier_version_kept_is_used_without_review(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "bot.db")
    migrations.apply(db)
    made = {"id": "col-1", "name": "Support", "owner": "U0ANA", "team": "T0ACME", "channel": "C0", "private": False}
    db.execute("INSERT INTO collections VALUES ('col-1', 1.0, ?)", [json.dumps(made | {"created_at": 1.0})])
    what = {"id": "ex-1", "collection_id": "col-1", "line": chat_line(), "origin": "thread", "channel": "C0"}
    added = {"thread_ts": "1.0", "private": False, "contributors": ["U0BEN"], "added_by": "U0ANA", "added_at": 1.0}
    db.execute("INSERT INTO examples VALUES (1, 'ex-1', 'col-1', 'C0', ?)", [json.dumps(what | added)])
    db.conn.commit()
    db.close()
    database = await Database.open(tmp_path)
    store = SqlCollectionStore(database)
    collection, [kept] = await store.get("col-1"), await store.examples("col-1")
    assert collection is not None
    assert (collection.review, kept.unreviewed, kept.reviewer) == (False, False, None)
    await database.close()


async def test_an_example_that_is_added_again_changes_nothing_though_it_was_accepted_meanwhile(
    world: Collecting,
) -> None:
    await world.collection(review=True)
    added = await world.example("ex-1")
    [waiting] = await world.store.examples("col-1")
    assert await world.store.accept(waiting, "U0BEN", Entry("yes", 1.0, "U0BEN", "accept example", "col-1"))
    await world.store.add(added, Entry("again", 1.0, "U0ANA", "add example", "col-1"))
    [accepted] = await world.store.examples("col-1")
    assert (accepted.unreviewed, accepted.reviewer) == (False, "U0BEN")
    assert await world.acts() == ["create collection", "add example", "accept example"]


async def test_what_was_changed_meanwhile_is_neither_accepted_nor_rejected(world: Collecting) -> None:
    await world.collection(review=True)
    await world.example("ex-1")
    [seen] = await world.store.examples("col-1")
    await world.example("ex-1", line=chat_line("Changed?"), at=2.0)
    assert not await world.store.accept(seen, "U0BEN", Entry("yes", 1.0, "U0BEN", "accept example", "col-1"))
    assert not await world.store.reject(seen, Entry("no", 1.0, "U0BEN", "reject example", "col-1"))
    assert (await world.store.examples("col-1"))[0].unreviewed


async def test_whose_words_a_changed_example_held_before_no_longer_counts(world: Collecting) -> None:
    await world.collection()
    await world.example("ex-1", people=("U0BEN",))
    await world.example("ex-1", people=("U0CAI",), at=2.0)
    assert await world.store.of_contributor("U0BEN") == []
    assert [one.id for one in await world.store.of_contributor("U0CAI")] == ["ex-1"]


async def test_nothing_is_added_to_a_set_that_is_gone(world: Collecting) -> None:
    with pytest.raises(NotFound):
        await world.example("ex-1", "col-gone")

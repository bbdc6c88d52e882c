import time
from operator import methodcaller

import pytest

from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.missed_channels import SqlMissedChannels

DAY = 24 * 3600.0
PAYLOAD: dict[str, object] = {"type": "event_callback", "event": {"text": "what somebody wrote"}}


@pytest.fixture
def inbox(database: Database) -> SqlInbox:
    return SqlInbox(database)


async def keys(inbox: SqlInbox) -> list[str]:
    return [entry.key for entry in await inbox.pending()]


async def test_a_redelivery_is_known_by_its_key(inbox: SqlInbox) -> None:
    assert await inbox.accept("event/1", PAYLOAD)
    assert not await inbox.accept("event/1", {"other": "payload"})
    (entry,) = await inbox.pending()
    assert entry.payload == PAYLOAD


async def test_a_redelivery_of_what_is_done_is_known_too(inbox: SqlInbox) -> None:
    await inbox.accept("event/1", PAYLOAD)
    await inbox.finish("event/1")
    assert not await inbox.accept("event/1", PAYLOAD)
    assert await inbox.pending() == []


async def test_what_is_unfinished_comes_back_oldest_first(inbox: SqlInbox) -> None:
    for number in range(4):
        await inbox.accept(f"event/{number}", PAYLOAD)
    await inbox.finish("event/0")
    await inbox.finish("event/2", failed=True)
    assert await keys(inbox) == ["event/1", "event/3"]


async def test_attempts_are_counted(inbox: SqlInbox) -> None:
    await inbox.accept("event/1", PAYLOAD)
    await inbox.begin("event/1")
    await inbox.begin("event/1")
    assert (await inbox.pending())[0].attempts == 2


async def test_attempts_that_were_stopped_by_something_else_do_not_count(inbox: SqlInbox) -> None:
    await inbox.accept("event/1", PAYLOAD)
    await inbox.begin("event/1")
    await inbox.excuse("event/1")
    assert (await inbox.pending())[0].attempts == 0


@pytest.mark.parametrize("failed", [False, True])
async def test_what_people_wrote_is_not_kept_once_it_is_done(inbox: SqlInbox, database: Database, failed: bool) -> None:
    await inbox.accept("event/1", PAYLOAD)
    await inbox.finish("event/1", failed=failed)
    assert await database.read(lambda db: db.execute("SELECT key, payload FROM inbox").fetchall()) == [
        ("event/1", None)
    ]


async def test_old_keys_are_forgotten_but_nothing_unfinished(inbox: SqlInbox, database: Database) -> None:
    for key in ("old and done", "old and pending", "new and done"):
        await inbox.accept(key, PAYLOAD)
    await inbox.finish("old and done")
    await inbox.finish("new and done")
    long_ago = time.time() - 30 * 24 * 3600
    await database.write(
        lambda db: db.execute("UPDATE inbox SET received_at = ? WHERE key LIKE 'old%'", [long_ago]).fetchall()
    )
    await inbox.forget_old()
    assert not await inbox.accept("new and done", PAYLOAD)
    assert not await inbox.accept("old and pending", PAYLOAD)
    assert await inbox.accept("old and done", PAYLOAD)


async def test_keys_are_kept_as_long_as_their_channels_may_be_read_back(inbox: SqlInbox, database: Database) -> None:
    unread = SqlMissedChannels(database)
    now = time.time()
    await unread.was_away(now - 20 * DAY)
    await unread.spread(now - 20 * DAY, ["C1"])
    for days in (30, 10):
        await inbox.accept(f"{days} days old", PAYLOAD)
        await inbox.finish(f"{days} days old")
        age = methodcaller(
            "execute", "UPDATE inbox SET received_at = ? WHERE key = ?", [now - days * DAY, f"{days} days old"]
        )
        await database.write(age)
    await inbox.forget_old()
    assert not await inbox.accept("10 days old", PAYLOAD)
    assert await inbox.accept("30 days old", PAYLOAD)
    await inbox.finish("30 days old")
    await unread.was_read("C1")
    await inbox.forget_old()
    assert await inbox.accept("10 days old", PAYLOAD)

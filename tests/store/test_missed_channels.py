import time
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.missed_channels import MissedChannel, SqlMissedChannels


@pytest.fixture
def unread(database: Database) -> SqlMissedChannels:
    return SqlMissedChannels(database)


async def test_a_new_store_has_missed_nothing(unread: SqlMissedChannels) -> None:
    assert await unread.last_heard() is None


async def test_what_may_be_missed_begins_a_little_before_what_was_heard_last(
    unread: SqlMissedChannels, database: Database
) -> None:
    """Slack may still have been repeating something older."""
    began = time.time()
    await SqlInbox(database).accept("event/1", {})
    heard = await unread.last_heard()
    assert heard is not None
    assert began <= heard <= time.time()
    await unread.was_away(heard)
    assert await unread.everywhere() == heard - 600


async def test_the_earliest_absence_counts_until_its_channels_were_read(unread: SqlMissedChannels) -> None:
    await unread.was_away(5000)
    await unread.was_away(9000)
    assert await unread.everywhere() == 4400
    await unread.spread(4400, ["C1", "C2"])
    assert await unread.everywhere() is None
    await unread.was_read("C1")
    await unread.was_away(9000)
    await unread.spread(8400, ["C1", "C2", "C3"])
    assert await unread.channels() == [MissedChannel("C2", 4400), MissedChannel("C1", 8400), MissedChannel("C3", 8400)]


async def test_what_is_unread_outlives_the_process(tmp_path: Path) -> None:
    for moment in (5000, 9000):
        database = await Database.open(tmp_path)
        await SqlMissedChannels(database).was_away(moment)
        await database.close()
    database = await Database.open(tmp_path)
    assert await SqlMissedChannels(database).everywhere() == 4400
    await database.close()

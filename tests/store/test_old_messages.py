"""Messages about evaluations and exports from before they stood in one table are still known."""

from pathlib import Path

import sqlite_utils

from bot.notices.interfaces import ShownMessage
from bot.store.database import Database
from bot.store.exports import SqlExportStore
from bot.store.schema import migrations
from bot.store.shown_messages import SqlShownMessages


async def test_each_keeps_its_place_and_what_it_shows(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "bot.db")
    migrations.apply(db, stop_before="m024_shown_messages")
    db.execute("INSERT INTO comparisons VALUES ('cmp-1', 'C1', '5.0', 0, 1.0, NULL, 0, '{}')")
    db.execute("INSERT INTO comparison_messages VALUES ('cmp-1', '1', 1.0, '5.0', 'answers')")
    db.execute("INSERT INTO evaluation_messages VALUES ('eval-1', 'card', 2.0, NULL, NULL)")
    db.execute("INSERT INTO exports VALUES ('export-1', 1, 1.0, 3.0, '7.0', 'hash', '{}')")
    db.execute("INSERT INTO exports VALUES ('export-2', 1, 1.0, NULL, NULL, NULL, '{}')")
    db.conn.commit()
    db.close()
    database = await Database.open(tmp_path)
    messages = SqlShownMessages(database)
    assert await messages.of("cmp-1") == {"1": ShownMessage(1.0, "5.0", "answers")}
    assert await messages.of("eval-1") == {"card": ShownMessage(2.0)}
    assert await messages.of("export-1") == {"export": ShownMessage(3.0, "7.0", "hash")}
    assert await messages.of("export-2") == {}
    assert await SqlExportStore(database).open() == ["export-1", "export-2"]
    await database.close()

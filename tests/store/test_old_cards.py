"""Cards from before there were sweeps are still the messages of their jobs."""

from pathlib import Path

import msgspec
import sqlite_utils

from bot.notices.interfaces import Card
from bot.store.database import Database
from bot.store.outbox import SqlCardStore
from bot.store.schema import migrations
from tests.parts import CHANNEL, a_job


async def test_a_card_keeps_its_message_what_it_shows_and_its_chart(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "bot.db")
    migrations.apply(db, stop_before="m020_sweeps")
    job = a_job(id="job-1")
    value = msgspec.json.encode(job).decode()
    db.execute(
        "INSERT INTO jobs (id, state, provider, requester, created_at, followed, value) VALUES (?, ?, ?, ?, ?, 1, ?)",
        [job.id, job.state, job.provider, job.requester, job.created_at, value],
    )
    db.execute("INSERT INTO cards VALUES ('job-1', ?, '5.0', 1.0, 'hash', 1, 7.5, 'F1', 30)", [CHANNEL])
    db.conn.commit()
    db.close()
    database = await Database.open(tmp_path)
    store = SqlCardStore(database)
    assert await store.card("job-1") == Card("job-1", CHANNEL, 7.5, "5.0", 1.0, "hash", "F1", 30)
    assert [card.job_id for card in await store.dirty(9)] == ["job-1"]
    await database.close()

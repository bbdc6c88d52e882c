"""Notices that were stored when each held its whole job are still said, and told apart from what was said."""

import json
from pathlib import Path
from typing import Any

import msgspec
import sqlite_utils

from bot.jobs.job import Job, Origin
from bot.jobs.notice import Ended, Notice, Paused, ProviderSaid, Resumed, Stuck
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from bot.store.schema import migrations
from tests.parts import CHANNEL, a_job
from tests.store_reading import all_notices

JOB = a_job(state="running", created_at=5.0, origin=Origin("T0ACME", CHANNEL, True))


def put(db: sqlite_utils.Database, number: int, kind: str, job: Job = JOB, **fields: Any) -> None:
    """As the version before stored it."""
    notice = {
        "id": f"job-1/{number}",
        "body": {"type": kind, "job": json.loads(msgspec.json.encode(job)), **fields},
        "channel": CHANNEL,
        "thread_ts": None,
        "under_card": None if number else "job-1",
    }
    db.execute(
        "INSERT INTO notices (id, thread, state, value) VALUES (?, ?, 'pending', ?)",
        [notice["id"], f"{CHANNEL}/{number}", json.dumps(notice)],
    )


async def test_a_notice_that_held_its_job_says_whose_that_is_instead(tmp_path: Path) -> None:
    db = sqlite_utils.Database(tmp_path / "bot.db")
    migrations.apply(db, stop_before="m011_notices_without_their_job")
    put(db, 0, "provider_said", level="warn", message="Mind the gap")
    put(db, 1, "steered", act="pause", by="U0BEN")
    put(db, 2, "steered", act="resume", by="U0BEN")
    put(db, 3, "stuck", hours=3)
    put(db, 4, "ended", a_job(state="failed", origin=JOB.origin))
    db.conn.commit()
    db.close()
    database = await Database.open(tmp_path)
    stored = await all_notices(database)
    assert stored[0] == Notice(
        "job-1/0", ProviderSaid("warn", "Mind the gap"), CHANNEL, JOB.resource, 5.0, under_card="job-1"
    )
    bodies = [notice.body for notice in stored[1:]]
    assert bodies == [Paused("U0BEN"), Resumed("U0BEN"), Stuck("running", 3), Ended()]
    due = await SqlOutbox(database).next(1e12)
    assert [pending.notice.id for pending in due] == [f"job-1/{number}" for number in range(1, 5)]
    await database.close()

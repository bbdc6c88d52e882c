"""What was received and said about a job. Implements `bot.jobs.timeline.Deliveries`."""

from collections.abc import Sequence
from typing import Any

from bot.jobs.timeline import Delivered, Received
from bot.store.connection import Connection
from bot.store.database import Database


class SqlDeliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def received(self, key: str) -> Received | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT key, received_at, attempts, state FROM inbox WHERE key = ?", [key]).fetchone()
        )
        return Received(*row) if row else None

    async def of_job(self, job_id: str) -> Sequence[Delivered]:
        def work(db: Connection) -> tuple[list[Any], list[Any]]:
            cards = db.execute("SELECT ts, posting_since FROM cards WHERE job_id = ?", [job_id]).fetchall()
            notices = db.execute(
                "SELECT id, state, attempts, attempted_at, posted_ts, why FROM notices"
                " WHERE id >= ? AND id < ? ORDER BY seq",
                [f"{job_id}/", f"{job_id}0"],  # 0 is what follows / in ASCII
            ).fetchall()
            return cards, notices

        cards, notices = await self._database.read(work)
        found = [
            Delivered("card", "posted" if ts else "attempting", 1, since, float(ts) if ts else None)
            for ts, since in cards
        ]
        return found + [
            Delivered(notice, state, attempts, at, float(ts) if ts else None, why)
            for notice, state, attempts, at, ts, why in notices
        ]

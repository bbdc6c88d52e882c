"""What trackers of experiments have been told of jobs. Implements `bot.tracking.run.TrackingStore`."""

from collections.abc import Sequence

from bot.store.connection import Connection
from bot.store.database import Database
from bot.tracking.run import Due, Progress


class SqlTrackingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, tracker: str, now: float, *, private: bool, limit: int) -> Sequence[Due]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT j.id, coalesce(t.step, -1), coalesce(t.told, ''), coalesce(t.failures, 0)"
                " FROM jobs j LEFT JOIN tracked_jobs t ON t.tracker = ? AND t.job_id = j.id"
                " WHERE j.provider_job_id IS NOT NULL AND coalesce(t.over, 0) = 0 AND coalesce(t.next_look, 0) <= ?"
                " AND (? = 1 OR j.origin_private = 0) ORDER BY j.created_at LIMIT ?",
                [tracker, now, int(private), limit],
            ).fetchall()
        )
        return [Due(job_id, Progress(step, told, failures)) for job_id, step, told, failures in rows]

    async def told(self, tracker: str, job_id: str, progress: Progress, *, next_look: float, over: bool) -> None:
        values = [tracker, job_id, progress.step, progress.told, progress.failures, next_look, int(over)]

        def work(db: Connection) -> None:
            db.execute(
                "INSERT INTO tracked_jobs VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tracker, job_id) DO UPDATE SET"
                " step = excluded.step, told = excluded.told, failures = excluded.failures,"
                " next_look = excluded.next_look, over = excluded.over",
                values,
            )

        await self._database.write(work)

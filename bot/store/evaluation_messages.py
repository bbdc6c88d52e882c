"""What shows evaluations in Slack. Implements `bot.evaluations.messages.EvaluationMessages`."""

from collections.abc import Mapping

from sqlite_utils import Database as SqliteDatabase

from bot.notices.interfaces import ShownMessage
from bot.store.database import Database


class SqliteEvaluationMessages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT id FROM evaluations LEFT JOIN evaluations_shown ON evaluation_id = id"
                " WHERE evaluations_shown.changes IS NOT evaluations.changes ORDER BY created_at"
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def of(self, evaluation_id: str) -> Mapping[str, ShownMessage]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT key, posting_since, ts, shown FROM evaluation_messages WHERE evaluation_id = ?", [evaluation_id]
            ).fetchall()
        )
        return {key: ShownMessage(posting_since, ts, shown) for key, posting_since, ts, shown in rows}

    async def posting(self, evaluation_id: str, key: str, now: float) -> None:
        await self._write(
            "INSERT OR IGNORE INTO evaluation_messages VALUES (?, ?, ?, NULL, NULL)", evaluation_id, key, now
        )

    async def posted(self, evaluation_id: str, key: str, ts: str) -> None:
        await self._write(
            "UPDATE evaluation_messages SET ts = ? WHERE evaluation_id = ? AND key = ?", ts, evaluation_id, key
        )

    async def shown(self, evaluation_id: str, key: str, shown: str) -> None:
        await self._write(
            "UPDATE evaluation_messages SET shown = ? WHERE evaluation_id = ? AND key = ?", shown, evaluation_id, key
        )

    async def rest(self, evaluation_id: str, changes: int) -> None:
        await self._write("INSERT OR REPLACE INTO evaluations_shown VALUES (?, ?)", evaluation_id, changes)

    async def _write(self, statement: str, *values: object) -> None:
        def work(db: SqliteDatabase) -> None:
            db.execute(statement, list(values))

        await self._database.write(work)

"""Messages in Slack that show something which changes. Implements `bot.notices.interfaces.MessageStore`."""

from collections.abc import Mapping

from bot.notices.interfaces import ShownMessage
from bot.store.connection import Connection
from bot.store.database import Database

SHOWN = " UNION ALL ".join(
    f"SELECT id, created_at FROM {table}"
    for table in ("comparisons", "evaluations", "judge_checks", "generations", "exports")
)
"""All that messages are about."""


class SqlShownMessages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, about: str) -> Mapping[str, ShownMessage]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT key, posting_since, ts, shown FROM shown_messages WHERE about = ?", [about]
            ).fetchall()
        )
        return {key: ShownMessage(posting_since, ts, shown) for key, posting_since, ts, shown in rows}

    async def posting(self, about: str, key: str, now: float) -> float | None:
        def work(db: Connection) -> float | None:
            row = db.execute(
                "SELECT posting_since FROM shown_messages WHERE about = ? AND key = ?", [about, key]
            ).fetchone()
            if row is not None:
                return float(row[0])
            # What is older than a restored backup may have had this message before, and forgotten it.
            (restored,) = db.execute(
                "SELECT min(at) FROM restorations"
                f" WHERE at >= (SELECT created_at FROM ({SHOWN}) AS all_shown WHERE id = ?)",
                [about],
            ).fetchone()
            since = now if restored is None else restored
            db.execute("INSERT INTO shown_messages VALUES (?, ?, ?, NULL, NULL)", [about, key, since])
            return None if restored is None else float(restored)

        return await self._database.write(work)

    async def posted(self, about: str, key: str, ts: str, shown: str | None) -> None:
        await self._write(
            "UPDATE shown_messages SET ts = ?, shown = ? WHERE about = ? AND key = ?", ts, shown, about, key
        )

    async def shown(self, about: str, key: str, shown: str | None) -> None:
        await self._write("UPDATE shown_messages SET shown = ? WHERE about = ? AND key = ?", shown, about, key)

    async def _write(self, statement: str, *values: object) -> None:
        await self._database.write(lambda db: db.execute(statement, list(values)))

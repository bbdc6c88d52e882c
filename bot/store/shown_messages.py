"""Messages in Slack that show something which changes. Implements `bot.notices.interfaces.MessageStore`."""

from collections.abc import Mapping

from bot.notices.interfaces import ShownMessage
from bot.store.database import Database


class SqliteShownMessages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, about: str) -> Mapping[str, ShownMessage]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT key, posting_since, ts, shown FROM shown_messages WHERE about = ?", [about]
            ).fetchall()
        )
        return {key: ShownMessage(posting_since, ts, shown) for key, posting_since, ts, shown in rows}

    async def posting(self, about: str, key: str, now: float) -> None:
        await self._write("INSERT OR IGNORE INTO shown_messages VALUES (?, ?, ?, NULL, NULL)", about, key, now)

    async def posted(self, about: str, key: str, ts: str, shown: str | None) -> None:
        await self._write(
            "UPDATE shown_messages SET ts = ?, shown = ? WHERE about = ? AND key = ?", ts, shown, about, key
        )

    async def shown(self, about: str, key: str, shown: str | None) -> None:
        await self._write("UPDATE shown_messages SET shown = ? WHERE about = ? AND key = ?", shown, about, key)

    async def _write(self, statement: str, *values: object) -> None:
        await self._database.write(lambda db: db.execute(statement, list(values)))

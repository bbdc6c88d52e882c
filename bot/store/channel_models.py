"""Models that may be talked to in a channel. Implements `bot.administration.channel_models.ChannelModelsStore`."""

from collections.abc import Collection

from bot.audit import Entry
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlChannelModels:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, channel: str) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT model FROM channel_models WHERE channel = ? ORDER BY model", [channel]
            ).fetchall()
        )
        return [model for (model,) in rows]

    async def set(self, channel: str, models: Collection[str], entry: Entry) -> None:
        def write(db: Connection) -> None:
            db.execute("DELETE FROM channel_models WHERE channel = ?", [channel])
            for model in models:
                db.execute("INSERT INTO channel_models VALUES (?, ?)", [channel, model])
            put_entries(db, [entry])

        await self._database.write(write)

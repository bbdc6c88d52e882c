"""Channels' default providers. Implements `bot.providers.channel_providers.ChannelProvidersStore`."""

from bot.audit import Entry
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlChannelProviders:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, channel: str) -> str | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT provider FROM channel_providers WHERE channel = ?", [channel]).fetchone()
        )
        return row[0] if row else None

    async def set(self, channel: str, provider: str | None, entry: Entry) -> None:
        def write(db: Connection) -> None:
            db.execute("DELETE FROM channel_providers WHERE channel = ?", [channel])
            if provider is not None:
                db.execute("INSERT INTO channel_providers VALUES (?, ?)", [channel, provider])
            put_entries(db, [entry])

        await self._database.write(write)

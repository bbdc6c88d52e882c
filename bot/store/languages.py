"""The languages of channels. Implements `bot.languages.ChannelLanguages`."""

from bot.audit import Entry
from bot.jobs import states
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.outbox import touch_card


class SqlChannelLanguages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, channel: str) -> str | None:
        def read(db: Connection) -> str | None:
            row = db.execute("SELECT language FROM channel_languages WHERE channel = ?", [channel]).fetchone()
            return row[0] if row else None

        return await self._database.read(read)

    async def set(self, channel: str, language: str | None, entry: Entry) -> None:
        def write(db: Connection) -> None:
            db.execute("DELETE FROM channel_languages WHERE channel = ?", [channel])
            if language is not None:
                values = [channel, language, entry.actor, entry.at]
                db.execute("INSERT INTO channel_languages VALUES (?, ?, ?, ?)", values)
            # What has ended is left as it was said.
            ended = ", ".join("?" * len(states.ENDED))
            under_way = db.execute(
                "SELECT job_id FROM cards JOIN jobs ON jobs.id = job_id"
                f" WHERE channel = ? AND ts IS NOT NULL AND state NOT IN ({ended})",
                [channel, *states.ENDED],
            ).fetchall()
            for (job_id,) in under_way:
                touch_card(db, job_id)
            put_entries(db, [entry])

        await self._database.write(write)

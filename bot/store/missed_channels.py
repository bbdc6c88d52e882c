"""Channels in which something may have been missed, and since when; kept until they were read back, so that a process
that is stopped in the middle of reading loses nothing."""

from collections.abc import Iterable

import msgspec

from bot.store.connection import Connection
from bot.store.database import Database

# Slack repeats an event for five minutes, so some that are older than the last one heard may not have come through.
_STILL_UNDER_WAY = 600.0
_EVERYWHERE = ""


class MissedChannel(msgspec.Struct, frozen=True):
    """`since`: seconds since the epoch."""

    channel: str
    since: float


class SqlMissedChannels:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_heard(self) -> float | None:
        """When the last event came in (seconds since the epoch); None for a new store, which has missed nothing."""
        row = await self._database.read(lambda db: db.execute("SELECT max(received_at) FROM inbox").fetchone())
        return float(row[0]) if row[0] is not None else None

    async def was_away(self, since: float) -> None:
        """Record that no event came in since then."""
        await self._database.write(lambda db: _add(db, _EVERYWHERE, since - _STILL_UNDER_WAY))

    async def everywhere(self) -> float | None:
        """Since when all channels are to be read back, while it is not known which those are; else None."""
        row = await self._database.read(
            lambda db: db.execute("SELECT since FROM unread WHERE channel = ?", [_EVERYWHERE]).fetchone()
        )
        return row[0] if row else None

    async def spread(self, since: float, channels: Iterable[str]) -> None:
        """Store which all channels are."""

        def work(db: Connection) -> None:
            for channel in channels:
                _add(db, channel, since)
            db.execute("DELETE FROM unread WHERE channel = ?", [_EVERYWHERE])

        await self._database.write(work)

    async def channels(self) -> list[MissedChannel]:
        """Those to be read, longest unread first."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT channel, since FROM unread WHERE channel != ? ORDER BY since, channel", [_EVERYWHERE]
            ).fetchall()
        )
        return [MissedChannel(*row) for row in rows]

    async def was_read(self, channel: str) -> None:
        await self._database.write(lambda db: db.execute("DELETE FROM unread WHERE channel = ?", [channel]))


def _add(db: Connection, channel: str, since: float) -> None:
    db.execute(
        "INSERT INTO unread VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET since = excluded.since"
        " WHERE excluded.since < unread.since",
        [channel, since],
    )

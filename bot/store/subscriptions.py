"""Channels that subscribed to the endings of jobs. Implements `bot.notices.interfaces.Subscriptions`."""

from collections.abc import Sequence

from bot.access import Place, is_shown_in
from bot.audit import Entry
from bot.jobs.notice import EndedElsewhere, GroupEnded, Notice, ended_elsewhere, is_told_elsewhere
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlSubscriptions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, channel: str, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute(
                "INSERT INTO subscriptions VALUES (?, ?, ?) ON CONFLICT (channel) DO NOTHING",
                [channel, entry.actor, entry.at],
            )
            put_entries(db, [entry])

        await self._database.write(work)

    async def remove(self, channel: str, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM subscriptions WHERE channel = ?", [channel])
            put_entries(db, [entry])

        await self._database.write(work)

    async def channels(self) -> list[str]:
        return await self._database.read(_channels)


def endings_for_subscribers(db: Connection, notices: Sequence[Notice]) -> list[Notice]:
    """Notices of the endings among `notices` for the channels that are subscribed at this moment, inside a caller's
    transaction. Jobs of private channels are announced in no other channel.
    """
    endings = [notice for notice in notices if is_told_elsewhere(notice)]
    if not endings:
        return []
    told = {notice.channel for notice in notices if isinstance(notice.body, EndedElsewhere | GroupEnded)}
    return [
        ended_elsewhere(ending, f"{ending.id}/elsewhere/{channel}", channel)
        for ending in endings
        for channel in _channels(db)
        if channel != ending.channel and channel not in told and is_shown_in(Place(channel), ending.about)
    ]


def _channels(db: Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT channel FROM subscriptions ORDER BY at").fetchall()]

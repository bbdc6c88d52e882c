"""The digests of channels. Implements `bot.digest.sending.DigestPlans`."""

from collections.abc import Sequence

import msgspec

from bot.audit import Entry
from bot.digest.plan import DigestPlan
from bot.jobs.notice import Notice
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.outbox import put_notices


class SqlDigestPlans:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[DigestPlan]:
        rows = await self._database.read(lambda db: db.execute("SELECT value FROM digests").fetchall())
        return [msgspec.json.decode(value, type=DigestPlan) for (value,) in rows]

    async def get(self, channel: str) -> DigestPlan | None:
        return await self._database.read(lambda db: _read(db, channel))

    async def set(self, plan: DigestPlan, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute(
                "INSERT INTO digests VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET value = excluded.value",
                [plan.channel, _written(plan)],
            )
            put_entries(db, [entry])

        await self._database.write(work)

    async def remove(self, channel: str, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM digests WHERE channel = ?", [channel])
            put_entries(db, [entry])

        await self._database.write(work)

    async def told(self, plan: DigestPlan, notices: Sequence[Notice]) -> None:
        def work(db: Connection) -> None:
            stored = _read(db, plan.channel)
            if stored is None or msgspec.structs.replace(stored, told_until=plan.told_until) != plan:
                return
            db.execute("UPDATE digests SET value = ? WHERE channel = ?", [_written(plan), plan.channel])
            put_notices(db, notices)

        await self._database.write(work)


def _read(db: Connection, channel: str) -> DigestPlan | None:
    row = db.execute("SELECT value FROM digests WHERE channel = ?", [channel]).fetchone()
    return msgspec.json.decode(row[0], type=DigestPlan) if row else None


def _written(plan: DigestPlan) -> str:
    return msgspec.json.encode(plan).decode()

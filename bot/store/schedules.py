"""Trainings that repeat. Implements `bot.retraining.schedule.ScheduleStore`."""

from collections.abc import Sequence

import msgspec

from bot.audit import Entry
from bot.jobs.notice import Notice
from bot.retraining.schedule import Change, Schedule
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.outbox import put_notices


class SqlScheduleStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Schedule]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT value FROM retraining_schedules ORDER BY id").fetchall()
        )
        return [msgspec.json.decode(value, type=Schedule) for (value,) in rows]

    async def get(self, schedule_id: str) -> Schedule | None:
        return await self._database.read(lambda db: _get(db, schedule_id))

    async def set(self, schedule: Schedule, entry: Entry) -> None:
        def work(db: Connection) -> None:
            known = _get(db, schedule.id)
            kept = schedule.following(known) if known is not None else schedule
            db.execute(
                "INSERT INTO retraining_schedules VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
                [kept.id, _json(kept)],
            )
            put_entries(db, [entry])

        await self._database.write(work)

    async def change(
        self, schedule_id: str, make: Change, entry: Entry | None = None, notices: Sequence[Notice] = ()
    ) -> bool:
        def work(db: Connection) -> bool:
            known = _get(db, schedule_id)
            changed = make(known) if known is not None else None
            if changed is None:
                return False
            db.execute("UPDATE retraining_schedules SET value = ? WHERE id = ?", [_json(changed), schedule_id])
            put_entries(db, [entry] if entry else [])
            put_notices(db, notices)
            return True

        return await self._database.write(work)

    async def remove(self, schedule: Schedule, entry: Entry, notices: Sequence[Notice] = ()) -> bool:
        def work(db: Connection) -> bool:
            if _get(db, schedule.id) is None:
                return False
            db.execute("DELETE FROM retraining_schedules WHERE id = ?", [schedule.id])
            put_entries(db, [entry])
            put_notices(db, notices)
            return True

        return await self._database.write(work)


def _get(db: Connection, schedule_id: str) -> Schedule | None:
    row = db.execute("SELECT value FROM retraining_schedules WHERE id = ?", [schedule_id]).fetchone()
    return msgspec.json.decode(row[0], type=Schedule) if row else None


def _json(schedule: Schedule) -> str:
    return msgspec.json.encode(schedule).decode()

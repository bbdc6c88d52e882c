"""Notices and cards. Implements `bot.notices.interfaces.Outbox` and `CardStore`."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlite_utils import Database as SqliteDatabase

from bot.notices.interfaces import Card, Pending
from bot.notices.notice import Notice
from bot.store.database import Database


def put_notices(db: SqliteDatabase, notices: Sequence[Notice]) -> None:
    """Inside a caller's transaction. A notice whose id is known is left as it is."""
    for notice in notices:
        thread = f"{notice.channel}/{notice.thread_ts or notice.under_card or ''}"
        db.execute(
            "INSERT OR IGNORE INTO notices (id, thread, state, value) VALUES (?, ?, 'pending', ?)",
            [notice.id, thread, msgspec.json.encode(notice).decode()],
        )


class SqliteOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, notices: Sequence[Notice]) -> None:
        await self._database.write(lambda db: put_notices(db, notices))

    async def next(self, now: float) -> list[Pending]:
        def work(db: SqliteDatabase) -> list[tuple[Any, ...]]:
            return db.execute(
                """
                SELECT n.value, n.state, n.attempts, n.attempted_at, c.ts
                FROM notices n LEFT JOIN cards c ON c.job_id = json_extract(n.value, '$.under_card')
                WHERE n.state IN ('pending', 'attempting') AND n.next_try_at <= ?
                  AND n.seq = (SELECT min(seq) FROM notices WHERE thread = n.thread
                               AND state IN ('pending', 'attempting'))
                ORDER BY n.seq LIMIT 200
                """,
                [now],
            ).fetchall()

        found = []
        for value, state, attempts, attempted_at, card_ts in await self._database.read(work):
            notice = msgspec.json.decode(value, type=Notice)
            if notice.under_card and card_ts is None:
                continue
            thread_ts = card_ts if notice.under_card else notice.thread_ts
            found.append(Pending(notice, thread_ts, state == "attempting", attempts, attempted_at))
        return found

    async def attempting(self, notice_id: str, now: float) -> None:
        await self._set(
            "state = 'attempting', attempts = attempts + 1, attempted_at = coalesce(attempted_at, ?)",
            [now],
            notice_id,
        )

    async def posted(self, notice_id: str, ts: str) -> None:
        await self._set("state = 'posted', posted_ts = ?", [ts], notice_id)

    async def later(self, notice_id: str, next_try_at: float, *, doubtful: bool) -> None:
        state = "attempting" if doubtful else "pending"
        await self._set("state = ?, next_try_at = ?", [state, next_try_at], notice_id)

    async def give_up(self, notice_id: str, why: str, instead: Sequence[Notice] = ()) -> None:
        def work(db: SqliteDatabase) -> None:
            db.execute("UPDATE notices SET state = 'given_up', why = ? WHERE id = ?", [why, notice_id])
            put_notices(db, instead)

        await self._database.write(work)

    async def open(self) -> int:
        return await self._database.read(
            lambda db: db.execute(
                "SELECT count(*) FROM notices WHERE state IN ('pending', 'attempting')"
            ).fetchone()[0]
        )

    async def _set(self, assignment: str, values: list[object], notice_id: str) -> None:
        await self._database.write(
            lambda db: db.execute(f"UPDATE notices SET {assignment} WHERE id = ?", [*values, notice_id])
        )


class SqliteCardStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def card(self, job_id: str) -> Card | None:
        found = await self._many("job_id = ?", [job_id])
        return found[0] if found else None

    async def dirty(self, limit: int) -> list[Card]:
        return await self._many("dirty = 1 ORDER BY changed_at DESC LIMIT ?", [limit])

    async def posting(self, job_id: str, now: float) -> None:
        await self._set(
            "posting_since = coalesce(posting_since, ?)",
            [now],
            job_id,
        )

    async def posted(self, job_id: str, ts: str, shown: str, notices: Sequence[Notice]) -> None:
        def work(db: SqliteDatabase) -> None:
            db.execute("UPDATE cards SET ts = ?, shown = ? WHERE job_id = ?", [ts, shown, job_id])
            put_notices(db, notices)

        await self._database.write(work)

    async def showing(self, card: Card, shown: str) -> None:
        await self._set("shown = ?, dirty = (changed_at > ?)", [shown, card.changed_at], card.job_id)

    async def set_chart(self, job_id: str, file_id: str | None, step: int) -> None:
        await self._set(
            "chart_file = ?, chart_step = ?, dirty = 1, changed_at = ?", [file_id, step, time.time()], job_id
        )

    async def abandon(self, job_id: str) -> None:
        await self._set("dirty = 0", [], job_id)

    async def _set(self, assignment: str, values: list[object], job_id: str) -> None:
        await self._database.write(
            lambda db: db.execute(f"UPDATE cards SET {assignment} WHERE job_id = ?", [*values, job_id])
        )

    async def _many(self, where: str, values: Sequence[object]) -> list[Card]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT job_id, channel, changed_at, ts, posting_since, shown, chart_file, chart_step"
                f" FROM cards WHERE {where}",
                list(values),
            ).fetchall()
        )
        return [Card(*row) for row in rows]

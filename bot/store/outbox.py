"""Notices and cards. Implements `bot.notices.interfaces.Outbox` and `CardStore`."""

import time
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from bot.audit import Entry
from bot.jobs import states
from bot.jobs.notice import Notice
from bot.notices.interfaces import Card, Pending
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks
from bot.store.database import Database
from bot.store.direct_approvals import approvals_for_people
from bot.store.subscriptions import endings_for_subscribers

# Notices that are under way at a time.
_AT_ONCE = 200


def put_notices(db: Connection, notices: Sequence[Notice]) -> None:
    """Inside a caller's transaction. A notice whose id is known is left as it is; endings go to the
    subscribed channels, too, and approvals to the people who want them directly.

    About a job that is older than a restored backup this may have been said before, and forgotten: it is looked for.
    """
    for notice in (*notices, *endings_for_subscribers(db, notices), *approvals_for_people(db, notices)):
        thread = f"{notice.channel}/{notice.thread_ts or notice.under_card or ''}"
        (said_since,) = db.execute("SELECT min(at) FROM restorations WHERE at >= ?", [notice.since]).fetchone()
        db.execute(
            "INSERT INTO notices (id, thread, channel, under_card, state, attempted_at, value)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            [
                notice.id,
                thread,
                notice.channel,
                notice.under_card,
                "pending" if said_since is None else "attempting",
                said_since,
                msgspec.json.encode(notice).decode(),
            ],
        )


def touch_card(db: Connection, job_id: str) -> None:
    """Inside a caller's transaction: the card shows something old now. `changed_at` grows with every change,
    whatever the clock does, so that a change during an edit is never taken for the one that was shown."""
    now = time.time()
    db.execute(
        "UPDATE cards SET dirty = 1, changed_at = CASE WHEN changed_at + 0.000001 < ? THEN ? ELSE changed_at + 0.000001"
        " END WHERE job_id = ?",
        [now, now, job_id],
    )


class SqlOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, notices: Sequence[Notice], entry: Entry | None = None) -> None:
        def work(db: Connection) -> None:
            put_notices(db, notices)
            put_entries(db, [entry] if entry else [])

        await self._database.write(work)

    async def next(self, now: float, *, besides: Collection[str] = ()) -> list[Pending]:
        elsewhere = list(besides)

        def work(db: Connection) -> list[tuple[Any, ...]]:
            # A card without a ts that is not dirty either has been given up: see `SqlCardStore.abandon`.
            return db.execute(
                f"""
                SELECT n.value, n.state, n.attempts, n.attempted_at, c.ts
                FROM notices n LEFT JOIN cards c ON c.job_id = n.under_card
                WHERE n.seq IN (SELECT min(seq) FROM notices WHERE state IN ('pending', 'attempting') GROUP BY thread)
                  AND n.next_try_at <= ? AND n.id NOT IN ({marks(elsewhere)})
                  AND (n.under_card IS NULL OR c.ts IS NOT NULL OR c.dirty = 0)
                ORDER BY n.seq LIMIT ?
                """,
                [now, *elsewhere, max(0, _AT_ONCE - len(besides))],
            ).fetchall()

        found = []
        for value, state, attempts, attempted_at, card_ts in await self._database.read(work):
            notice = msgspec.json.decode(value, type=Notice)
            thread_ts = card_ts if notice.under_card else notice.thread_ts
            orphaned = notice.under_card is not None and card_ts is None
            found.append(Pending(notice, thread_ts, state == "attempting", attempts, attempted_at, orphaned))
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
        def work(db: Connection) -> None:
            db.execute("UPDATE notices SET state = 'given_up', why = ? WHERE id = ?", [why, notice_id])
            put_notices(db, instead)

        await self._database.write(work)

    async def open(self) -> int:
        return await self._database.read(
            lambda db: db.execute("SELECT count(*) FROM notices WHERE state IN ('pending', 'attempting')").fetchone()[0]
        )

    async def places(self, notice_id: str) -> list[tuple[str, str]]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT channel, posted_ts FROM notices WHERE id IN (?, ?) AND posted_ts IS NOT NULL ORDER BY seq",
                [notice_id, f"{notice_id}/again"],
            ).fetchall()
        )
        return [(channel, ts) for channel, ts in rows]

    async def _set(self, assignment: str, values: list[object], notice_id: str) -> None:
        await self._database.write(
            lambda db: db.execute(f"UPDATE notices SET {assignment} WHERE id = ?", [*values, notice_id])
        )


_ENDED = ",".join("?" * len(states.ENDED))
_GROUP_OF = "(SELECT group_id FROM jobs WHERE id = cards.job_id)"
_THREAD = f"(SELECT ts FROM cards AS root WHERE root.job_id = {_GROUP_OF})"
# A card of a group that was given up (see `SqlCardStore.abandon`) is waited for no longer.
_GROUP_IS_DUE = (
    f"EXISTS (SELECT 1 FROM cards AS root WHERE root.job_id = {_GROUP_OF} AND root.ts IS NULL AND root.dirty = 1)"
)


class SqlCardStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def card(self, job_id: str) -> Card | None:
        found = await self._many("job_id = ?", [job_id])
        return found[0] if found else None

    async def dirty(self, limit: int) -> list[Card]:
        # How a job ended never waits behind the progress of others, nor does a new card.
        return await self._many(
            f"dirty = 1 AND NOT {_GROUP_IS_DUE} ORDER BY ts IS NOT NULL,"
            f" (SELECT state FROM jobs WHERE id = job_id) NOT IN ({_ENDED}), changed_at DESC LIMIT ?",
            [*states.ENDED, limit],
        )

    async def doubt_ended(self, most: int) -> None:
        # One that was given up has no `shown`: it was lost with the last edit.
        await self._database.write(
            lambda db: db.execute(
                "UPDATE cards SET dirty = 1 WHERE job_id IN"
                " (SELECT c.job_id FROM cards c JOIN jobs j ON j.id = c.job_id"
                f" WHERE c.shown IS NOT NULL AND j.state IN ({_ENDED}) ORDER BY c.changed_at DESC LIMIT ?)",
                [*states.ENDED, most],
            )
        )

    async def posting(self, job_id: str, now: float) -> None:
        await self._set("posting_since = coalesce(posting_since, ?)", [now], job_id)

    async def posted(self, job_id: str, ts: str, shown: str | None, notices: Sequence[Notice]) -> None:
        def work(db: Connection) -> None:
            db.execute("UPDATE cards SET ts = ?, shown = ? WHERE job_id = ?", [ts, shown, job_id])
            (group,) = db.execute(f"SELECT {_GROUP_OF} FROM cards WHERE job_id = ?", [job_id]).fetchone() or (None,)
            if group is not None:
                touch_card(db, group)  # it leads to the cards of its jobs
            put_notices(db, notices)

        await self._database.write(work)

    async def editing(self, job_id: str) -> None:
        await self._set("shown = NULL", [], job_id)

    async def showing(self, card: Card, shown: str, *, complete: bool = True) -> None:
        old = "changed_at > ?" if complete else "changed_at >= ?"
        await self._set(f"shown = ?, dirty = CASE WHEN {old} THEN 1 ELSE 0 END", [shown, card.changed_at], card.job_id)

    async def set_chart(self, job_id: str, file_id: str | None, step: int) -> None:
        def work(db: Connection) -> None:
            db.execute("UPDATE cards SET chart_file = ?, chart_step = ? WHERE job_id = ?", [file_id, step, job_id])
            touch_card(db, job_id)

        await self._database.write(work)

    async def abandon(self, job_id: str) -> None:
        await self._set("dirty = 0", [], job_id)

    async def _set(self, assignment: str, values: list[object], job_id: str) -> None:
        await self._database.write(
            lambda db: db.execute(f"UPDATE cards SET {assignment} WHERE job_id = ?", [*values, job_id])
        )

    async def _many(self, where: str, values: Sequence[object]) -> list[Card]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT job_id, channel, changed_at, ts, posting_since, shown, chart_file, chart_step,"
                f" {_THREAD} FROM cards WHERE {where}",
                list(values),
            ).fetchall()
        )
        return [Card(*row) for row in rows]

"""Ratings of answers, and what is kept of a person's opinions. Implements `bot.feedback.rating.RatingStore` and
`bot.collections.withdrawal.Opinions`."""

import secrets

import msgspec

from bot.audit import Entry
from bot.evaluations.evaluation import GOLDEN
from bot.feedback.rating import Opinion, Press, Rating, Why
from bot.store.audit import put_entries
from bot.store.comparisons import something_happened
from bot.store.connection import Connection
from bot.store.database import Database


class SqlRatingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def press(self, press: Press, entry: Entry) -> bool | None:
        def work(db: Connection) -> bool | None:
            whose = [press.conversation_id, press.asked_ts, press.user]
            known = db.execute(
                "SELECT good, at, why FROM ratings WHERE conversation_id = ? AND asked_ts = ? AND user_id = ?", whose
            ).fetchone()
            before = None if known is None or known[0] is None else bool(known[0])
            # The window that asks why is timed by our clock, the thumb that opened it by Slack's.
            explains = press.why is not None and before is False and known[2] is None
            if known is not None and known[1] >= press.at and not explains:
                return before
            now = None if before is press.good and press.why is None else press.good
            why = msgspec.json.encode(press.why).decode() if press.why else None
            db.execute(
                "INSERT INTO ratings (conversation_id, asked_ts, user_id, good, at, key, why)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation_id, asked_ts, user_id) DO UPDATE SET"
                " good = excluded.good, at = excluded.at, key = excluded.key, why = excluded.why",
                [*whose, None if now is None else int(now), max(press.at, known[1] if known else 0), press.key, why],
            )
            put_entries(db, [entry])
            return now

        return await self._database.write(work)

    async def of_answer(self, conversation_id: str, asked_ts: str) -> list[Rating]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT user_id, good, why FROM ratings WHERE conversation_id = ? AND asked_ts = ? AND good IS NOT NULL"
                " ORDER BY at, user_id",
                [conversation_id, asked_ts],
            ).fetchall()
        )
        return [
            Rating(user, bool(good), msgspec.json.decode(why, type=Why) if why else Why()) for user, good, why in rows
        ]

    async def of_channel(self, channel: str, limit: int) -> list[Opinion]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT conversation_id, asked_ts, 2 * sum(good) > count(*) FROM ratings"
                " JOIN conversations ON id = conversation_id WHERE channel = ? AND good IS NOT NULL"
                " GROUP BY conversation_id, asked_ts HAVING 2 * sum(good) <> count(*)"
                " ORDER BY max(at) DESC, conversation_id, asked_ts LIMIT ?",
                [channel, limit],
            ).fetchall()
        )
        return [Opinion(conversation_id, asked_ts, bool(good)) for conversation_id, asked_ts, good in rows]

    async def count(self, user: str) -> tuple[int, int]:
        def work(db: Connection) -> tuple[int, int]:
            ratings = db.execute("SELECT count(good) FROM ratings WHERE user_id = ?", [user]).fetchone()
            votes = db.execute("SELECT count(*) FROM comparison_votes WHERE voter = ?", [user]).fetchone()
            return ratings[0], votes[0]

        return await self._database.read(work)

    async def forget(self, user: str, entry: Entry) -> None:
        def work(db: Connection) -> None:
            rated = db.execute("DELETE FROM ratings WHERE user_id = ?", [user]).rowcount
            # In an open arena the person could vote again, and would count twice.
            voting = db.execute(
                "SELECT DISTINCT comparison_id FROM comparison_votes JOIN comparisons ON id = comparison_id"
                " WHERE voter = ? AND revealed_at IS NULL",
                [user],
            ).fetchall()
            for (comparison_id,) in voting:
                db.execute("DELETE FROM comparison_votes WHERE voter = ? AND comparison_id = ?", [user, comparison_id])
                something_happened(db, comparison_id)
            voted = db.execute(
                "UPDATE comparison_votes SET voter = ? WHERE voter = ?", [f"-{secrets.token_hex(8)}", user]
            ).rowcount
            # A judge may have quoted them.
            db.execute("DELETE FROM model_answers WHERE file = ?", [GOLDEN])
            if rated or voting or voted:
                put_entries(db, [entry])

        await self._database.write(work)

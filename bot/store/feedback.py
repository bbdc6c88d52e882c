"""Ratings of answers. Implements `bot.feedback.rating.RatingStore`."""

from sqlite_utils import Database as SqliteDatabase

from bot.audit import Entry
from bot.feedback.rating import Press
from bot.store.audit import put_entries
from bot.store.database import Database


class SqliteRatingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def press(self, press: Press, entry: Entry) -> bool | None:
        def work(db: SqliteDatabase) -> bool | None:
            whose = [press.conversation_id, press.asked_ts, press.user]
            known = db.execute(
                "SELECT good, at, key FROM ratings WHERE conversation_id = ? AND asked_ts = ? AND user = ?", whose
            ).fetchone()
            before = None if known is None or known[0] is None else bool(known[0])
            if known is not None and (known[2] == press.key or known[1] > press.at):
                return before
            now = None if before is press.good else press.good
            db.execute(
                "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?)",
                [*whose, None if now is None else int(now), press.at, press.key],
            )
            put_entries(db, [entry])
            return now

        return await self._database.write(work)

    async def of_answer(self, conversation_id: str, asked_ts: str) -> dict[str, bool]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT user, good FROM ratings WHERE conversation_id = ? AND asked_ts = ? AND good IS NOT NULL",
                [conversation_id, asked_ts],
            ).fetchall()
        )
        return {user: bool(good) for user, good in rows}

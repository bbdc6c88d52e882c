"""Checks of judges. Implements `bot.judges.check.JudgeCheckStore`."""

from bot.audit import Entry
from bot.judges.check import JudgeCheck
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.runs import SqlRunStore, as_json


class SqlJudgeCheckStore(SqlRunStore[JudgeCheck]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, "judge_checks", JudgeCheck)

    async def open(self, check: JudgeCheck, entry: Entry) -> JudgeCheck:
        def work(db: Connection) -> JudgeCheck:
            known = self._get(db, check.id)
            if known is not None:
                return known
            db.execute(
                "INSERT INTO judge_checks (id, channel, thread_ts, state, created_at, changes, done, value)"
                " VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
                [check.id, check.channel, check.thread_ts, check.state, check.created_at, as_json(check)],
            )
            put_entries(db, [entry])
            return check

        return await self._database.write(work)

    async def done(self, check_id: str) -> int:
        row = await self._database.read(
            lambda db: db.execute("SELECT done FROM judge_checks WHERE id = ?", [check_id]).fetchone()
        )
        return int(row[0]) if row else 0

    async def set_done(self, check_id: str, done: int) -> None:
        def work(db: Connection) -> None:
            db.execute(
                "UPDATE judge_checks SET done = ?, changes = changes + 1 WHERE id = ? AND done < ?",
                [done, check_id, done],
            )

        await self._database.write(work)

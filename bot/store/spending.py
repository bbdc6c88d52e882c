"""Budgets, the threshold of approval, and what models' answers cost. Implements `BudgetStore` and `ModelUseStore`."""

import math

from bot.audit import Entry
from bot.spending.budget import Budget, Limits, Scope, Spend, month_of
from bot.spending.model_use import ModelUse, UseSum
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database

_APPROVAL = "approval"


def read_limits(db: Connection) -> Limits:
    """Also inside a caller's transaction."""
    rows = db.execute("SELECT scope, subject, usd FROM budgets ORDER BY scope, subject").fetchall()
    budgets = tuple(Budget(Scope(scope), subject, usd) for scope, subject, usd in rows if scope != _APPROVAL)
    return Limits(budgets, next((usd for scope, _, usd in rows if scope == _APPROVAL), None))


def read_answers(db: Connection, at: float) -> list[Spend]:
    """What models' answers cost each person in each channel, in the calendar month (UTC) of `at`. Also inside a
    caller's transaction."""
    rows = db.execute(
        "SELECT user_id, channel, coalesce(sum(usd), 0.0), count(*) FROM model_use WHERE at >= ? AND at < ?"
        " GROUP BY user_id, channel",
        month_of(at),
    ).fetchall()
    return [Spend(user, channel, usd, jobs=0, answers=answers) for user, channel, usd, answers in rows]


def put_use(db: Connection, use: ModelUse) -> None:
    """Inside a caller's transaction."""
    values = [use.at, use.user, use.channel, use.model, use.subject]
    figures = [use.usage.prompt_tokens, use.usage.completion_tokens, use.usd]
    db.execute("INSERT INTO model_use VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values + figures)


class SqlModelUseStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, use: ModelUse) -> None:
        await self._database.write(lambda db: put_use(db, use))

    async def of_subject(self, subject: str) -> UseSum:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),"
                " coalesce(sum(usd), 0.0), count(*) - count(usd) FROM model_use WHERE subject = ?",
                [subject],
            ).fetchone()
        )
        return UseSum(*row)

    async def spends_of_month(self, at: float) -> list[Spend]:
        return await self._database.read(lambda db: read_answers(db, at))


class SqlBudgetStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def limits(self) -> Limits:
        return await self._database.read(read_limits)

    async def set_budget(self, scope: Scope, subject: str, usd: float | None, entry: Entry) -> None:
        await self._set(scope, subject, usd, entry)

    async def set_approval(self, above: float | None, entry: Entry) -> None:
        await self._set(_APPROVAL, "", math.inf if above is None else above, entry)

    async def _set(self, scope: str, subject: str, usd: float | None, entry: Entry) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM budgets WHERE scope = ? AND subject = ?", [scope, subject])
            if usd is not None:
                db.execute("INSERT INTO budgets VALUES (?, ?, ?)", [scope, subject, usd])
            put_entries(db, [entry])

        await self._database.write(work)

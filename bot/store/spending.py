"""Budgets and the threshold of approval. Implements `bot.spending.interfaces.BudgetStore`."""

import math

from sqlite_utils import Database as SqliteDatabase

from bot.audit import Entry
from bot.spending.budget import Budget, Limits, Scope
from bot.store.audit import put_entries
from bot.store.database import Database

_APPROVAL = "approval"


def read_limits(db: SqliteDatabase) -> Limits:
    """Also inside a caller's transaction."""
    rows = db.execute("SELECT scope, subject, usd FROM budgets ORDER BY scope, subject").fetchall()
    budgets = tuple(Budget(Scope(scope), subject, usd) for scope, subject, usd in rows if scope != _APPROVAL)
    return Limits(budgets, next((usd for scope, _, usd in rows if scope == _APPROVAL), None))


class SqliteBudgetStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def limits(self) -> Limits:
        return await self._database.read(read_limits)

    async def set_budget(self, scope: Scope, subject: str, usd: float | None, entry: Entry) -> None:
        await self._set(scope, subject, usd, entry)

    async def set_approval(self, above: float | None, entry: Entry) -> None:
        await self._set(_APPROVAL, "", math.inf if above is None else above, entry)

    async def _set(self, scope: str, subject: str, usd: float | None, entry: Entry) -> None:
        def work(db: SqliteDatabase) -> None:
            db.execute("DELETE FROM budgets WHERE scope = ? AND subject = ?", [scope, subject])
            if usd is not None:
                db.execute("INSERT INTO budgets VALUES (?, ?, ?)", [scope, subject, usd])
            put_entries(db, [entry])

        await self._database.write(work)

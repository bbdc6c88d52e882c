"""The audit log. Implements `bot.audit.AuditLog`; triggers refuse to change or remove what is in it."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bot.audit import Entry, Outcome
from bot.store.connection import Connection
from bot.store.database import Database

_COLUMNS = "key, at, actor, act, thing, channel, outcome, details"


def put_entries(db: Connection, entries: Iterable[Entry]) -> int:
    """Inside a caller's transaction. An entry whose key is known is left as it is. Returns how many were new."""
    new = 0
    for entry in entries:
        if db.execute("SELECT 1 FROM audit WHERE key = ?", [entry.key]).fetchone() is None:
            db.execute(
                f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(entry)
            )
            new += 1
    return new


class SqlAuditLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *entries: Entry) -> int:
        return await self._database.write(lambda db: put_entries(db, entries))

    async def latest(self, limit: int, *, skip: int = 0, upto: int | None = None) -> Sequence[tuple[int, Entry]]:
        rows = await self._database.read(
            lambda db: db.execute(
                f"SELECT number, {_COLUMNS} FROM audit WHERE number <= coalesce(?, number)"
                " ORDER BY number DESC LIMIT ? OFFSET ?",
                [upto, limit, skip],
            ).fetchall()
        )
        return [(row[0], _entry(row[1:])) for row in rows]

    async def count(self, upto: int | None = None) -> int:
        return await self._database.read(
            lambda db: db.execute("SELECT count(*) FROM audit WHERE number <= coalesce(?, number)", [upto]).fetchone()[
                0
            ]
        )

    async def about(self, resource: str) -> Sequence[Entry]:
        rows = await self._database.read(
            lambda db: db.execute(
                f"SELECT {_COLUMNS} FROM audit WHERE thing = ? ORDER BY number", [resource]
            ).fetchall()
        )
        return [_entry(row) for row in rows]


def _entry(row: Sequence[Any]) -> Entry:
    key, at, actor, act, thing, channel, outcome, details = row
    return Entry(key, at, actor, act, thing, channel, Outcome(outcome), details)

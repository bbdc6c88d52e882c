"""Exports of models, and what shows them. Implements `bot.exports.export.ExportStore`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.exports.export import Export
from bot.store.connection import Connection
from bot.store.database import Database


class SqlExportStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, export: Export) -> Export:
        def work(db: Connection) -> Export:
            db.execute(
                "INSERT INTO exports (id, open, created_at, value) VALUES (?, 1, ?, ?) ON CONFLICT (id) DO NOTHING",
                [export.id, export.created_at, _value(export)],
            )
            return _export(db.execute("SELECT value FROM exports WHERE id = ?", [export.id]).fetchone()[0])

        return await self._database.write(work)

    async def get(self, export_id: str) -> Export | None:
        row = await self._row("SELECT value FROM exports WHERE id = ?", export_id)
        return _export(row[0]) if row else None

    async def update(self, export: Export) -> None:
        await self._set("value = ?", _value(export), export.id)

    async def open(self) -> Sequence[str]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT id FROM exports WHERE open = 1 ORDER BY created_at").fetchall()
        )
        return [row[0] for row in rows]

    async def rest(self, export_id: str) -> None:
        await self._set("open = ?", 0, export_id)

    async def _row(self, query: str, export_id: str) -> tuple[Any, ...] | None:
        return await self._database.read(lambda db: db.execute(query, [export_id]).fetchone())

    async def _set(self, assignment: str, value: object, export_id: str) -> None:
        await self._database.write(
            lambda db: db.execute(f"UPDATE exports SET {assignment} WHERE id = ?", [value, export_id])
        )


def _export(value: str) -> Export:
    return msgspec.json.decode(value, type=Export)


def _value(export: Export) -> str:
    return msgspec.json.encode(export).decode()

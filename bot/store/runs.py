"""Runs of one kind, in a table of their own. Implements `bot.evaluations.run.RunStore`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic

import msgspec

from bot.audit import Entry
from bot.evaluations.run import MAY_BECOME, R, RunState
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlRunStore(Generic[R]):
    """The table has the columns id, channel, thread_ts, state, created_at, changes, shown,
    result and value."""

    def __init__(self, database: Database, table: str, kind: type[R]) -> None:
        self._database = database
        self._table = table
        self._type = kind

    async def get(self, run_id: str) -> R | None:
        return await self._database.read(lambda db: self._get(db, run_id))

    async def change(
        self,
        run_id: str,
        make: Callable[[R], R | None],
        *,
        audit: Sequence[Entry] = (),
        forget_failures: bool = False,
    ) -> R | None:
        def work(db: Connection) -> R | None:
            changed = self._change(db, run_id, make, audit)
            if changed is not None and forget_failures:
                self._forget_failures(db, run_id)
            return changed

        return await self._database.write(work)

    async def due(self) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                f"SELECT id FROM {self._table} WHERE state = ? ORDER BY created_at", [RunState.RUNNING]
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def changes(self, run_id: str) -> int:
        row = await self._database.read(
            lambda db: db.execute(f"SELECT changes FROM {self._table} WHERE id = ?", [run_id]).fetchone()
        )
        return int(row[0]) if row else 0

    async def unshown(self) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                f"SELECT id FROM {self._table} WHERE shown IS NULL OR shown <> changes ORDER BY created_at"
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def shown(self, run_id: str, changes: int) -> None:
        await self._database.write(
            lambda db: db.execute(f"UPDATE {self._table} SET shown = ? WHERE id = ?", [changes, run_id])
        )

    async def set_result(self, run_id: str, result: bytes, at: float) -> R | None:
        return await self._database.write(lambda db: self._set_result(db, run_id, result, at))

    async def result(self, run_id: str) -> bytes | None:
        row = await self._database.read(
            lambda db: db.execute(f"SELECT result FROM {self._table} WHERE id = ?", [run_id]).fetchone()
        )
        return row[0].encode() if row and row[0] is not None else None

    def _get(self, db: Connection, run_id: str) -> R | None:
        row = db.execute(f"SELECT value FROM {self._table} WHERE id = ?", [run_id]).fetchone()
        return self._read(row[0]) if row else None

    def _read(self, value: str) -> R:
        return msgspec.json.decode(value, type=self._type)

    def _change(self, db: Connection, run_id: str, make: Callable[[R], R | None], audit: Iterable[Entry]) -> R | None:
        known = self._get(db, run_id)
        changed = make(known) if known is not None else None
        if known is None or changed is None:
            return None
        if changed.state is not known.state and changed.state not in MAY_BECOME[known.state]:
            return None
        db.execute(
            f"UPDATE {self._table} SET state = ?, thread_ts = ?, value = ? WHERE id = ?",
            [changed.state, changed.thread_ts, as_json(changed), run_id],
        )
        put_entries(db, audit)
        self._something_happened(db, run_id)
        return changed

    def _set_result(self, db: Connection, run_id: str, result: bytes, at: float) -> R | None:
        def finished(known: R) -> R:
            return msgspec.structs.replace(known, state=RunState.FINISHED, finished_at=at, why=None)

        changed = self._change(db, run_id, finished, ())
        if changed is not None:
            db.execute(f"UPDATE {self._table} SET result = ? WHERE id = ?", [result.decode(), run_id])
        return changed

    def _something_happened(self, db: Connection, run_id: str) -> None:
        db.execute(f"UPDATE {self._table} SET changes = changes + 1 WHERE id = ?", [run_id])

    def _forget_failures(self, db: Connection, run_id: str) -> None:
        """For a kind that keeps what failed."""


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

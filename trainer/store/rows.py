"""The open database, and its rows as values.

Reads and writes are short, so they run where they are called, one at a time under a lock.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlite_utils import Database
from sqlite_utils.db import Table

from trainer.objects import Key
from trainer.store.schema import migrations

S = TypeVar("S", bound=msgspec.Struct)

UNEXPIRED = "(expires_at IS NULL OR expires_at > ?)"

# Columns that hold JSON.
_JSON = {
    "metadata",
    "result_files",
    "error",
    "data",
    "metrics",
    "lineage",
    "reinforcement",
    "trial",
    "integrations",
    "response",
    "input",
}


class Rows:
    """Each kind of thing has a class on top of this. `atomic()` groups writes: all of them, or none."""

    def __init__(self, path: Path) -> None:
        connection = sqlite3.connect(str(path), check_same_thread=False, timeout=30, isolation_level=None)
        self._db = Database(connection)
        self._db.enable_wal()
        # A power cut may lose the last moments, never the file's integrity: what is lost is trained again.
        connection.execute("PRAGMA synchronous = NORMAL")
        self._lock = threading.RLock()
        with self._lock:
            migrations.apply(self._db)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        with self._lock, self._db.atomic():
            yield

    def _table(self, name: str) -> Table:
        return self._db.table(name)

    def _insert(self, table: str, value: msgspec.Struct) -> None:
        with self._lock:
            self._table(table).insert(_pack(msgspec.structs.asdict(value)))

    def _change(self, table: str, id: str, changes: dict[str, Any]) -> None:
        packed = _pack(changes)
        names = ", ".join(f"{name} = :{name}" for name in packed)
        with self._lock:
            self._db.execute(f"UPDATE {table} SET {names} WHERE id = :id", {**packed, "id": id})

    def _delete(self, table: str, id: str) -> None:
        with self._lock:
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", [id])

    def _one(self, kind: type[S], table: str, where: str, values: list[Any]) -> S | None:
        rows = self._rows(kind, table, where, values)
        return rows[0] if rows else None

    def _rows(self, kind: type[S], table: str, where: str, values: list[Any]) -> list[S]:
        columns = kind.__struct_fields__
        with self._lock:
            rows = self._db.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", values).fetchall()
        return [kind(**_unpack(dict(zip(columns, row, strict=True)))) for row in rows]

    def _page(
        self,
        kind: type[S],
        table: str,
        where: str,
        values: list[Any],
        *,
        after: str | None,
        limit: int,
        ascending: bool = False,
    ) -> tuple[list[S], bool]:
        """A page and whether there is more. KeyError if `after` names nothing in this list."""
        with self._lock:
            if after is not None:
                row = self._db.execute(f"SELECT seq FROM {table} WHERE id = ? AND {where}", [after, *values]).fetchone()
                if row is None:
                    raise KeyError(after)
                where += f" AND seq {'>' if ascending else '<'} ?"
                values = [*values, row[0]]
            order = "ASC" if ascending else "DESC"
            rows = self._rows(kind, table, f"{where} ORDER BY seq {order} LIMIT ?", [*values, limit + 1])
        return rows[:limit], len(rows) > limit


def seen_by(key: Key) -> tuple[str, list[Any]]:
    return ("1", []) if key.admin else ("owner = ?", [key.name])


def _pack(values: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name in _JSON and value is not None else value for name, value in values.items()}


def _unpack(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON and value is not None else value for name, value in row.items()}


_TROUBLE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
}


def trouble(error: BaseException) -> str | None:
    """What keeps the database from being used for now; None where it is something else, such as wrong SQL."""
    # The low byte is the kind of trouble, the rest its details (sqlite.org/rescode.html, read 2026-11-21).
    is_sqlite = isinstance(error, sqlite3.OperationalError)
    return _TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF) if is_sqlite else None

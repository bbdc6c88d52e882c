"""The workspace on disk: one SQLite file, one row for each object."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sandbox.model import Json

SCHEMA = """
create table if not exists things (
    kind text not null,
    key text not null,
    body text not null,
    primary key (kind, key)
) without rowid;
create table if not exists secrets (name text primary key, value text not null);
"""


class Store:
    """Writes at once. A sandbox holds thousands of objects, not millions: everything also fits in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir(exist_ok=True)
        self._db = sqlite3.connect(folder / "sandbox.db", isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode=wal")
        # Killing the process loses nothing. A power failure may lose the last moments, which is fine for a sandbox.
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(SCHEMA)

    def put(self, kind: str, key: str, body: Json) -> None:
        self._db.execute(
            "insert or replace into things values (?, ?, ?)", (kind, key, json.dumps(body, ensure_ascii=False))
        )

    def drop(self, kind: str, key: str) -> None:
        self._db.execute("delete from things where kind = ? and key = ?", (kind, key))

    def all(self, kind: str) -> Iterator[Json]:
        """All objects of a kind, ordered by key."""
        for (body,) in self._db.execute("select body from things where kind = ? order by key", (kind,)):
            yield json.loads(body)

    def secret(self, name: str, wanted: str | None, default: str) -> str:
        """The secret to use, which is stored: `wanted` if given, else the stored one, else `default`."""
        row = self._db.execute("select value from secrets where name = ?", (name,)).fetchone()
        value = wanted or (str(row[0]) if row else default)
        self._db.execute("insert or replace into secrets values (?, ?)", (name, value))
        return value

    def emptied(self) -> "Store":
        """This store without its objects and files. Only the secrets stay; the old store can no longer be used."""
        self._db.execute("delete from things")
        shutil.rmtree(self.files)
        self.close()
        return Store(self.folder)

    def close(self) -> None:
        self._db.close()

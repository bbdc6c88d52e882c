"""Keys of the API: only their hashes are kept."""

import hashlib
import sqlite3

from texts import trainer as texts
from trainer.errors import TrainerError
from trainer.objects import FROM_ENVIRONMENT, Key, now
from trainer.store.rows import Rows


class Keys(Rows):
    def add_key(self, name: str, key: str, *, admin: bool, high_priority: bool = False) -> None:
        """TrainerError if the name is taken."""
        if name == FROM_ENVIRONMENT.name:
            raise TrainerError(texts.key_of_environment(name))
        row = {
            "name": name,
            "sha256": _hash(key),
            "created_at": now(),
            "admin": admin,
            "high_priority": high_priority,
        }
        try:
            with self._lock:
                self._table("keys").insert(row)
        except sqlite3.IntegrityError:
            raise TrainerError(texts.key_exists(name)) from None

    def key(self, key: str) -> Key | None:
        """Whose key this is; None if nobody's. Compared by hash, so the time it takes tells nothing about keys."""
        with self._lock:
            found = self._db.execute(f"{_KEYS} WHERE sha256 = ?", [_hash(key)]).fetchone()
        return _key(*found) if found else None

    def all_keys(self) -> list[Key]:
        with self._lock:
            rows = self._db.execute(f"{_KEYS} ORDER BY created_at, name").fetchall()
        return [_key(*row) for row in rows]

    def delete_key(self, name: str) -> bool:
        with self._lock:
            return self._db.execute("DELETE FROM keys WHERE name = ?", [name]).rowcount > 0


_KEYS = "SELECT name, admin, high_priority FROM keys"


def _key(name: str, admin: int, high_priority: int) -> Key:
    return Key(name, bool(admin), bool(high_priority))


def _hash(key: str) -> str:
    # Keys are 32 random bytes: a plain hash cannot be guessed backwards, so no slow hash is needed.
    return hashlib.sha256(key.encode()).hexdigest()

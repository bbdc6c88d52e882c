"""What Slack sent, committed before it is acknowledged. A key that is known is a redelivery."""

import time

import msgspec
import orjson

from bot.store.connection import Connection
from bot.store.database import Database
from telemetry import traces

_KEEP_KEYS_FOR = 7 * 24 * 3600.0


class Entry(msgspec.Struct, frozen=True):
    key: str
    payload: dict[str, object]
    attempts: int
    received_at: float
    traceparent: str | None = None


class SqlInbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, key: str, payload: dict[str, object], received_at: float | None = None) -> bool:
        """Commit `payload` under `key`, received just now where nothing else is said, with the trace that it belongs
        to. False if it was there already: do nothing more."""
        traceparent = traces.traceparent()

        def work(db: Connection) -> bool:
            cursor = db.execute(
                "INSERT INTO inbox (key, payload, state, received_at, traceparent) VALUES (?, ?, 'pending', ?, ?)"
                " ON CONFLICT DO NOTHING",
                [key, orjson.dumps(payload).decode(), received_at or time.time(), traceparent],
            )
            return cursor.rowcount == 1

        return await self._database.write(work)

    async def begin(self, key: str) -> None:
        """Count an attempt, so that what crashes us every time is not tried for ever."""
        await self._database.write(
            lambda db: db.execute("UPDATE inbox SET attempts = attempts + 1 WHERE key = ?", [key])
        )

    async def excuse(self, key: str) -> None:
        """Do not count the attempts up to now: this message did not cause the crash."""
        await self._database.write(lambda db: db.execute("UPDATE inbox SET attempts = 0 WHERE key = ?", [key]))

    async def finish(self, key: str, *, failed: bool = False) -> None:
        """Done. The payload is removed: what people wrote is kept no longer than it is needed."""
        state = "failed" if failed else "done"
        await self._database.write(
            lambda db: db.execute("UPDATE inbox SET state = ?, payload = NULL WHERE key = ?", [state, key])
        )

    async def pending(self, prefix: str = "") -> list[Entry]:
        """What was accepted and not finished, oldest first; of keys that begin with `prefix`."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT key, payload, attempts, received_at, traceparent FROM inbox WHERE state = 'pending'"
                " AND substr(key, 1, length(?)) = ? ORDER BY received_at",
                [prefix, prefix],
            ).fetchall()
        )
        return [Entry(key, orjson.loads(payload), *rest) for key, payload, *rest in rows]

    async def is_pending(self, key: str) -> bool:
        row = await self._database.read(
            lambda db: db.execute("SELECT 1 FROM inbox WHERE key = ? AND state = 'pending'", [key]).fetchone()
        )
        return row is not None

    async def forget_old(self) -> None:
        """Slack redelivers within minutes; keys are kept a week, and as long as their channels may be read back."""
        await self._database.write(
            lambda db: db.execute(
                "DELETE FROM inbox WHERE state != 'pending' AND received_at < ?"
                " AND received_at < coalesce((SELECT min(since) FROM unread), received_at + 1)",
                [time.time() - _KEEP_KEYS_FOR],
            )
        )

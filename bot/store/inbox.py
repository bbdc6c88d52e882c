"""What Slack sent, committed before it is acknowledged. A key that is known is a redelivery.

Each request is claimed by the process that works on it; what one had claimed that has ended is free: see
`bot.store.processes`.
"""

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
    """`process`: whose claims these are."""

    def __init__(self, database: Database, process: str = "") -> None:
        self._database = database
        self._process = process

    async def accept(
        self,
        key: str,
        payload: dict[str, object],
        received_at: float | None = None,
        *,
        thread: str | None = None,
        claimed: bool = True,
    ) -> bool:
        """Commit `payload` under `key`, received just now where nothing else is said, in the queue of a `thread`, and
        `claimed` by this process, with the trace that it belongs to. False if it was there already: do nothing more."""
        traceparent = traces.traceparent()

        def work(db: Connection) -> bool:
            cursor = db.execute(
                "INSERT INTO inbox (key, payload, state, received_at, traceparent, claimed_by, thread, seq)"
                " VALUES (?, ?, 'pending', ?, ?, ?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM inbox))"
                " ON CONFLICT DO NOTHING",
                [
                    key,
                    orjson.dumps(payload).decode(),
                    received_at or time.time(),
                    traceparent,
                    self._process if claimed else None,
                    thread,
                ],
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

    async def unclaimed(self) -> list[Entry]:
        """What is pending and not another process's, oldest first."""
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT key, payload, attempts, received_at, traceparent FROM inbox WHERE state = 'pending'"
                " AND (claimed_by IS NULL OR claimed_by = ?) ORDER BY received_at",
                [self._process],
            ).fetchall()
        )
        return [Entry(key, orjson.loads(payload), *rest) for key, payload, *rest in rows]

    async def claim(self, key: str) -> bool:
        """Whether this process may work on it: it is pending, and not another's."""

        def work(db: Connection) -> bool:
            cursor = db.execute(
                "UPDATE inbox SET claimed_by = ? WHERE key = ? AND state = 'pending'"
                " AND (claimed_by IS NULL OR claimed_by = ?)",
                [self._process, key, self._process],
            )
            return cursor.rowcount == 1

        return await self._database.write(work)

    async def is_first(self, key: str) -> bool:
        """Whether all that came earlier in its thread is done, whoever works on it."""
        earlier = await self._database.read(
            lambda db: db.execute(
                "SELECT 1 FROM inbox e JOIN inbox i ON i.thread = e.thread AND e.seq < i.seq"
                " WHERE i.key = ? AND e.state = 'pending' LIMIT 1",
                [key],
            ).fetchone()
        )
        return earlier is None

    async def forget_old(self) -> None:
        """Slack redelivers within minutes; keys are kept a week, and as long as their channels may be read back."""
        await self._database.write(
            lambda db: db.execute(
                "DELETE FROM inbox WHERE state != 'pending' AND received_at < ?"
                " AND received_at < coalesce((SELECT min(since) FROM unread), received_at + 1)",
                [time.time() - _KEEP_KEYS_FOR],
            )
        )

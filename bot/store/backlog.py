"""What waits in the store to be done, and what there is: read for the bot's metrics."""

import msgspec

from bot.store.connection import Connection
from bot.store.database import Database


class Backlog(msgspec.Struct, frozen=True):
    """`inbox_since`: when the oldest payload in the inbox came, in seconds since the epoch. `outbox_first`: the number
    of the oldest open notice, which grows from notice to notice. Both None where nothing waits. `jobs`: how many, by
    provider and state."""

    inbox: int
    inbox_since: float | None
    outbox: int
    outbox_first: int | None
    cards: int
    jobs: dict[tuple[str, str], int]


class SqlBacklog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Backlog:
        def work(db: Connection) -> Backlog:
            received, since = db.execute(
                "SELECT count(*), min(received_at) FROM inbox WHERE state = 'pending'"
            ).fetchone()
            open_notices, first = db.execute(
                "SELECT count(*), min(seq) FROM notices WHERE state IN ('pending', 'attempting')"
            ).fetchone()
            (cards,) = db.execute("SELECT count(*) FROM cards WHERE dirty = 1").fetchone()
            jobs = db.execute("SELECT provider, state, count(*) FROM jobs GROUP BY provider, state").fetchall()
            by_state = {(provider, state): count for provider, state, count in jobs}
            return Backlog(received, since, open_notices, first, cards, by_state)

        return await self._database.read(work)

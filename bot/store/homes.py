"""Home tabs that people have opened. Implements `bot.home.HomeStore`."""

import msgspec

from bot.access import Resource
from bot.evaluations.result import ModelScore
from bot.home import KEPT_FOR, OpenHome, Scored, Spot
from bot.store.connection import Connection
from bot.store.database import Database

_EVALUATIONS = 50


class SqlHomes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def opened(self, user: str, channel: str, at: float) -> None:
        def work(db: Connection) -> None:
            _forget_old(db, at)
            row = db.execute("SELECT spot FROM homes WHERE user_id = ?", [user]).fetchone()
            _put(db, OpenHome(user, channel, msgspec.json.decode(row[0], type=Spot) if row else Spot(), at))

        await self._database.write(work)

    async def turned(self, user: str, channel: str, spot: Spot, at: float) -> None:
        await self._database.write(lambda db: _put(db, OpenHome(user, channel, spot, at)))

    async def forget(self, user: str) -> None:
        await self._database.write(lambda db: db.execute("DELETE FROM homes WHERE user_id = ?", [user]))

    async def open(self) -> tuple[int, list[OpenHome]]:
        def work(db: Connection) -> tuple[int, list[OpenHome]]:
            version = db.version()  # what is written between the two reads is seen at the next look
            rows = db.execute("SELECT user_id, channel, spot, opened_at FROM homes").fetchall()
            return version, [OpenHome(u, c, msgspec.json.decode(spot, type=Spot), at) for u, c, spot, at in rows]

        return await self._database.read(work)

    async def scores(self) -> list[Scored]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT id, owner, channel, private, result FROM evaluations WHERE result IS NOT NULL"
                " ORDER BY created_at DESC LIMIT ?",
                [_EVALUATIONS],
            ).fetchall()
        )
        return [
            Scored(one.model, one.estimate.value, one.estimate.n, Resource(owner, channel, bool(private), "run", id))
            for id, owner, channel, private, result in rows
            for one in msgspec.json.decode(result, type=_Scores).scores
            if one.estimate.value is not None
        ]


class _Scores(msgspec.Struct):
    """What is asked of an evaluation's result."""

    scores: tuple[ModelScore, ...]


def _put(db: Connection, home: OpenHome) -> None:
    db.execute(
        "INSERT INTO homes (user_id, channel, spot, opened_at) VALUES (?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET"
        " channel = excluded.channel, spot = excluded.spot, opened_at = excluded.opened_at",
        [home.user, home.channel, msgspec.json.encode(home.spot).decode(), home.opened_at],
    )


def _forget_old(db: Connection, now: float) -> None:
    db.execute("DELETE FROM homes WHERE opened_at < ?", [now - KEPT_FOR])

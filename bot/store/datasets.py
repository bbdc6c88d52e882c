"""What is known of each training file. Implements `bot.datasets.interfaces`; the bytes are in the file store."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from bot.audit import Entry
from bot.datasets.dataset import Dataset
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database


class SqlDatasetStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, dataset: Dataset) -> None:
        await self._database.write(lambda db: _write(db, dataset))

    async def update(
        self, dataset_id: str, make: Callable[[Dataset], Dataset], *, audit: Sequence[Entry] = ()
    ) -> Dataset | None:

        def work(db: Connection) -> Dataset | None:
            row = db.execute("SELECT value FROM datasets WHERE id = ?", [dataset_id]).fetchone()
            stored = msgspec.json.decode(row[0], type=Dataset) if row else None
            if stored is None or stored.deleted_at is not None:
                return None
            changed = make(stored)
            _write(db, changed)
            put_entries(db, audit)
            return changed

        return await self._database.write(work)

    async def get(self, dataset_id: str) -> Dataset | None:
        found = await self._many("id = ?", [dataset_id])
        return found[0] if found else None

    async def by_file(self, file_id: str) -> list[Dataset]:
        return await self._many("file_id = ? AND deleted_at IS NULL", [file_id])

    async def by_hash(self, sha256: str) -> list[Dataset]:
        return await self._many("sha256 = ? AND deleted_at IS NULL", [sha256])

    async def by_hashes(self, sha256s: Collection[str]) -> dict[str, list[Dataset]]:
        def read(db: Connection) -> list[str]:
            return [
                value
                for some in portions(sha256s)
                for (value,) in db.execute(
                    f"SELECT value FROM datasets WHERE sha256 IN ({marks(some)}) AND deleted_at IS NULL", some
                )
            ]

        found: dict[str, list[Dataset]] = {}
        for value in await self._database.read(read):
            dataset = msgspec.json.decode(value, type=Dataset)
            found.setdefault(dataset.sha256, []).append(dataset)
        return found

    async def last_deleted(self, sha256: str) -> Dataset | None:
        found = await self._many("sha256 = ? AND deleted_at IS NOT NULL", [sha256])
        return max(found, key=lambda dataset: dataset.deleted_at or 0.0, default=None)

    async def of_message(self, channel: str, created_at: float) -> list[Dataset]:
        return await self._many("channel = ? AND created_at = ?", [channel, created_at])

    async def remember_reaction(self, dataset_id: str, reaction: str | None) -> None:
        def work(db: Connection) -> None:
            row = db.execute("SELECT value FROM datasets WHERE id = ?", [dataset_id]).fetchone()
            if row:
                _write(db, msgspec.structs.replace(msgspec.json.decode(row[0], type=Dataset), reaction=reaction))

        await self._database.write(work)

    async def latest(self, limit: int) -> list[Dataset]:
        return await self._many("deleted_at IS NULL AND listed = 1 ORDER BY created_at DESC LIMIT ?", [limit])

    async def unlisted_parts(self, dataset_id: str) -> list[Dataset]:
        return await self._many("listed = 0 AND derived_from = ?", [dataset_id])

    async def threads(self, channel: str, since: float, limit: int) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT thread_ts FROM datasets WHERE channel = ? AND created_at >= ?"
                " GROUP BY thread_ts ORDER BY max(created_at) DESC LIMIT ?",
                [channel, since, limit],
            ).fetchall()
        )
        return [row[0] for row in rows]

    async def direct_messages(self) -> list[str]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT DISTINCT channel FROM datasets WHERE channel LIKE 'D%'").fetchall()
        )
        return [row[0] for row in rows]

    async def report_ts(self, dataset_id: str) -> str | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT report_ts FROM datasets WHERE id = ?", [dataset_id]).fetchone()
        )
        return row[0] if row else None

    async def set_report_ts(self, dataset_id: str, ts: str) -> None:
        await self._database.write(
            lambda db: db.execute("UPDATE datasets SET report_ts = ? WHERE id = ?", [ts, dataset_id])
        )

    async def _many(self, where: str, values: list[object]) -> list[Dataset]:
        rows = await self._database.read(
            lambda db: db.execute(f"SELECT value FROM datasets WHERE {where}", values).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Dataset) for row in rows]


def _write(db: Connection, dataset: Dataset) -> None:
    db.execute(
        "INSERT INTO datasets (id, sha256, owner, team, channel, channel_private, thread_ts, file_id, created_at,"
        " deleted_at, derived_from, listed, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET sha256 = excluded.sha256, channel_private = excluded.channel_private,"
        " thread_ts = excluded.thread_ts, file_id = excluded.file_id, deleted_at = excluded.deleted_at,"
        " derived_from = excluded.derived_from, listed = excluded.listed, value = excluded.value",
        [
            dataset.id,
            dataset.sha256,
            dataset.owner,
            dataset.team,
            dataset.channel,
            dataset.channel_private,
            dataset.thread_ts,
            dataset.file_id,
            dataset.created_at,
            dataset.deleted_at,
            dataset.derived_from,
            dataset.listed,
            msgspec.json.encode(dataset).decode(),
        ],
    )

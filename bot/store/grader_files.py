"""Graders that were dropped as files. Implements `bot.evaluations.grader_files.GraderFileStore`."""

import msgspec

from bot.audit import Entry
from bot.evaluations.grader_files import GraderFile
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlGraderFileStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, file: GraderFile, entry: Entry) -> None:
        def work(db: Connection) -> None:
            value = msgspec.json.encode(file).decode()
            kept = db.execute(
                "INSERT INTO grader_files VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [file.id, file.file_id, file.channel, file.name, file.created_at, value],
            )
            if kept.rowcount:
                put_entries(db, [entry])

        await self._database.write(work)

    async def get(self, id: str) -> GraderFile | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT value FROM grader_files WHERE id = ?", [id]).fetchone()
        )
        return msgspec.json.decode(row[0], type=GraderFile) if row else None

    async def latest(self, channel: str, limit: int) -> list[GraderFile]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM grader_files WHERE channel = ? ORDER BY created_at DESC LIMIT ?", [channel, limit]
            ).fetchall()
        )
        return [msgspec.json.decode(row[0], type=GraderFile) for row in rows]

    async def forget(self, file_id: str) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM grader_files WHERE file_id = ?", [file_id])

        await self._database.write(work)

"""What people have set for themselves. Implements `bot.personal_settings.PersonalSettingsStore`."""

from bot.audit import Entry
from bot.personal_settings import PersonalSettings
from bot.store.audit import put_entries
from bot.store.connection import Connection
from bot.store.database import Database


class SqlPersonalSettings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user: str) -> PersonalSettings:
        return await self._database.read(lambda db: _read(db, user))

    async def looked(self, user: str, at: float) -> PersonalSettings:
        def work(db: Connection) -> PersonalSettings:
            before = _read(db, user)
            _set(db, user, "looked_at", at)
            return before

        return await self._database.write(work)

    async def set_approvals_directly(self, user: str, directly: bool, entry: Entry) -> None:
        def work(db: Connection) -> None:
            _set(db, user, "approvals_directly", int(directly))
            put_entries(db, [entry])

        await self._database.write(work)


def _read(db: Connection, user: str) -> PersonalSettings:
    row = db.execute("SELECT approvals_directly, looked_at FROM people WHERE user_id = ?", [user]).fetchone()
    return PersonalSettings(bool(row[0]), row[1]) if row else PersonalSettings()


def _set(db: Connection, user: str, column: str, value: float) -> None:
    db.execute(
        f"INSERT INTO people (user_id, {column}) VALUES (?, ?)"
        f" ON CONFLICT (user_id) DO UPDATE SET {column} = excluded.{column}",
        [user, value],
    )

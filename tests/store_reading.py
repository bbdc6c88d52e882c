"""What tests read out of a store that the bot itself has no need to."""

import msgspec

from bot.notices.notice import Notice
from bot.store.database import Database


async def all_notices(database: Database) -> list[Notice]:
    """Every notice that was ever put into the outbox, in its order."""
    rows = await database.read(lambda db: db.execute("SELECT value FROM notices ORDER BY seq").fetchall())
    return [msgspec.json.decode(row[0], type=Notice) for row in rows]

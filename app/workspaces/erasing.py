"""What there was of a workspace, erased when the app was removed from it."""

import asyncio
import shutil

import structlog

from bot.errors import StartError
from bot.settings import Settings
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.workspaces.installation import folder_of

log = structlog.get_logger()


async def erase(settings: Settings, team: str) -> str:
    """Its store and its files. What its providers still hold, in words for the audit log: only an administrator of the
    provider's account may judge what becomes of that. Raises StartError where another process works in it."""
    folder = folder_of(settings.finetune_data, team)
    left = ""
    if folder.exists():
        try:
            left = await _left_at_providers(settings, team)
        except StartError as error:
            if error.kind == "folder_in_use":
                raise
            log.warning("a store that cannot be read is erased", why=str(error))
        await asyncio.to_thread(shutil.rmtree, folder)
    log.warning("workspace erased", workspace=team, left_at_providers=left)
    return left


async def _left_at_providers(settings: Settings, team: str) -> str:
    database = await Database.open(folder_of(settings.finetune_data, team))
    try:
        jobs = SqlJobStore(database)
        models = await jobs.models()
        files = [
            file
            for provider in sorted({job.provider for job in models.values()})
            for file in await jobs.contents(provider)
        ]
    finally:
        await database.close()
    parts = (("models", sorted(models)), ("files", sorted(files)))
    return "; ".join(f"{what}: {', '.join(named)}" for what, named in parts if named)

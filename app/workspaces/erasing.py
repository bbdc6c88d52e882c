"""What there was of a workspace, erased when the app was removed from it."""

import asyncio
import shutil

import structlog

from app.stores import engine_of, has_store, of_workspace, open_store
from bot.errors import StartError
from bot.providers.interface import upload_name
from bot.settings import Settings
from bot.store.jobs import SqlJobStore

log = structlog.get_logger()


async def erase(settings: Settings, team: str) -> str:
    """Its store and its files. What its providers still hold, in words for the audit log: only an administrator of the
    provider's account may judge what becomes of that. Raises StartError where another process works in it, or its
    database does not answer."""
    own = of_workspace(settings, team)
    engine = engine_of(own)
    left = ""
    try:
        if await asyncio.to_thread(has_store, own):
            left = await _left_at_providers(own)
    except StartError as error:
        if engine is not None or error.kind == "folder_in_use":
            raise
        log.warning("a store that cannot be read is erased", why=str(error))
    if own.finetune_data.exists():
        await asyncio.to_thread(shutil.rmtree, own.finetune_data)
    if engine is not None:  # last: until then it knows what is left elsewhere
        await asyncio.to_thread(engine.erase)
    log.warning("workspace erased", workspace=team, left_at_providers=left)
    return left


async def _left_at_providers(settings: Settings) -> str:
    database = await open_store(settings)
    try:
        jobs = SqlJobStore(database)
        models, uploads = await jobs.models(), await jobs.all_uploads()
    finally:
        await database.close()
    left: list[str] = []
    for provider in sorted({*(job.provider for job in models.values()), *uploads}):
        made = sorted(model for model, job in models.items() if job.provider == provider)
        # An upload whose answer was lost is known by its name only.
        files = sorted(file or upload_name(sha256) for sha256, file in uploads.get(provider, {}).items())
        parts = ((f"models at {provider}", made), (f"files at {provider}", files))
        left += [f"{what}: {', '.join(named)}" for what, named in parts if named]
    return "; ".join(left)

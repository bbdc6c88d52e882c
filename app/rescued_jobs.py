"""`finetune-bot rescue FOLDER --into-bot CHANNEL`: what lies in the folder of a rescue becomes the bot's. Neither a
provider nor Slack is asked."""

import asyncio
import re
import sys
from pathlib import Path

import msgspec

from app.check import harmless
from app.files import file_store_of
from app.stores import open_store
from bot.errors import StartError
from bot.jobs.job import Origin
from bot.rescue.folder import reading
from bot.rescue.into_bot import RescuedJobs, TakenIn
from bot.settings import Settings, load
from bot.store.datasets import SqlDatasetStore
from bot.store.jobs import SqlJobStore
from texts import rescue as texts
from texts.formats import enumerated


def take_in_command(
    folder: Path, channel: str, owner: str | None, everybody: bool, as_json: bool, *, provider: str | None = None
) -> int:
    """Exit code 0: taken in, 1: without some of the files. Raises StartError where nothing can be. `provider`: what the
    bot calls it; by default the name of its vendor."""
    settings = load()
    if not re.fullmatch(r"[CGD][A-Z0-9]{2,}", channel):
        raise StartError(texts.no_channel(channel))
    person = owner or next((one for one in settings.finetune_admins if not one.startswith("S")), "")
    if not re.fullmatch(r"[UW][A-Z0-9]{2,}", person):
        raise StartError(texts.no_owner())
    # Whether the channel is a private one is not asked of Slack: unless somebody says otherwise, it counts as one.
    origin = Origin("", channel, not everybody or channel.startswith("D"))
    taken = asyncio.run(_take_in(settings, folder, person, origin, provider))
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(taken), indent=2) + b"\n")
        sys.stdout.buffer.flush()
    else:
        _show(taken, channel)
    return 1 if taken.unusable else 0


async def _take_in(settings: Settings, folder: Path, owner: str, origin: Origin, provider: str | None) -> TakenIn:
    rescued = reading(folder)
    database = await open_store(settings)
    try:
        file_store = file_store_of(settings)
        jobs, datasets = SqlJobStore(database), SqlDatasetStore(database)
        return await RescuedJobs(
            rescued,
            jobs,
            datasets,
            file_store,
            owner=owner,
            origin=origin,
            provider=provider,
            tokenizers=settings.tokenizers,
        ).take_in()
    finally:
        await database.close()


def _show(taken: TakenIn, channel: str) -> None:
    lines = [texts.taken_in(taken.jobs, taken.datasets, channel)]
    if taken.known:
        lines.append(texts.known_before(taken.known))
    if taken.unusable:
        lines.append(texts.not_usable(enumerated(taken.unusable)))
    sys.stdout.write("".join(f"{harmless(line)}\n" for line in lines))

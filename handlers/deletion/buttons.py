"""Deleting a training file (our copy and the provider's) or a fine-tuned model, after the question."""

import time

import msgspec

from bot.access import Act
from bot.errors import Conflict
from bot.providers.interface import Refused
from handlers.blocks import deletion
from handlers.datasets import reports
from handlers.deletion.commands import ask, model_to_delete
from handlers.turn import Turn


async def ask_dataset(turn: Turn) -> None:
    """From the menu of a report."""
    await ask(turn, await turn.dataset(turn.words, Act.DELETE))


async def dataset(turn: Turn) -> None:
    services = turn.services
    doomed = await turn.dataset(turn.words, Act.DELETE)
    file_id = await services.jobs.provider_file(services.provider.name, doomed.sha256)
    if file_id and await services.jobs.uses_file(services.provider.name, file_id):
        raise Conflict("A job is training on this file right now. Cancel it or wait for its end, then delete.")
    await services.audit.add(turn.entry("delete file", doomed.id))
    await services.datasets.save(msgspec.structs.replace(doomed, deleted_at=time.time(), report=None))
    if not await services.datasets.by_hash(doomed.sha256):
        # Nobody else dropped the same bytes.
        services.copies.remove(doomed.sha256)
        if file_id:
            try:
                await services.provider.delete_file(file_id)
            except Refused as error:
                if error.status != 404:
                    raise
            await services.jobs.set_provider_file(services.provider.name, doomed.sha256, None)
    await turn.answer(deletion.dataset_deleted(doomed, at_provider=bool(file_id), provider=services.provider.name))
    await reports.take_down(services, doomed)


async def model(turn: Turn) -> None:
    name = await model_to_delete(turn, turn.words)
    async with turn.recorded("delete model", name):
        await turn.services.provider.delete_model(name)
    await turn.services.lost_models.deleted(name)
    turn.services.catalogue.forget()
    await turn.answer(deletion.model_deleted(name))

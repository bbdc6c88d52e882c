"""*Start fine-tuning* on a report: opens the modal."""

import asyncio
from typing import Final

import orjson

from bot.access import Act
from bot.datasets import Dataset
from bot.errors import BotError, Invalid
from bot.notices.interfaces import PostRefused
from handlers.blocks.start_form import ModelOption, StartForm
from handlers.blocks.start_modal import start_modal
from handlers.submission import model_options, pick_default, validation_files
from handlers.turn import Turn

_MODELS_SECONDS: Final = 2.0


async def pressed(turn: Turn) -> None:
    dataset = await turn.dataset(turn.words, Act.SUBMIT)
    if dataset.report is None or not dataset.report.ok:
        raise Invalid("This file has errors and cannot be trained on. Its report says what to mend.")
    await open_modal(turn, dataset=dataset, thread_ts=dataset.thread_ts)


async def open_modal(
    turn: Turn,
    *,
    dataset: Dataset | None,
    thread_ts: str | None,
    file_id: str | None = None,
    defaults: StartForm | None = None,
) -> None:
    """Raises PostRefused where Slack's three seconds for opening a window are over."""
    if turn.trigger_id is None:
        raise BotError("A window can only be opened from a button or a slash command.")
    options = await _options_in_time(turn, dataset.report.method if dataset and dataset.report else None)
    metadata = {
        "channel": turn.channel,
        "dataset": dataset.id if dataset else None,
        "file_id": file_id,
        "thread_ts": thread_ts,
    }
    view = start_modal(
        dataset=dataset,
        file_id=file_id,
        models=options,
        defaults=pick_default(options, defaults),
        datasets_for_validation=await validation_files(turn, dataset),
        private_metadata=orjson.dumps(metadata).decode(),
    )
    try:
        await turn.services.poster.open_view(turn.trigger_id, view.to_dict())
    except PostRefused as error:
        # Used already: the first attempt, whose answer was lost, has opened it.
        if not (turn.again and str(error) == "exchanged_trigger_id"):
            raise


async def _options_in_time(turn: Turn, method: str | None) -> list[ModelOption]:
    """The base models, before the three seconds are over in which Slack lets a window be opened."""
    try:
        async with asyncio.timeout(_MODELS_SECONDS):
            return await model_options(turn.services, method)
    except TimeoutError as error:
        name = turn.services.provider.name
        raise BotError(f"{name} takes too long to say what can be trained. Please try again in a minute.") from error

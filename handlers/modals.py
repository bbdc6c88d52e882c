"""Windows that open at once and are filled when there is something to show: Slack allows three seconds to open one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.errors import BotError
from bot.notices.interfaces import PostRefused
from handlers.blocks import modals as windows
from handlers.turn import Turn
from texts.errors import sentence
from training_files import TrainingFileError

log = structlog.get_logger()

Fill = Callable[[View], Awaitable[None]]


@asynccontextmanager
async def opened(turn: Turn, title: str, dataset: Dataset) -> AsyncIterator[Fill]:
    """A window that says that it is looking at the file, until it is given something to show; what goes wrong
    meanwhile is said in it. Raises PostRefused where Slack's three seconds are over.
    """
    if turn.trigger_id is None:
        raise BotError("A window can only be opened from a button or a slash command.")
    view_id = await turn.services.poster.open_view(turn.trigger_id, windows.looking(title, dataset.name).to_dict())
    async with filling(turn, title, view_id) as fill:
        yield fill


@asynccontextmanager
async def filling(turn: Turn, title: str, view_id: str) -> AsyncIterator[Fill]:
    """The same for a window that is open already."""

    async def fill(view: View) -> None:
        try:
            await turn.services.poster.update_view(view_id, view.to_dict())
        except PostRefused as error:
            if str(error) not in {"not_found", "view_not_found"}:
                raise
            log.info("window was closed", key=turn.key)

    try:
        yield fill
    except (BotError, TrainingFileError) as error:
        await fill(windows.sorry(title, sentence(error)))

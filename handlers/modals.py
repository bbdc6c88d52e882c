"""Modals that open at once and are filled later: Slack allows three seconds to open one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from slack_sdk.models.views import View

from bot.datasets.dataset import Dataset
from bot.errors import BotError, Invalid
from bot.notices.interfaces import PostRefused
from handlers.blocks import modals
from handlers.request import Request
from handlers.web.poster import Poster
from texts.errors import sentence
from training_files import TrainingFileError

log = structlog.get_logger()

Fill = Callable[[View], Awaitable[None]]


@dataclass(frozen=True)
class Modals:
    poster: Poster

    async def open(self, request: Request, view: View) -> str:
        """Slack's id of it. Raises Invalid where nothing was pressed that could open one, PostRefused where Slack's
        three seconds are over."""
        if request.trigger_id is None:
            raise Invalid("no_modal_here")
        return await self.poster.open_view(request.trigger_id, view.to_dict())

    @asynccontextmanager
    async def opened(self, request: Request, title: str, dataset: Dataset) -> AsyncIterator[Fill]:
        """A modal that says that it is looking at the file, until it is given something to show; what goes wrong
        meanwhile is said in it. Raises like `open`.
        """
        view_id = await self.open(request, modals.looking(title, dataset.name))
        async with self.filling(request, title, view_id) as fill:
            yield fill

    @asynccontextmanager
    async def filling(self, request: Request, title: str, view_id: str) -> AsyncIterator[Fill]:
        """The same for a modal that is open already."""

        async def fill(view: View) -> None:
            try:
                await self.poster.update_view(view_id, view.to_dict())
            except PostRefused as error:
                if str(error) not in {"not_found", "view_not_found"}:
                    raise
                log.info("modal was closed", key=request.key)

        try:
            yield fill
        except (BotError, TrainingFileError) as error:
            await fill(modals.sorry(title, sentence(error)))

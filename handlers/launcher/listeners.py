"""`/finetune` alone, and a person's settings."""

from dataclasses import dataclass

from bot.dashboard import Dashboards
from bot.notices.interfaces import CardStore
from bot.personal_settings import PersonalSettingsControl
from handlers.blocks.message import Message
from handlers.callers import Callers
from handlers.launcher import blocks
from handlers.outgoing.card_links import card_links
from handlers.request import Request
from handlers.web.poster import Poster


@dataclass(frozen=True)
class LauncherListeners:
    callers: Callers
    dashboards: Dashboards
    settings_of: PersonalSettingsControl
    cards: CardStore
    poster: Poster

    async def overview(self, request: Request) -> None:
        await request.answer(await self.seen(request))

    async def seen(self, request: Request) -> Message:
        """For whoever asks, where they ask."""
        seen = await self.dashboards.look(await self.callers.of(request))
        named = [*seen.running[: blocks.MOST], *blocks.needed_jobs(seen)]
        links = await card_links(self.cards, self.poster, named)
        return blocks.launcher(seen, links)

    async def settings(self, request: Request) -> None:
        await request.answer(blocks.settings(await self.settings_of.of(await self.callers.of(request))))

    async def approvals_directly(self, request: Request) -> None:
        """*Switch on* and *Switch off*."""
        request = request.in_place
        caller = await self.callers.of(request)
        settings = await self.settings_of.set_approvals_directly(caller, request.text == "on")
        await request.answer(blocks.settings(settings))

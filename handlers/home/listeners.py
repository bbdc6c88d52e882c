"""Home opened, and turned to another tab or page."""

from dataclasses import dataclass

from bot.errors import Denied
from bot.home import Homes
from handlers.callers import Callers
from handlers.home.blocks import read_spot
from handlers.home.keeper import HomeKeeper
from handlers.request import Request


@dataclass(frozen=True)
class HomeListeners:
    callers: Callers
    homes: Homes
    keeper: HomeKeeper

    async def opened(self, request: Request) -> None:
        """They have asked for nothing, so what is refused stands there and nowhere else."""
        try:
            await self.homes.opened(await self.callers.of(request))
        except Denied as error:
            await self.keeper.refuse(request.user, request.channel, error)
        else:
            await self.keeper.show(request.user)

    async def turned(self, request: Request) -> None:
        """A button's value is what it leads to."""
        await self.homes.turned(await self.callers.of(request), read_spot(request.text))
        await self.keeper.show(request.user)

"""`/finetune files`: the training files that the providers have, in pages, with buttons that delete them."""

from dataclasses import dataclass

from bot.access import Role
from bot.datasets.provider_files import ProviderFiles
from bot.providers.channel_providers import ChannelProviders
from handlers.callers import Callers
from handlers.provider_files import blocks
from handlers.request import Request


@dataclass(frozen=True)
class ProviderFileListeners:
    callers: Callers
    files: ProviderFiles
    providers: ChannelProviders

    async def command(self, request: Request) -> None:
        await self._show(request, 1)

    async def turned(self, request: Request) -> None:
        await self._show(request.in_place, int(request.text))

    async def delete(self, request: Request) -> None:
        """One file; the button has asked."""
        request = request.in_place
        file_id, _, provider = request.text.partition(" ")
        await self.files.delete(await self.callers.of(request), file_id, provider)
        await self._show(request, 1)

    async def delete_unused(self, request: Request) -> None:
        request = request.in_place
        await self.files.delete_unused(await self.callers.of(request))
        await self._show(request, 1)

    async def _show(self, request: Request, page: int) -> None:
        caller = await self.callers.of(request)
        files = await self.files.visible(caller)
        providers = [provider.name for provider in await self.providers.offered(request.channel)]
        await request.answer(blocks.file_list(providers, files, page, admin=caller.actor.role is Role.ADMIN))

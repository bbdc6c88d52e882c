"""`/finetune files`: the training files that the provider has, in pages, with buttons that delete them."""

from dataclasses import dataclass

from bot.access import Role
from bot.datasets.provider_files import ProviderFiles
from handlers.callers import Callers
from handlers.provider_files import blocks
from handlers.request import Request


@dataclass(frozen=True)
class ProviderFileListeners:
    """`provider` is what people call it."""

    callers: Callers
    files: ProviderFiles
    provider: str

    async def command(self, request: Request) -> None:
        await self._show(request, 1)

    async def turned(self, request: Request) -> None:
        await self._show(request.in_place, int(request.text))

    async def delete(self, request: Request) -> None:
        """One file; the button has asked."""
        request = request.in_place
        await self.files.delete(await self.callers.of(request), request.text)
        await self._show(request, 1)

    async def delete_unused(self, request: Request) -> None:
        request = request.in_place
        await self.files.delete_unused(await self.callers.of(request))
        await self._show(request, 1)

    async def _show(self, request: Request, page: int) -> None:
        caller = await self.callers.of(request)
        files = await self.files.visible(caller)
        await request.answer(blocks.file_list(self.provider, files, page, admin=caller.actor.role is Role.ADMIN))

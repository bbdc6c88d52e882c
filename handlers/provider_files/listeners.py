"""`/finetune files`: the training files that the provider has, in pages, with buttons that delete them."""

from dataclasses import dataclass

from bot.access import Role
from bot.datasets.provider_files import ProviderFiles
from handlers.callers import Callers
from handlers.provider_files import blocks
from handlers.turn import Turn


@dataclass(frozen=True)
class ProviderFileListeners:
    """`provider` is what people call it."""

    callers: Callers
    files: ProviderFiles
    provider: str

    async def command(self, turn: Turn) -> None:
        await self._show(turn, 1)

    async def turned(self, turn: Turn) -> None:
        await self._show(turn.in_place, int(turn.words))

    async def delete(self, turn: Turn) -> None:
        """One file; the button has asked."""
        turn = turn.in_place
        await self.files.delete(await self.callers.of(turn), turn.words)
        await self._show(turn, 1)

    async def delete_unused(self, turn: Turn) -> None:
        turn = turn.in_place
        await self.files.delete_unused(await self.callers.of(turn))
        await self._show(turn, 1)

    async def _show(self, turn: Turn, page: int) -> None:
        caller = await self.callers.of(turn)
        files = await self.files.visible(caller)
        await turn.answer(blocks.file_list(self.provider, files, page, admin=caller.actor.role is Role.ADMIN))

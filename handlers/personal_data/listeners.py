"""Erasing a person: asked for by a command, confirmed, done."""

from dataclasses import dataclass, replace

from bot.errors import Invalid
from bot.personal_data.erasure import PersonErasure
from handlers.blocks.markup import person_in
from handlers.callers import Callers
from handlers.personal_data import blocks
from handlers.request import Request


@dataclass(frozen=True)
class PersonalDataListeners:
    callers: Callers
    erasure: PersonErasure

    async def command(self, request: Request) -> None:
        """Without a person, a menu of all."""
        if not request.text:
            await self.erasure.require(await self.callers.of(request))
            await request.answer(blocks.whose())
            return
        user = person_in(request.text)
        if user is None:
            raise Invalid("erase_usage")
        await self.ask(replace(request, text=user))

    async def ask(self, request: Request) -> None:
        await self.erasure.check(await self.callers.of(request), request.text)
        await request.answer(blocks.question(request.text))

    async def erase(self, request: Request) -> None:
        erased = await self.erasure.erase(await self.callers.of(request), request.text)
        await request.answer(blocks.erased(request.text, erased))

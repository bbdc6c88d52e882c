"""Erasing a person: asked for by a command, confirmed, done."""

from dataclasses import dataclass

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
        user = person_in(request.text.strip())
        if user is None:
            raise Invalid("erase_usage")
        await self.erasure.check(await self.callers.of(request), user)
        await request.answer(blocks.question(user))

    async def erase(self, request: Request) -> None:
        erased = await self.erasure.erase(await self.callers.of(request), request.text)
        await request.answer(blocks.erased(request.text, erased))

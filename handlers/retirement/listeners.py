"""`/finetune retiring` and `/finetune unused`."""

import re
from dataclasses import dataclass

from bot.errors import Invalid
from bot.models.retirement_calendar import RetirementCalendar
from bot.unused import DAYS, UnusedThings
from handlers.callers import Callers
from handlers.request import Request
from handlers.retirement import blocks, unused_blocks


@dataclass(frozen=True)
class RetirementListeners:
    callers: Callers
    calendar: RetirementCalendar
    unused_things: UnusedThings

    async def retiring(self, request: Request) -> None:
        """`[page=2]`; *Earlier* and *Later* carry the page's number alone."""
        page = re.fullmatch(r"(?:page=)?([0-9]{1,6})", request.text or "1")
        if page is None:
            raise Invalid("retiring_usage")
        await request.answer(blocks.calendar(await self.calendar.page(await self.callers.of(request), int(page[1]))))

    async def turned(self, request: Request) -> None:
        await self.retiring(request.in_place)

    async def unused(self, request: Request) -> None:
        """`[days=90]`: the least days without any use."""
        days = re.fullmatch(r"(?:days=)?([0-9]{1,4})", request.text or str(DAYS))
        if days is None or int(days[1]) < 1:
            raise Invalid("unused_usage")
        found = await self.unused_things.of(await self.callers.of(request), int(days[1]))
        await request.answer(unused_blocks.unused(found))

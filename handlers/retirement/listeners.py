"""`/finetune retiring`."""

import re
from dataclasses import dataclass

from bot.errors import Invalid
from bot.models.retirement_calendar import RetirementCalendar
from handlers.callers import Callers
from handlers.request import Request
from handlers.retirement import blocks


@dataclass(frozen=True)
class RetirementListeners:
    callers: Callers
    calendar: RetirementCalendar

    async def retiring(self, request: Request) -> None:
        """`[page=2]`; *Earlier* and *Later* carry the page's number alone."""
        page = re.fullmatch(r"(?:page=)?([0-9]{1,6})", request.text or "1")
        if page is None:
            raise Invalid("retiring_usage")
        await request.answer(blocks.calendar(await self.calendar.page(await self.callers.of(request), int(page[1]))))

    async def turned(self, request: Request) -> None:
        await self.retiring(request.in_place)

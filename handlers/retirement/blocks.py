"""The calendar of models that stop answering."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from slack_sdk.models.blocks import Block

from bot.models.retirement_calendar import CalendarEntry, CalendarPage
from handlers.blocks.message import Message
from handlers.blocks.move import ALL, OPEN
from handlers.blocks.parts import actions, button, context, line, message, section
from handlers.blocks.text import bold, code, date, person
from texts import models
from texts import retirement as texts
from texts.formats import full_day
from texts.moves import move_button

EARLIER: Final = "retiring_earlier"
LATER: Final = "retiring_later"
_BY_SECTION: Final = 6


def calendar(page: CalendarPage) -> Message:
    """Its buttons carry the page."""
    if not page.entries:
        return line(texts.nothing_ends())
    blocks: list[Block] = [section(bold(texts.calendar(page.count)))]
    blocks += by_day(page.entries)
    turning = [button(move_button(), OPEN, ALL)]
    if page.number > 1:
        turning.append(button(texts.earlier_button(), EARLIER, str(page.number - 1)))
    if page.number < page.pages:
        turning.append(button(texts.later_button(), LATER, str(page.number + 1)))
    blocks.append(actions(*turning))
    if page.pages > 1:
        blocks.append(context(texts.page(page.number, page.pages)))
    return message(texts.calendar(page.count), blocks)


def by_day(entries: Sequence[CalendarEntry]) -> Iterator[Block]:
    """Below each day what ends on it."""
    for (day, days), ending in groupby(entries, key=lambda entry: (entry.day, entry.days)):
        left = texts.day_ahead(full_day(day), days) if days > 0 else texts.day_over(full_day(day))
        lines = [bold(left), *map(_line, ending)]
        for at in range(0, len(lines), _BY_SECTION):
            yield section("\n".join(lines[at : at + _BY_SECTION]))


def _line(entry: CalendarEntry) -> str:
    facts = [code(entry.name, 120)]
    if entry.base_model != entry.model:
        facts.append(models.made_from(code(entry.base_model, 80)))
    if entry.owner:
        facts.append(person(entry.owner))
    if entry.training_ends is not None:
        facts.append(texts.no_jobs_from(full_day(entry.training_ends)))
    if entry.channels:
        facts.append(texts.used_in(entry.channels))
    if entry.last_used_at is not None:
        facts.append(texts.last_used(date(entry.last_used_at), []))
    elif entry.base_model != entry.model:
        facts.append(texts.never_used())
    return f"• {' · '.join(facts)}"

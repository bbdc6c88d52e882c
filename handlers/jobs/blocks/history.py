"""The history of a job, in pages: what the provider told, and what led to what."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.jobs.job import Job
from bot.jobs.timeline import Moment
from bot.providers.interface import RemoteEvent
from handlers.blocks.card import title
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, message, section
from handlers.blocks.text import code, counted, date, person, quoted

EVENTS_LATER: Final = "events_later"
EVENTS_EARLIER: Final = "events_earlier"
EXPLAIN_EARLIER: Final = "explain_earlier"
EXPLAIN_LATER: Final = "explain_later"
PAGE: Final = 20
"""Lines on one page: 20 of at most some 400 characters stay within what Slack takes of one message."""

_LINES_IN_SECTION: Final = 5
_LEVELS: Final = {"warn": "*Warning:* ", "error": "*Error:* "}
_SOURCES: Final = {
    "slack": "Slack",
    "person": "Person",
    "bot": "Bot",
    "provider": "Provider",
    "delivery": "Delivery",
}


def event_page(job: Job, events: Sequence[RemoteEvent], page: int, count: int) -> Message:
    """Page `page` (from 1) of `count` events, the latest first."""
    lines = [f"{date(e.created_at, seconds=True)}  {_LEVELS.get(e.level, '')}{quoted(e.message, 250)}" for e in events]
    heading = f"{counted(count, 'event')} of {code(title(job), 150)}, the latest first"
    return _page(job, heading, lines, page, count, (EVENTS_LATER, EVENTS_EARLIER), ("Later", "Earlier"))


def timeline_page(job: Job, moments: Sequence[Moment], page: int) -> Message:
    """Page `page` (from 1) of all `moments`, oldest first; the last one where there are fewer pages."""
    page = max(1, min(page, pages(len(moments))))
    shown = moments[(page - 1) * PAGE : page * PAGE]
    lines = [_moment(moment) for moment in shown]
    heading = f"What led to what in {code(title(job), 150)}, oldest first"
    return _page(job, heading, lines, page, len(moments), (EXPLAIN_EARLIER, EXPLAIN_LATER), ("Earlier", "Later"))


def pages(count: int) -> int:
    return max(1, -(-count // PAGE))


def _moment(moment: Moment) -> str:
    by = f"{person(moment.actor)}: " if moment.actor else ""
    return f"{date(moment.at, seconds=True)}  *{_SOURCES[moment.source]}*  {by}{quoted(moment.what, 300)}"


def _page(
    job: Job,
    heading: str,
    lines: Sequence[str],
    page: int,
    count: int,
    turns: tuple[str, str],
    names: tuple[str, str],
) -> Message:
    """`turns` and `names`: action ids and words of the buttons to the page before and the one after."""
    if not lines:
        text = f"Nothing is known about {code(title(job), 150)} yet."
        return message(text, [section(text)])
    blocks: list[Block] = [section(f"*{heading}*")]
    blocks += [
        section("\n".join(lines[start : start + _LINES_IN_SECTION]))
        for start in range(0, len(lines), _LINES_IN_SECTION)
    ]
    turning = []
    if page > 1:
        turning.append(button(names[0], turns[0], f"{job.id} {page - 1}"))
    if page < pages(count):
        turning.append(button(names[1], turns[1], f"{job.id} {page + 1}"))
    if turning:
        blocks.append(actions(*turning))
        blocks.append(context(f"Page {page} of {pages(count)}"))
    return message(heading, blocks)

"""The history of a job, in pages: the provider's events, and the timeline."""

from collections.abc import Sequence
from typing import Final, assert_never

from slack_sdk.models.blocks import Block, ButtonElement

from bot.audit import Entry, Outcome
from bot.jobs.job import Job
from bot.jobs.timeline import Delivered, Ended, LastNews, Measured, Moment, Received, Sent, Stored
from bot.providers.interface import RemoteEvent
from handlers.blocks.card import title
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, message, section
from handlers.blocks.text import bold, code, date, person, quoted
from texts import audit
from texts import history as texts
from texts.errors import recorded_sentence
from texts.jobs import state
from texts.provider_errors import message as told

EVENTS_LATER: Final = "events_later"
EVENTS_EARLIER: Final = "events_earlier"
EXPLAIN_EARLIER: Final = "explain_earlier"
EXPLAIN_LATER: Final = "explain_later"
PAGE: Final = 20
"""Lines on one page: 20 of at most some 400 characters stay within what Slack takes of one message."""

_LINES_IN_SECTION: Final = 5


def event_page(job: Job, events: Sequence[RemoteEvent], page: int, count: int) -> Message:
    """Page `page` (from 1) of `count` events, the latest first."""
    lines = [_event(event) for event in events]
    heading = texts.events_of(count, code(title(job), 150))
    newer = button(texts.later(), EVENTS_LATER, f"{job.id} {page - 1}")
    older = button(texts.earlier(), EVENTS_EARLIER, f"{job.id} {page + 1}")
    return _page(job, heading, lines, page, pages(count), newer, older)


def timeline_page(job: Job, moments: Sequence[Moment], page: int) -> Message:
    """Page `page` (from 1) of all `moments`, oldest first; the last one where there are fewer pages."""
    page = max(1, min(page, pages(len(moments))))
    lines = [_moment(moment) for moment in moments[(page - 1) * PAGE : page * PAGE]]
    heading = texts.timeline_of(code(title(job), 150))
    older = button(texts.earlier(), EXPLAIN_EARLIER, f"{job.id} {page - 1}")
    newer = button(texts.later(), EXPLAIN_LATER, f"{job.id} {page + 1}")
    return _page(job, heading, lines, page, pages(len(moments)), older, newer)


def pages(count: int) -> int:
    return max(1, -(-count // PAGE))


def _event(event: RemoteEvent) -> str:
    level = {"warn": f"{bold(texts.warning())} ", "error": f"{bold(texts.error())} "}.get(event.level, "")
    return f"{date(event.created_at, seconds=True)}  {level}{quoted(event.message, 250)}"


def _moment(moment: Moment) -> str:
    source, what = _said(moment)
    by = f"{person(moment.actor)}: " if moment.actor else ""
    return f"{date(moment.at, seconds=True)}  {bold(source)}  {by}{quoted(what, 300)}"


def _said(moment: Moment) -> tuple[str, str]:
    """Who or what it is of, and what happened, as plain text."""
    what = moment.what
    match what:
        case Received():
            return texts.slack(), texts.requested(what.key, what.attempts, what.state)
        case Stored():
            return texts.bot(), texts.stored(what.job, what.base_model)
        case Sent():
            return texts.bot(), texts.sent(what.provider)
        case Entry():
            return texts.person(), _act(what)
        case LastNews():
            return texts.provider(), texts.last_news()
        case RemoteEvent():
            level = {"warn": texts.warning(), "error": texts.error()}.get(what.level, "")
            return texts.provider(), f"{level} {what.message}".strip()
        case Measured():
            return texts.provider(), texts.measured(what.count, what.last)
        case Ended():
            return texts.provider(), texts.ended(
                state(what.state) or what.state, told(what.error) if what.error else ""
            )
        case Delivered():
            return texts.delivery(), _delivery(what)
        case _:
            assert_never(what)


def _act(entry: Entry) -> str:
    outcome = {Outcome.DONE: "", Outcome.REFUSED: audit.refused(), Outcome.FAILED: audit.failed()}[entry.outcome]
    details = audit.details(entry.action, recorded_sentence(entry.details))
    return " · ".join(filter(None, (audit.act(entry.action), outcome, details)))


def _delivery(delivery: Delivered) -> str:
    what = texts.notice(delivery.notice)
    if delivery.posted_at is not None:
        return texts.said(what, delivery.attempts)
    return (texts.given_up if delivery.state == "given_up" else texts.in_doubt)(what, delivery.why)


def _page(
    job: Job,
    heading: str,
    lines: Sequence[str],
    page: int,
    count: int,
    before: ButtonElement,
    after: ButtonElement,
) -> Message:
    """Page `page` of `count`; `before` and `after` lead to its neighbours."""
    if not lines:
        text = texts.nothing_known(code(title(job), 150))
        return message(text, [section(text)])
    blocks: list[Block] = [section(bold(heading))]
    blocks += [
        section("\n".join(lines[start : start + _LINES_IN_SECTION]))
        for start in range(0, len(lines), _LINES_IN_SECTION)
    ]
    turning = [*([before] if page > 1 else []), *([after] if page < count else [])]
    if turning:
        blocks.append(actions(*turning))
        blocks.append(context(texts.page(page, count)))
    return message(heading, blocks)

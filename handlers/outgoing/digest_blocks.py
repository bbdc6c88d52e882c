"""A channel's digest, as it is told."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from slack_sdk.models.blocks import Block

from bot.digest.digest import Digest, RetiresSoon
from bot.jobs.estimate import counted_cost
from bot.jobs.job import Job
from handlers.blocks.card import outcome, symbol, title
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import context, message, section
from handlers.blocks.text import bold, code, date
from texts import digest as texts
from texts import retirement
from texts.formats import dollars, full_day, money

_SHOWN: Final = 8

T = TypeVar("T")


def digest(told: Digest) -> Message:
    """Without people: to mention them would call them each time."""
    heading = texts.heading(date(told.since))
    blocks: list[Block] = [section(bold(heading))]
    blocks += _list(texts.ended(len(told.ended)), told.ended[::-1], _ended)
    blocks += _list(texts.go_on(len(told.running)), told.running, _open)
    blocks += _list(texts.wait(len(told.waiting)), told.waiting, _open)
    blocks += _list(texts.stop_answering(len(told.retiring)), told.retiring, _retires)
    spent = texts.spent(dollars(told.month.usd))
    if told.budget is not None:
        spent = texts.spent_of(dollars(told.month.usd), dollars(told.budget))
    blocks += [context(spent), context(texts.how_to_stop())]
    return message(texts.summary(len(told.ended), len(told.running), len(told.waiting)), blocks)


def _list(heading: str, things: Sequence[T], line: Callable[[T], str]) -> list[Block]:
    if not things:
        return []
    lines = [bold(heading), *(f"• {line(thing)}" for thing in things[:_SHOWN])]
    if len(things) > _SHOWN:
        lines.append(texts.more(len(things) - _SHOWN))
    return [section("\n".join(lines))]


def _ended(job: Job) -> str:
    model = named(job.fine_tuned_model) if job.fine_tuned_model and not job.model_lost else ""
    cost = money(counted_cost(job)) if job.estimated_cost else ""
    facts = (f"{symbol(job)} {outcome(job)}", _name(job), model, cost)
    return " · ".join(filter(None, facts))


def _open(job: Job) -> str:
    return f"{symbol(job)} {outcome(job)} · {_name(job)}"


def _name(job: Job) -> str:
    return code(title(job), 120)


def _retires(soon: RetiresSoon) -> str:
    return f"{named(soon.model)} · {retirement.day_ahead(full_day(soon.day), soon.days)}"

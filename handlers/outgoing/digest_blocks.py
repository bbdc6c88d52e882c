"""A channel's digest, as it is told."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from slack_sdk.models.blocks import Block

from bot.digest.digest import Digest, RetiresSoon
from bot.jobs.estimate import counted_cost
from bot.jobs.job import Job
from handlers.blocks.card import linked_title, outcome, symbol
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import context, message, section
from handlers.blocks.text import bold, date
from texts import digest as texts
from texts import retirement
from texts.formats import dollars, full_day, money, sentences

_SHOWN: Final = 8

T = TypeVar("T")


def digest(told: Digest, links: Mapping[str, str] = {}) -> Message:
    """`links`: to the cards of its jobs, by their ids, as far as there are any. Without people: to mention them would
    call them each time."""
    ended, still_open = partial(_ended, links), partial(_open, links)
    heading = texts.heading(date(told.since))
    blocks: list[Block] = [section(bold(heading))]
    blocks += _list(texts.ended(len(told.ended)), told.ended[::-1], ended)
    blocks += _list(texts.go_on(len(told.running)), told.running, still_open)
    blocks += _list(texts.wait(len(told.waiting)), told.waiting, still_open)
    blocks += _list(texts.stop_answering(len(told.retiring)), told.retiring, _retires)
    spent = texts.spent(dollars(told.month.usd))
    if told.budget is not None:
        spent = texts.spent_of(dollars(told.month.usd), dollars(told.budget))
    of_ended = sum(cost for job in told.ended if (cost := counted_cost(job)))
    spent = sentences(texts.cost_of_ended(dollars(of_ended)) if of_ended else None, spent)
    blocks += [context(spent), context(texts.how_to_stop())]
    return message(texts.summary(len(told.ended), len(told.running), len(told.waiting)), blocks)


def shown(told: Digest) -> list[Job]:
    """The jobs that it names."""
    return [*told.ended[::-1][:_SHOWN], *told.running[:_SHOWN], *told.waiting[:_SHOWN]]


def _list(heading: str, things: Sequence[T], line: Callable[[T], str]) -> list[Block]:
    if not things:
        return []
    lines = [bold(heading), *(f"• {line(thing)}" for thing in things[:_SHOWN])]
    if len(things) > _SHOWN:
        lines.append(texts.more(len(things) - _SHOWN))
    return [section("\n".join(lines))]


def _ended(links: Mapping[str, str], job: Job) -> str:
    model = named(job.fine_tuned_model) if job.fine_tuned_model and not job.model_lost else ""
    cost = money(counted_cost(job)) if job.estimated_cost else ""
    return " · ".join(filter(None, (_open(links, job), model, cost)))


def _open(links: Mapping[str, str], job: Job) -> str:
    return f"{symbol(job)} {outcome(job)} · {linked_title(job, links.get(job.id), 120)}"


def _retires(soon: RetiresSoon) -> str:
    return f"{named(soon.model)} · {retirement.day_ahead(full_day(soon.day), soon.days)}"

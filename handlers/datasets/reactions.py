"""One reaction on a dropped file's message tells the channel what the report in its thread says.

The bot's own reactions are known from the store, so that a changed verdict replaces the one before. Without the scope
reactions:write (an app that was installed before it was asked for) there is none, and nothing else changes.
"""

import asyncio
from typing import Final
from weakref import WeakValueDictionary

import structlog

from bot.datasets.dataset import Dataset
from bot.notices.interfaces import PostError
from handlers.services import Services
from handlers.web.rate_limits import Priority
from training_files import Report

log = structlog.get_logger()

READY: Final = "white_check_mark"
LOOK: Final = "warning"
WRONG: Final = "x"
_BY_WEIGHT: Final = (WRONG, LOOK, READY)
# What is so already (reactions.add and reactions.remove, docs.slack.dev, read 2026-11-28).
_DONE_BEFORE: Final = frozenset({"already_reacted", "no_reaction"})

_locks: WeakValueDictionary[tuple[str, float], asyncio.Lock] = WeakValueDictionary()


def verdict(report: Report, *, trainable: bool) -> str:
    """The reaction for a report: on a file that can be trained on; that needs a look; that is wrong."""
    if not report.ok:
        return LOOK if report.table is not None else WRONG
    return LOOK if report.warnings or not trainable else READY


async def react(services: Services, dataset: Dataset, reaction: str | None) -> None:
    """`reaction` is what the file's report says; None takes it away. Of a message with several files the weightiest
    is shown. What the bot made of another file has no message of a person's.
    """
    if dataset.derived_from is not None:
        return
    lock = _locks.setdefault((dataset.channel, dataset.created_at), asyncio.Lock())
    async with lock:
        dropped = await services.datasets.of_message(dataset.channel, dataset.created_at)
        told = {one.id: one.reaction for one in dropped}
        before = _weightiest(told)
        after = _weightiest(told | {dataset.id: reaction})
        if before != after:
            if after is not None:
                await _call(services, "reactions.add", dataset, after)
            if before is not None:
                await _call(services, "reactions.remove", dataset, before)
        await services.datasets.remember_reaction(dataset.id, reaction)


def _weightiest(told: dict[str, str | None]) -> str | None:
    return next((reaction for reaction in _BY_WEIGHT if reaction in told.values()), None)


async def _call(services: Services, method: str, dataset: Dataset, name: str) -> None:
    # A message's ts has six places; it is when the file was dropped.
    arguments = {"channel": dataset.channel, "timestamp": f"{dataset.created_at:.6f}", "name": name}
    try:
        await services.poster.call(method, arguments, priority=Priority.PROGRESS)
    except PostError as error:
        if str(error) not in _DONE_BEFORE:
            log.info("no reaction", method=method, dataset=dataset.id, why=str(error))

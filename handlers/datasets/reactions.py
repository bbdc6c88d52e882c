"""One reaction on a dropped file's message tells the channel what the report in its thread says.

The bot's own reactions are known from the store, so that a changed verdict replaces the one before. Without the scope
reactions:write (an app that was installed before it was asked for) there is none, and nothing else changes.
"""

from typing import Final

import structlog

from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.datasets.report import Verdict
from bot.keyed_locks import KeyedLocks
from bot.notices.interfaces import PostError
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority

log = structlog.get_logger()

# The weightiest first.
EMOJI: Final = {Verdict.WRONG: "x", Verdict.LOOK: "warning", Verdict.READY: "white_check_mark"}
# What is so already (reactions.add and reactions.remove, docs.slack.dev, read 2026-11-28).
_DONE_BEFORE: Final = frozenset({"already_reacted", "no_reaction"})


class Reactions:
    def __init__(self, datasets: DatasetStore, poster: Poster, locks: KeyedLocks | None = None) -> None:
        self._datasets = datasets
        self._poster = poster
        self._locks = locks or KeyedLocks()

    async def show(self, dataset: Dataset, verdict: Verdict | None) -> None:
        """`verdict` is what the file's report says; None takes the reaction away. Of a message with several files the
        weightiest is shown. What the bot made of another file has no message of a person's.
        """
        if dataset.derived_from is not None:
            return
        reaction = EMOJI[verdict] if verdict else None
        async with self._locks.of(dataset.channel, dataset.created_at):
            dropped = await self._datasets.of_message(dataset.channel, dataset.created_at)
            told = {one.id: one.reaction for one in dropped}
            before = _weightiest(told)
            after = _weightiest(told | {dataset.id: reaction})
            if before != after:
                if after is not None:
                    await self._call("reactions.add", dataset, after)
                if before is not None:
                    await self._call("reactions.remove", dataset, before)
            await self._datasets.remember_reaction(dataset.id, reaction)

    async def _call(self, method: str, dataset: Dataset, name: str) -> None:
        # A message's ts has six places; it is when the file was dropped.
        arguments = {"channel": dataset.channel, "timestamp": f"{dataset.created_at:.6f}", "name": name}
        try:
            await self._poster.call(method, arguments, priority=Priority.PROGRESS)
        except PostError as error:
            if str(error) not in _DONE_BEFORE:
                log.info("no reaction", method=method, dataset=dataset.id, why=str(error))


def _weightiest(told: dict[str, str | None]) -> str | None:
    return next((reaction for reaction in EMOJI.values() if reaction in told.values()), None)

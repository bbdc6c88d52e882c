"""Channels hear in time that models which they use stop answering, and once more when they do.

The notice's id, which is stored once for ever, is the mark that it was said: of the channel, the day of the shutdown
and the days until then. After a time without the bot, only the latest warning that is due is stored.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Final, Protocol

import structlog

from bot.access import Place, Resource, is_shown_in
from bot.errors import BotError
from bot.jobs.notice import ModelsRetire, ModelsRetired, Notice, RetiringModel
from bot.models.catalogue import Catalogue
from bot.models.uses import ChannelUse, ModelUses
from training_files.catalog import base_of

log = structlog.get_logger()

WARNING_DAYS: Final = (90, 30, 14, 7, 1)
"""Days before a model's shutdown on which its channels are told."""

# What was over long before anybody looked is no news.
_NEWS_FOR_DAYS: Final = 30


class NoticeStore(Protocol):
    async def put(self, notices: Sequence[Notice]) -> None:
        """All in one transaction. A notice whose id is known is left as it is."""


class RetirementWarnings:
    def __init__(
        self,
        uses: ModelUses,
        catalogue: Catalogue,
        notices: NoticeStore,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._uses = uses
        self._catalogue = catalogue
        self._notices = notices
        self._clock = clock
        self._seen: object = None

    async def look(self) -> None:
        """Store what is to be said today; looked up once a day, and when a provider names other days. Never raises: the
        schedule goes on."""
        try:
            today = datetime.fromtimestamp(self._clock(), UTC).date()
            seen = today, await self._catalogue.told_dates()
            if seen == self._seen:
                return
            if due := await self._due(today):
                await self._notices.put(due)
            self._seen = seen
        except BotError as error:
            log.error("nobody warned of retirements this time", why=str(error))

    async def _due(self, today: date) -> list[Notice]:
        ends = await self._catalogue.retirements(list(await self._uses.models()))
        days = {model: end.shutdown_date for model, end in ends.items() if end.shutdown_date is not None}
        due = {model: day for model, day in days.items() if _step(day, today) is not None}
        things = await self._catalogue.resources(list(due))
        retiring: dict[tuple[str, date], list[ChannelUse]] = defaultdict(list)
        for use in await self._uses.of(list(due)):
            if _may_be_told(use, things[use.model]):
                retiring[use.channel, due[use.model]].append(use)
        return [_notice(channel, day, today, used) for (channel, day), used in retiring.items()]


def _step(day: date, today: date) -> int | None:
    """Which of the warnings is due, the last one that should have been given; 0: it is over. None for none."""
    left = (day - today).days
    if left <= 0:
        return 0 if left > -_NEWS_FOR_DAYS else None
    return min((step for step in WARNING_DAYS if step >= left), default=None)


def _may_be_told(use: ChannelUse, model: Resource) -> bool:
    """A model of a private place is spoken of there, and to its owner alone."""
    owner = use.people[0] if use.people else ""
    return is_shown_in(Place(use.channel, alone=use.channel.startswith("D")), model, owner)


def _notice(channel: str, day: date, today: date, used: Sequence[ChannelUse]) -> Notice:
    latest = sorted(used, key=lambda use: (not use.current, -(use.last_used_at or 0), use.model))
    models = tuple(
        RetiringModel(use.model, base_of(use.model), use.people, use.last_used_at, use.current, use.repeated)
        for use in latest
    )
    step = _step(day, today)
    body = ModelsRetire(models, str(day), (day - today).days) if step else ModelsRetired(models, str(day))
    people = [person for use in latest for person in use.people]
    about = Resource(people[0] if people else "", channel, latest[0].private, "model", latest[0].model)
    # Older than any backup: after one was put back, it is looked for before it is said again.
    return Notice(f"retirement/{channel}/{day}/{step}", body, channel, about, since=0.0)

"""What ends when, of the models that a person may know of: the answer to `/finetune retiring`."""

import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.uses import ChannelUse, ModelUses
from training_files.catalog import base_of

PAGE: Final = 10


class CalendarEntry(msgspec.Struct, frozen=True):
    """`day`: the first on which the model does not answer, `days` from now, below 1 where it has come. `training_ends`:
    of a base model, the first day on which no job on it is taken. `owner`: who had it made, "" where nobody here did.
    `channels`: in how many it is used, and `last_used_at` when last (seconds since the epoch), as far as the person may
    know.
    """

    model: str
    name: str
    base_model: str
    day: date
    days: int
    training_ends: date | None = None
    owner: str = ""
    channels: int = 0
    last_used_at: float | None = None


class CalendarPage(msgspec.Struct, frozen=True):
    """Page `number` (from 1) of `pages`; of `count` entries in all."""

    entries: Sequence[CalendarEntry]
    number: int
    pages: int
    count: int


class RetirementCalendar:
    def __init__(
        self,
        uses: ModelUses,
        catalogue: Catalogue,
        lookup: ModelLookup,
        authority: Authority,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._uses = uses
        self._catalogue = catalogue
        self._lookup = lookup
        self._authority = authority
        self._clock = clock

    async def page(self, caller: Caller, number: int) -> CalendarPage:
        """Raises Denied, ProviderError. A page beyond the last is the last."""
        await self._authority.require(caller, Action.SEE)
        entries = await self._entries(caller, await self._uses.models())
        pages = max(1, -(-len(entries) // PAGE))
        number = min(max(1, number), pages)
        return CalendarPage(entries[(number - 1) * PAGE : number * PAGE], number, pages, len(entries))

    async def next(self, caller: Caller, most: int) -> CalendarPage:
        """What is to come next of the models that providers list, `most` entries of it: fine-tuned ones, and others
        that are used somewhere. Raises Denied, ProviderError."""
        await self._authority.require(caller, Action.SEE)
        listed = await self._uses.of(await self._catalogue.listed())
        entries = await self._entries(caller, {use.model for use in listed})
        ahead = [one for one in entries if one.days > 0 and (one.model != one.base_model or one.channels)]
        return CalendarPage(ahead[:most], 1, 1, len(ahead))

    async def _entries(self, caller: Caller, others: Collection[str]) -> list[CalendarEntry]:
        """Of fine-tuned models, base models that are offered, and others. What is to come first, by its day, the models
        used last before others; then what is over, the latest first."""
        tuned = await self._catalogue.fine_tuned(fresh=False)
        offered = await self._catalogue.base_models()
        models = list(dict.fromkeys([*(model.id for model in tuned), *offered, *sorted(others)]))
        ends = await self._catalogue.retirements(models)
        ending = [model for model in models if ends[model].shutdown_date is not None]
        things = await self._catalogue.resources(ending)
        known = [model for model in ending if self._authority.allows(caller, Action.SEE, things[model])]
        used: dict[str, list[ChannelUse]] = {}
        for use in await self._uses.of(known):
            if use.is_seen_by(caller, caller.answers_in):
                used.setdefault(use.model, []).append(use)
        names, today = await self._lookup.names(caller, known), datetime.fromtimestamp(self._clock(), UTC).date()
        bases = {model.id: model.base_model for model in tuned}
        entries = []
        for model in known:
            day, base, uses = ends[model].shutdown_date, bases.get(model) or base_of(model), used.get(model, ())
            assert day is not None
            entries.append(
                CalendarEntry(
                    model,
                    names[model],
                    base,
                    day,
                    (day - today).days,
                    training_ends=ends[model].training_ends if model == base else None,
                    owner=things[model].owner,
                    channels=len({use.channel for use in uses if use.last_used_at is not None or use.current}),
                    last_used_at=max((use.last_used_at for use in uses if use.last_used_at is not None), default=None),
                )
            )
        return sorted(entries, key=lambda entry: (entry.days < 1, abs(entry.days), -(entry.last_used_at or 0)))

"""Retention: what is older than the settings say is deleted, once a day is over, and never what something under way
needs.

The audit log says what went, and how much of it. It is kept itself: nothing but an erased person's name leaves it.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Final, Protocol

import structlog

from bot.access import Action, Actor, Caller, Place, Role
from bot.audit import SETTINGS, Entry
from bot.authority import Authority
from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.interfaces import DatasetStore
from bot.errors import BotError
from bot.settings import Settings

log = structlog.get_logger()

DELETE_EXPIRED: Final = "delete expired"
"""What the audit log calls it."""
_DAY: Final = 24 * 3600.0


class Kind(StrEnum):
    """Of data: training files, by when they were used last; what was said in conversations and comparisons; what models
    answered when evaluations, judges and generations asked them; generated examples with the texts they were drawn
    from."""

    FILES = "files"
    MESSAGES = "messages"
    ANSWERS = "answers"
    GENERATIONS = "generations"


def days_of(settings: Settings) -> dict[Kind, int]:
    """What is not kept for good, and for how many days it is."""
    given = {
        Kind.FILES: settings.finetune_keep_files_days,
        Kind.MESSAGES: settings.finetune_keep_messages_days,
        Kind.ANSWERS: settings.finetune_keep_answers_days,
        Kind.GENERATIONS: settings.finetune_keep_generations_days,
    }
    return {kind: days for kind, days in given.items() if days is not None}


class RetentionStore(Protocol):
    async def expired_files(self, before: float) -> list[str]:
        """Ids of data sets that are older and were not used since, and that nothing under way needs."""

    async def count(self, kind: Kind, before: float) -> int:
        """How much of a kind, other than files, is older and not needed."""

    async def delete(self, kind: Kind, before: float, record: Callable[[int], Entry]) -> int:
        """Delete a part of that, with the audit entry that `record` makes of how much it is: one transaction. Called
        until nothing is left, for others write in between. How much it was."""


class Retention:
    """`days`: for how long each kind is kept; what is not among them is kept for good. `take_down` makes the report of
    a file say that it was deleted after so many days."""

    def __init__(
        self,
        days: Mapping[Kind, int],
        store: RetentionStore,
        datasets: DatasetStore,
        deletion: DatasetDeletion,
        take_down: Callable[[Dataset, int], Awaitable[None]],
        authority: Authority,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._days = days
        self._store = store
        self._datasets = datasets
        self._deletion = deletion
        self._take_down = take_down
        self._authority = authority
        self._clock = clock

    async def due(self, caller: Caller) -> dict[Kind, int]:
        """How much of each kind with a limit would be deleted now. Raises Denied."""
        await self._authority.require(caller, Action.ERASE)
        now = self._clock()
        found: dict[Kind, int] = {}
        for kind, days in self._days.items():
            before = now - days * _DAY
            if kind is Kind.FILES:
                found[kind] = len(await self._store.expired_files(before))
            else:
                found[kind] = await self._store.count(kind, before)
        return found

    async def carry_out(self, caller: Caller) -> dict[Kind, int]:
        """Delete it now; how much of each kind it was. Raises Denied."""
        await self._authority.require(caller, Action.ERASE)
        return await self._delete()

    async def tick(self) -> None:
        deleted = {kind: count for kind, count in (await self._delete()).items() if count}
        if deleted:
            log.info("expired data deleted", **deleted)

    async def _delete(self) -> dict[Kind, int]:
        now = self._clock()
        deleted: dict[Kind, int] = {}
        for kind, days in self._days.items():
            before = now - days * _DAY
            if kind is Kind.FILES:
                deleted[kind] = await self._delete_files(before, days, now)
            else:
                deleted[kind] = await self._delete_of(kind, before, now)
        return deleted

    async def _delete_files(self, before: float, days: int, now: float) -> int:
        """One that cannot be deleted now is left to the next time."""
        place = Place("", alone=True)
        caller = Caller(Actor(SETTINGS, "", role=Role.ADMIN), "", "", place, place, f"retention/{now}", now)
        deleted = 0
        for dataset_id in await self._store.expired_files(before):
            dataset = await self._datasets.get(dataset_id)
            if dataset is None or dataset.deleted_at is not None:
                continue
            try:
                await self._deletion.remove(caller, dataset)
            except BotError as error:
                log.warning("expired file not deleted", dataset=dataset_id, why=str(error))
                continue
            await self._take_down(dataset, days)
            deleted += 1
        return deleted

    async def _delete_of(self, kind: Kind, before: float, now: float) -> int:
        deleted = 0

        def record(count: int) -> Entry:
            return Entry(f"retention/{kind}/{now}/{deleted}", now, SETTINGS, DELETE_EXPIRED, kind, details=str(count))

        while gone := await self._store.delete(kind, before, record):
            deleted += gone
        return deleted

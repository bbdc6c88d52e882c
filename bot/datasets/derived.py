"""Data sets that the bot derives from others. They are used like any that was dropped.

Their id derives from the source and what is done to it, so the same request, by two people or after a crash, makes one.
"""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import PurePath
from typing import Final

import msgspec

from bot.access import Caller
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import StoredFile
from bot.datasets.interfaces import DatasetStore
from bot.errors import Invalid
from bot.keyed_locks import KeyedLocks

# What was made under an older word is known by it still, and not made again.
_IN_IDS: Final = {"repaired": "mended", "converted": "mended"}


class NewFile(msgspec.Struct, frozen=True):
    """A file to be made: the id and name of its data set. `before` is that data set if it was made earlier."""

    id: str
    name: str
    before: Dataset | None = None


class DerivedDatasets:
    def __init__(self, datasets: DatasetStore, locks: KeyedLocks | None = None) -> None:
        self._datasets = datasets
        self._making = locks or KeyedLocks()

    def making(self, source_id: str) -> AbstractAsyncContextManager[None]:
        """A lock to hold from `plan` until the new file is `shown`: one file at a time is derived from a data set."""
        return self._making.of(source_id)

    async def plan(self, caller: Caller, source: Dataset, kind: str, *how: object) -> NewFile:
        """A file of this `kind` derived from `source`: "converted" of train.csv is train-converted.jsonl.

        One that this very request began before a crash counts as made once its report is there.
        """
        identity = f"{source.id}/{msgspec.json.encode((_IN_IDS.get(kind, kind), *how)).decode()}"
        for salt in ("", caller.key):
            dataset_id = "ds-" + hashlib.sha256((identity + salt).encode()).hexdigest()[:10]
            known = await self._datasets.get(dataset_id)
            if known is None or known.deleted_at is None:
                break
        name = known.name if known else f"{PurePath(source.name).stem[:150] or 'file'}-{kind}.jsonl"
        is_begun = known is None or (caller.is_retry and known.report is None)
        return NewFile(dataset_id, name, None if is_begun else known)

    async def add(
        self,
        caller: Caller,
        source: Dataset,
        files: Sequence[tuple[NewFile, StoredFile]],
        validation: str | None = None,
        listed: bool = True,
    ) -> list[Dataset]:
        """The data sets of files that were made, stored. `validation` is the data set that is to validate what the
        first of them trains. Raises Invalid, and stores none, where one of them is empty."""
        if not all(stored.bytes for _, stored in files):
            raise Invalid("nothing_left")
        made = [
            Dataset(
                id=new.id,
                sha256=stored.sha256,
                name=new.name,
                bytes=stored.bytes,
                owner=caller.user,
                team=source.team,
                channel=source.channel,
                channel_private=source.channel_private,
                thread_ts=source.thread_ts,
                created_at=caller.at,
                derived_from=source.id,
                validation=validation if place == 0 else None,
                listed=listed,
            )
            for place, (new, stored) in enumerate(files)
        ]
        return [await self._stored(each) for each in made]

    async def shown(self, dataset: Dataset, file_id: str) -> Dataset:
        """Record that the file is in its thread, as this file of Slack's."""
        changed = await self._datasets.update(dataset.id, lambda known: msgspec.structs.replace(known, file_id=file_id))
        return changed or dataset

    async def _stored(self, dataset: Dataset) -> Dataset:
        known = await self._datasets.get(dataset.id)
        if known is None:
            await self._datasets.save(dataset)
        return known or dataset

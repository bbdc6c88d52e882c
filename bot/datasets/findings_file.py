"""All findings of a report as a file in Slack, of which there is one."""

from contextlib import AbstractAsyncContextManager

import msgspec

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.interfaces import DatasetStore
from bot.datasets.lookup import DatasetLookup
from bot.errors import Conflict
from bot.keyed_locks import KeyedLocks


class FindingsFile:
    def __init__(self, datasets: DatasetStore, lookup: DatasetLookup, locks: KeyedLocks | None = None) -> None:
        self._datasets = datasets
        self._lookup = lookup
        self._uploading = locks or KeyedLocks()

    def uploading(self, dataset_id: str) -> AbstractAsyncContextManager[None]:
        """Held while the file is looked for and uploaded: two people may press in the same second."""
        return self._uploading.of(dataset_id)

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        """The data set, if the caller may see it. Raises Denied, NotFound, Conflict where nothing was found in it."""
        dataset = await self._lookup.get(caller, dataset_id, Action.SEE)
        if dataset.report is None or not (dataset.report.errors or dataset.report.warnings):
            raise Conflict("nothing_to_correct", file=dataset.name)
        return dataset

    async def uploaded(self, dataset_id: str, file_id: str) -> None:
        """Record which file of Slack's it is."""
        await self._datasets.update(dataset_id, lambda known: msgspec.structs.replace(known, findings_file=file_id))

"""A few examples of a training file, drawn at random."""

import random
from typing import Final

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.worker_processes import Pool, WorkerPools
from training_files.sample import Sampled, sample

_EXAMPLES: Final = 3


class DatasetSamples:
    def __init__(self, lookup: DatasetLookup, file_store: FileStore, pools: WorkerPools) -> None:
        self._lookup = lookup
        self._file_store = file_store
        self._pools = pools

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        """The data set, if the caller may look into it. Raises Denied, NotFound."""
        return await self._lookup.get(caller, dataset_id, Action.SEE)

    async def draw(self, dataset: Dataset) -> list[Sampled]:
        """Other ones each time. Raises NotFound, TrainingFileError."""
        async with self._file_store.reading(dataset) as path:
            return await self._pools.run(
                sample, path, n=_EXAMPLES, seed=random.getrandbits(32), pool=Pool.of_work(dataset.bytes)
            )

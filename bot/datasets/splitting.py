"""Splitting a training file in two: one to train on, one to validate with."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bot.access import Action, Caller
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets, NewFile
from bot.datasets.file_store import FileStore, StoredFile
from bot.datasets.lookup import DatasetLookup
from bot.errors import Invalid
from bot.worker_processes import SMALL, Pool, WorkerPools
from training_files.split import Split, split


class PlannedSplit(msgspec.Struct, frozen=True):
    """`share` (of 1) of the examples of `source` go to the file that validates, drawn by `seed`."""

    source: Dataset
    share: float
    seed: int
    training: NewFile
    validation: NewFile

    @property
    def takes_long(self) -> bool:
        return self.source.bytes > SMALL


class SplitFiles(msgspec.Struct, frozen=True):
    """`sides` tells how many examples went where."""

    training: Dataset
    validation: Dataset
    sides: Split


class DatasetSplitting:
    def __init__(
        self, lookup: DatasetLookup, derived: DerivedDatasets, file_store: FileStore, pools: WorkerPools
    ) -> None:
        self._lookup = lookup
        self._derived = derived
        self._file_store = file_store
        self._pools = pools

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        """The data set, if the caller may split it. Raises Denied, NotFound, Invalid where it has errors."""
        dataset = await self._lookup.get(caller, dataset_id, Action.SUBMIT)
        if dataset.report is None or not dataset.report.ok:
            raise Invalid("split_with_errors")
        return dataset

    @asynccontextmanager
    async def plan(self, caller: Caller, dataset_id: str, share: float, seed: int) -> AsyncIterator[PlannedSplit]:
        """Nothing else is made of the data set meanwhile. Raises Denied, NotFound."""
        source = await self._lookup.get(caller, dataset_id, Action.SUBMIT)
        async with self._derived.making(source.id):
            training, validation = [
                await self._derived.plan(caller, source, kind, share, seed) for kind in ("training", "validation")
            ]
            yield PlannedSplit(source, share, seed, training, validation)

    async def split(self, caller: Caller, planned: PlannedSplit) -> SplitFiles:
        """Both files, stored but not shown to anybody yet. Raises NotFound, Invalid, TrainingFileError."""
        source = planned.source
        parts = self._file_store.part(), self._file_store.part()
        try:
            async with self._file_store.reading(source) as path:
                done: tuple[Split, str, str] = await self._pools.run(
                    _split_and_hash, path, *parts, planned.share, planned.seed, pool=Pool.of_work(source.bytes)
                )
            sides, *hashes = done
            stored = [await self._file_store.adopt(part, sha256) for part, sha256 in zip(parts, hashes, strict=True)]
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
        training, validation = await self._kept(caller, planned, stored)
        return SplitFiles(training, validation, sides)

    async def _kept(self, caller: Caller, planned: PlannedSplit, stored: list[StoredFile]) -> list[Dataset]:
        new = (planned.training, planned.validation)
        return await self._derived.add(
            caller, planned.source, list(zip(new, stored, strict=True)), validation=planned.validation.id
        )


def _split_and_hash(path: Path, training: Path, validation: Path, share: float, seed: int) -> tuple[Split, str, str]:
    """In a process of its own, hashing included."""
    done = split(path, training, validation, share=share, seed=seed)
    return done, _sha256(training), _sha256(validation)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Repairing a training file: what can be repaired in it, and a repaired file beside it."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bot.access import Action, Caller
from bot.datasets.columns import Columns
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets, NewFile
from bot.datasets.file_store import FileStore
from bot.datasets.lookup import DatasetLookup
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Conflict, Invalid
from bot.worker_processes import SMALL, Pool, WorkerPools
from training_files import tables
from training_files.repair import RepairPlan, RepairResult, plan_repairs, repair_file
from training_files.report import ColumnMapping, Table


class ProposedRepairs(msgspec.Struct, frozen=True):
    """What can be repaired. `mapping` is how the rows of a table are read. `others` are the data sets that the file can
    be compared with, `validation` is the id of the one that it was compared with."""

    plan: RepairPlan
    mapping: ColumnMapping | None
    others: tuple[Dataset, ...]
    validation: str | None


class PlannedRepair(msgspec.Struct, frozen=True):
    """`source` is to be repaired by what was `chosen` (ids of repairs), compared with `validation`."""

    source: Dataset
    chosen: frozenset[str]
    mapping: ColumnMapping | None
    validation: Dataset | None
    new: NewFile

    @property
    def takes_long(self) -> bool:
        return self.source.bytes > SMALL


class RepairedFile(msgspec.Struct, frozen=True):
    dataset: Dataset
    result: RepairResult


class DatasetRepairing:
    def __init__(
        self,
        lookup: DatasetLookup,
        trainable: TrainableDatasets,
        derived: DerivedDatasets,
        file_store: FileStore,
        pools: WorkerPools,
        *,
        tokenizers: Path,
    ) -> None:
        self._lookup = lookup
        self._trainable = trainable
        self._derived = derived
        self._file_store = file_store
        self._pools = pools
        self._tokenizers = tokenizers

    async def check(self, caller: Caller, dataset_id: str) -> Dataset:
        """The data set, if the caller may repair it. Raises Denied, NotFound."""
        return await self._lookup.get(caller, dataset_id, Action.SUBMIT)

    async def begin(self, caller: Caller, dataset: Dataset) -> Table | ProposedRepairs:
        """The first question: for a table, which column plays which part; otherwise which repairs to make, with the
        file compared with its own validation file. Raises like `propose`.
        """
        if dataset.report is not None and dataset.report.table is not None:
            return dataset.report.table
        own = await self._trainable.validation_of(caller, dataset)
        proposed = await self.propose(caller, dataset, validation=own.id if own else None)
        return proposed if proposed.plan.table is None else proposed.plan.table

    async def propose(
        self, caller: Caller, dataset: Dataset, columns: Columns | None = None, validation: str | None = None
    ) -> ProposedRepairs:
        """Raises Denied, NotFound (`validation` names a data set, too), Conflict while the file is still read, and
        TrainingFileError."""
        held_out = await self.check(caller, validation) if validation else None
        mapping = await self._mapping(dataset, columns)
        async with self._read(dataset, held_out) as (path, validating):
            plan: RepairPlan = await self._pools.run(
                plan_repairs,
                path,
                model=_model(dataset),
                tokenizers=self._tokenizers,
                mapping=mapping,
                validation=validating,
                pool=Pool.of_work(dataset.bytes),
            )
        others = [
            other
            for other in await self._trainable.validation_files(caller, dataset if mapping is None else None)
            if other.id != dataset.id and other.report is not None and other.report.format == plan.format
        ]
        return ProposedRepairs(plan, mapping, tuple(others), validation)

    @asynccontextmanager
    async def _read(self, dataset: Dataset, held_out: Dataset | None) -> AsyncIterator[tuple[Path, Path | None]]:
        async with self._file_store.reading(dataset) as path:
            if held_out is None:
                yield path, None
                return
            async with self._file_store.reading(held_out) as other:
                yield path, other

    async def table(self, dataset: Dataset) -> Table:
        """What the file is as a table. Raises NotFound, TrainingFileError."""
        if dataset.report is not None and dataset.report.table is not None:
            return dataset.report.table
        async with self._file_store.reading(dataset) as path:
            return await self._pools.run(tables.describe, path, pool=Pool.of_work(dataset.bytes))

    @asynccontextmanager
    async def plan(
        self,
        caller: Caller,
        dataset_id: str,
        chosen: Collection[str],
        columns: Columns | None = None,
        validation: str | None = None,
        *,
        always: bool = False,
    ) -> AsyncIterator[PlannedRepair]:
        """Nothing else is made of the data set meanwhile. `always`: the file needs a repair that nobody chooses.

        Raises Denied, NotFound, TrainingFileError, and Invalid where there is nothing to do.
        """
        source = await self.check(caller, dataset_id)
        held_out = await self.check(caller, validation) if validation else None
        mapping = await self._mapping(source, columns)
        if mapping is None and not chosen and not always:
            raise Invalid("nothing_ticked")
        async with self._derived.making(source.id):
            how = (sorted(chosen), mapping, *filter(None, [validation]))
            kind = "repaired" if mapping is None and "convert" not in chosen else "converted"
            new = await self._derived.plan(caller, source, kind, *how)
            yield PlannedRepair(source, frozenset(chosen), mapping, held_out, new)

    async def repair(self, caller: Caller, planned: PlannedRepair) -> RepairedFile:
        """The repaired file, stored but not shown to anybody yet. Raises NotFound, Invalid, Conflict,
        TrainingFileError."""
        source, held_out = planned.source, planned.validation
        part = self._file_store.part()
        try:
            async with self._read(source, held_out) as (path, validating):
                result: RepairResult = await self._pools.run(
                    repair_file,
                    path,
                    part,
                    chosen=planned.chosen,
                    model=_model(source),
                    tokenizers=self._tokenizers,
                    mapping=planned.mapping,
                    validation=validating,
                    pool=Pool.of_work(source.bytes),
                )
            stored = await self._file_store.adopt(part, result.sha256)
        finally:
            part.unlink(missing_ok=True)
        validation = held_out.id if held_out else None
        (dataset,) = await self._derived.add(caller, source, [(planned.new, stored)], validation=validation)
        return RepairedFile(dataset, result)

    async def _mapping(self, dataset: Dataset, columns: Columns | None) -> ColumnMapping | None:
        return columns.mapping(await self.table(dataset)) if columns is not None else None


def _model(dataset: Dataset) -> str:
    if dataset.report is None:
        raise Conflict("file_still_read", file=dataset.name)
    return dataset.report.model

"""The files of a rehearsal: examples that are held out, and growing parts of the others. They are listed nowhere."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.access import Caller
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.derived import DerivedDatasets, NewFile
from bot.datasets.file_store import FileStore
from bot.datasets.trainable import TrainableDatasets
from bot.errors import Invalid, NotFound
from bot.worker_processes import Pool, WorkerPools
from training_files.split import split, subset

FEWEST: Final = 10
"""Examples that a file for training has at least: OpenAI's rule, which the trainer keeps, too."""

MOST_HELD_OUT: Final = 100
_HELD_OUT: Final = 5  # one in so many
_SEED: Final = 42


class Parts(msgspec.Struct, frozen=True):
    """`trained`: for each share what is trained on. `held_out`: what they are measured on; None where the file is too
    small to do without."""

    trained: tuple[Dataset, ...]
    held_out: Dataset | None


def held_out_of(examples: int) -> int:
    """How many examples are held out: a fifth, up to 100 (a share of right answers is then known to within 10 points),
    and no more than can be spared."""
    return max(0, min(MOST_HELD_OUT, examples // _HELD_OUT, examples - FEWEST))


def needed_for(shares: Sequence[float]) -> int:
    """How many examples beside those that are held out, so that the smallest of these shares can be trained on."""
    return round(FEWEST / min(shares))


def require_enough(examples: int, shares: Sequence[float]) -> None:
    """Raises Invalid where the smallest share of so many would be too few to train on."""
    needed = needed_for(shares)
    if examples < needed:
        raise Invalid("too_few_for_curve", examples=examples, needed=needed)


class RehearsalData:
    def __init__(
        self,
        derived: DerivedDatasets,
        trainable: TrainableDatasets,
        file_store: FileStore,
        checking: DatasetCheck,
        pools: WorkerPools,
    ) -> None:
        self._derived = derived
        self._trainable = trainable
        self._file_store = file_store
        self._checking = checking
        self._pools = pools

    async def of(self, caller: Caller, dataset: Dataset, shares: Sequence[float]) -> Parts:
        """Made and checked; the same however often it is asked. Raises Invalid where there are too few examples,
        NotFound, TrainingFileError."""
        async with self._derived.making(dataset.id):
            rest, held_out = await self._split(caller, dataset)
            count = rest.report.examples if rest.report else 0
            if len(shares) > 1:
                require_enough(count, shares)
            trained = [
                rest if share == 1 else await self._part(caller, dataset, rest, share, round(share * count))
                for share in shares
            ]
            return Parts(tuple(trained), held_out)

    async def _split(self, caller: Caller, dataset: Dataset) -> tuple[Dataset, Dataset | None]:
        """What is left to train on, and what is held out: the file that validates it, if there is one."""
        own = await self._trainable.validation_of(caller, dataset)
        if own is not None:
            return dataset, own
        examples = dataset.report.examples if dataset.report else 0
        held_out = held_out_of(examples)
        if not held_out:
            return dataset, None
        made = await self._made(
            caller,
            dataset,
            dataset,
            ("rest", "held-out"),
            partial(_split, share=held_out / examples),
            held_out,
        )
        return made[0], made[1]

    async def _part(self, caller: Caller, source: Dataset, rest: Dataset, share: float, examples: int) -> Dataset:
        write = partial(_subset, examples=examples)
        return (await self._made(caller, source, rest, (f"{share:.0%}".replace("%", "-percent"),), write, examples))[0]

    async def _made(
        self,
        caller: Caller,
        source: Dataset,
        of: Dataset,
        kinds: Sequence[str],
        write: Callable[..., Any],
        count: int,
    ) -> list[Dataset]:
        """Files of these kinds, written out of `of`, with their reports."""
        new = [await self._derived.plan(caller, source, kind, of.sha256, count, _SEED) for kind in kinds]
        if all(self._is_made(one) for one in new):
            return [one.before for one in new if one.before is not None]
        parts = [self._file_store.part() for _ in new]
        try:
            async with self._file_store.reading(of) as path:
                hashes: list[str] = await self._pools.run(write, path, parts, pool=Pool.of_work(of.bytes))
            stored = [await self._file_store.adopt(part, sha256) for part, sha256 in zip(parts, hashes, strict=True)]
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
        made = await self._derived.add(caller, source, list(zip(new, stored, strict=True)), listed=False)
        checked = [await self._checking.check(one) for one in made]
        found = [one for one in checked if one is not None]
        if len(found) < len(made):
            raise NotFound("copy_gone", file=source.name)  # deleted meanwhile
        return found

    def _is_made(self, one: NewFile) -> bool:
        known = one.before
        return known is not None and known.report is not None and self._file_store.has(known.sha256)


def _split(path: Path, outs: Sequence[Path], share: float) -> list[str]:
    """For a worker process: the hashes of what it has written."""
    split(path, outs[0], outs[1], share=share, seed=_SEED)
    return [_sha256(out) for out in outs]


def _subset(path: Path, outs: Sequence[Path], examples: int) -> list[str]:
    subset(path, outs[0], examples=examples, seed=_SEED)
    return [_sha256(outs[0])]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The examples on which a model and its successor are held against each other: which, and what it costs to ask both.

They are what validated the old model. Where nothing did, a part of the training file is held out before the successor
is trained: the old model has seen those examples, the new one has not.
"""

from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.datasets.pairs import can_validate
from bot.datasets.splitting import DatasetSplitting
from bot.errors import NotFound
from bot.evaluations.evaluation import DEFAULT_N
from bot.evaluations.survey import survey
from bot.providers.chat import Usage
from bot.spending.model_use import ModelSpending
from bot.worker_processes import Pool, WorkerPools
from training_files import TrainingFileError
from training_files.catalog import base_of

_SHARE: Final = 0.1
_SEED: Final = 42
_FEWEST_TO_SPLIT: Final = 50
"""Of fewer examples a tenth tells nothing, and training misses it."""


class From(StrEnum):
    VALIDATION = "validation"
    """What validated the old model."""
    HELD_OUT = "held out"
    """A part of the training file that the successor is not trained on."""
    TRAINING = "training"
    """All of the training file, where there is too little of it to hold anything out."""


class Examples(msgspec.Struct, frozen=True):
    """`count` of them are asked; for HELD_OUT about so many, until the file is split. `dataset` holds them."""

    source: From
    dataset: Dataset
    count: int


class MoveExamples:
    def __init__(
        self,
        datasets: DatasetStore,
        splitting: DatasetSplitting,
        checking: DatasetCheck,
        file_store: FileStore,
        pools: WorkerPools,
        spending: ModelSpending,
        authority: Authority,
        *,
        tokenizers: Path | None = None,
    ) -> None:
        self._datasets = datasets
        self._splitting = splitting
        self._checking = checking
        self._file_store = file_store
        self._pools = pools
        self._spending = spending
        self._authority = authority
        self._tokenizers = tokenizers

    async def of(self, caller: Caller, training: Dataset, validation: str | None) -> Examples:
        """`validation`: the data set that validated the old model, if one did."""
        for known in (validation, training.validation):
            file = await self._datasets.get(known) if known else None
            if file is not None and self._is_usable(caller, file):
                return Examples(From.VALIDATION, file, min(_count(file), DEFAULT_N))
        if _count(training) < _FEWEST_TO_SPLIT:
            return Examples(From.TRAINING, training, min(_count(training), DEFAULT_N))
        return Examples(From.HELD_OUT, training, round(_count(training) * _share(training)))

    async def hold_out(self, caller: Caller, training: Dataset) -> tuple[Dataset, Dataset]:
        """What is left to train on, and what was taken out of it: the same two for the same file, whoever asks. Raises
        Denied, NotFound, Invalid, TrainingFileError."""
        async with self._splitting.plan(caller, training.id, _share(training), _SEED) as planned:
            rest, held_out = planned.training.before, planned.validation.before
            if rest is None or held_out is None:
                made = await self._splitting.split(caller, planned)
                rest, held_out = made.training, made.validation
            return await self._checked(rest), await self._checked(held_out)

    async def usd(self, examples: Examples, asked: dict[str, str]) -> float | None:
        """What it costs to ask these models, by the provider of each; None where nobody knows."""
        if all(self._spending.is_free(model, provider) for model, provider in asked.items()):
            return 0.0
        file = examples.dataset
        try:
            async with self._file_store.reading(file) as path:
                read = await self._pools.run(
                    survey,
                    path,
                    examples.count,
                    _SEED,
                    tuple(asked),
                    self._tokenizers,
                    pool=Pool.of_work(file.bytes),
                )
        except (TrainingFileError, NotFound):
            return None
        costs = []
        for model, provider in asked.items():
            base = base_of(model)
            used = Usage(read.prompt_tokens[base], read.answer_tokens[base])
            costs.append(self._spending.cost(used, model, provider))
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def _is_usable(self, caller: Caller, file: Dataset) -> bool:
        there = file.deleted_at is None and self._file_store.has(file.sha256)
        seen = self._authority.allows(caller, Action.SUBMIT, file.resource, caller.posts_in)
        return there and seen and can_validate(file)

    async def _checked(self, file: Dataset) -> Dataset:
        if file.report is not None:
            return file
        checked = await self._checking.check(file)
        if checked is None:
            raise NotFound("unknown_dataset")
        return checked


def _count(file: Dataset) -> int:
    return file.report.examples if file.report else 0


def _share(training: Dataset) -> float:
    return min(_SHARE, DEFAULT_N / _count(training))

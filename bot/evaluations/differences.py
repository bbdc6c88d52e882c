"""The words behind the most telling differences of a result: what was asked, what the file has, what both models
answered. They are read from the file and from the answers each time: a result holds none."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.evaluations.evaluation import Evaluation, EvaluationStore, Place
from bot.evaluations.items import items_in
from bot.evaluations.result import Difference, Result
from bot.providers.chat import ToolCall
from bot.worker_processes import Pool, WorkerPools
from training_files import TrainingFileError

_LONGEST: Final = 2_000


class ToldDifference(msgspec.Struct, frozen=True):
    """`before` and `after`: the rewards of `base_model` and `model`. `base` and `answer` are what they said."""

    line: int
    question: str
    reference: str
    base_model: str
    base: str
    model: str
    answer: str
    before: float
    after: float


class Differences:
    def __init__(
        self, evaluations: EvaluationStore, datasets: DatasetStore, file_store: FileStore, pools: WorkerPools
    ) -> None:
        self._evaluations = evaluations
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools

    async def told(self, evaluation: Evaluation, result: Result, model: str) -> list[ToldDifference]:
        """Between the baseline and `model`, as far as the file is still there."""
        return await self._in_words(evaluation, evaluation.models[0], model, result.differences.get(model, ()))

    async def _in_words(
        self, evaluation: Evaluation, base: str, model: str, found: Collection[Difference]
    ) -> list[ToldDifference]:
        dataset = await self._datasets.get(evaluation.dataset_id)
        if not found or dataset is None or dataset.deleted_at is not None:
            return []
        wanted = {(one.line, one.turn) for one in found}
        try:
            async with self._file_store.reading(dataset) as path:
                words = await self._pools.run(words_of, path, wanted, pool=Pool.of_work(dataset.bytes))
        except TrainingFileError:
            return []
        said = await self._said(evaluation, found, base, model)
        return [
            ToldDifference(
                one.line,
                *words.get((one.line, one.turn), ("", "")),
                base,
                said.get((base, one.number), ""),
                model,
                said.get((model, one.number), ""),
                one.base,
                one.model,
            )
            for one in found
        ]

    async def first(self, evaluation: Evaluation, base: str, model: str, count: int) -> list[ToldDifference]:
        """What two of its models answer to the first items, alike or not, as far as the file is still there."""
        items = (await self._evaluations.items(evaluation.id))[:count]
        return await self._in_words(
            evaluation, base, model, [Difference(one.number, one.line, one.turn, 0.0, 0.0) for one in items]
        )

    async def _said(
        self, evaluation: Evaluation, found: Collection[Difference], *models: str
    ) -> dict[tuple[str, int], str]:
        """The first answer of each, by model and item."""
        keys = await self._evaluations.answered(evaluation.id)
        wanted = {
            (name, one.number): key
            for one in found
            for name in models
            if (key := keys.get(Place(evaluation.models.index(name), one.number))) is not None
        }
        answers = await self._evaluations.answers(set(wanted.values()))
        return {
            place: _in_words(answers[key].content, answers[key].tool_calls)
            for place, key in wanted.items()
            if key in answers
        }


def words_of(path: Path, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, str]]:
    """(question, reference) of items, by line and turn. For a worker process. Raises TrainingFileError."""
    return {
        (item.line, item.turn): (item.messages[-1].content[:_LONGEST], item.reference[:_LONGEST])
        for item in items_in(path, set(wanted))
    }


def _in_words(content: str, calls: Collection[ToolCall]) -> str:
    return " ".join(filter(None, [content[:_LONGEST], *(f"{call.name}({call.arguments})" for call in calls)]))

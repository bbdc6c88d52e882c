"""A judge that compares what models answered in an evaluation, two answers to the same question at a time, in both
orders. The answers are those that the evaluation keeps: no model is asked anew but the judge."""

import contextlib
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from bot.datasets.dataset import Dataset
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict, NotFound
from bot.evaluations.evaluation import DrawnItem, Evaluation, EvaluationStore, Item, Place
from bot.evaluations.items import items_in
from bot.evaluations.statistics import Compared, Estimate, adjusted, compare, length_bias, mean_interval
from bot.judges.asking import Question, Questions
from bot.judges.check import JudgeCheck
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.grading import Embedder
from graders.judging import DEFAULT_RUBRIC, PairVerdict, Winner, better_of, one_family
from graders.sample import Judge

_AT_ONCE: Final = 32


class Preferred(msgspec.Struct, frozen=True):
    """How often the judge prefers the answer of `model` to that of the baseline. `compared`: by the share of pairs won,
    a tie being half of one; its gain is what the model won more than the baseline, from -1 to 1. `flipped`: the
    share whose verdict changed with the order, to or from a tie, too; it counts as a tie. `longer`: how often the
    longer answer won."""

    model: str
    wins: int
    losses: int
    ties: int
    compared: Compared
    flipped: Estimate
    longer: Estimate
    unreadable: int = 0


class PairwiseReport(msgspec.Struct, frozen=True, tag=True):
    """`family`: models of the judge's family. `results`: of each model but the baseline, with Holm's correction."""

    judge: str
    base: str
    file_name: str
    results: tuple[Preferred, ...]
    family: tuple[str, ...] = ()


class _Pair(msgspec.Struct, frozen=True):
    """`chars`: lengths of the baseline's answer and the model's."""

    model: int
    group: str
    verdict: PairVerdict | None
    chars: tuple[int, int]


class _Asked(msgspec.Struct, frozen=True):
    """Two answers to one question."""

    model: int
    group: str
    request: str
    reference: str
    base: str
    other: str


class PairwiseJudging:
    """A judge is asked about the answers of an evaluation. Implements `bot.judges.asking.Material`."""

    def __init__(
        self, evaluations: EvaluationStore, datasets: DatasetStore, file_store: FileStore, pools: WorkerPools
    ) -> None:
        self._evaluations = evaluations
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools

    async def questions(self, check: JudgeCheck) -> Questions:
        evaluation = await self._evaluation(check)
        dataset = await self._datasets.get(evaluation.dataset_id)
        if dataset is None or dataset.deleted_at is not None:
            raise NotFound("copy_gone", file=evaluation.file_name)
        keys = await self._evaluations.answered(evaluation.id)
        items = [item for item in await self._evaluations.items(evaluation.id) if not item.control]
        pairs = sum(
            Place(0, item.number) in keys and Place(model, item.number) in keys
            for item in items
            for model in range(1, len(evaluation.models))
        )
        if not pairs:
            raise Conflict("nothing_to_judge")
        return Questions(0, pairs, evaluation.file, self._questions(check, evaluation, dataset, items, keys))

    async def report(self, check: JudgeCheck, found: Sequence[_Pair]) -> bytes:
        evaluation, judge = await self._evaluation(check), check.request.model
        results = await self._pools.run(_results, evaluation.models, list(found), pool=Pool.GRADING)
        family = tuple(model for model in evaluation.models if one_family(judge, model))
        return msgspec.json.encode(
            PairwiseReport(judge, evaluation.models[0], evaluation.file_name, tuple(results), family)
        )

    async def _evaluation(self, check: JudgeCheck) -> Evaluation:
        evaluation = await self._evaluations.get(check.request.evaluation)
        if evaluation is None:
            raise NotFound("run_gone", kind=Evaluation.kind)
        return evaluation

    async def _questions(
        self,
        check: JudgeCheck,
        evaluation: Evaluation,
        dataset: Dataset,
        items: Sequence[DrawnItem],
        keys: Mapping[Place, str],
    ) -> AsyncGenerator[Question, None]:
        rubric = check.request.rubric or DEFAULT_RUBRIC
        async with self._file_store.reading(dataset) as path:
            for start in range(0, len(items), _AT_ONCE):
                some = items[start : start + _AT_ONCE]
                wanted = {(item.line, item.turn) for item in some}
                asked = await self._pools.run(_requests, path, wanted, pool=Pool.of_work(dataset.bytes))
                places = [Place(model, item.number) for item in some for model in range(len(evaluation.models))]
                answers = await self._evaluations.answers({keys[place] for place in places if place in keys})
                said = {place: answers[keys[place]].content for place in places if keys.get(place, "") in answers}
                for pair in _pairs(some, len(evaluation.models), asked, said):
                    yield partial(_judged, check.request.model, rubric, pair)


def _pairs(
    items: Sequence[DrawnItem],
    models: int,
    asked: Mapping[tuple[int, int], tuple[str, str]],
    said: Mapping[Place, str],
) -> Iterator[_Asked]:
    for item in items:
        base = said.get(Place(0, item.number))
        for model in range(1, models):
            other = said.get(Place(model, item.number))
            if base is not None and other is not None and (item.line, item.turn) in asked:
                request, reference = asked[item.line, item.turn]
                yield _Asked(model, item.group or f"item:{item.number}", request, reference, base, other)


async def _judged(model: str, rubric: str, pair: _Asked, judge: Judge, _: Embedder | None) -> _Pair:
    verdict = None
    with contextlib.suppress(GraderError):  # counted as unreadable
        verdict = await better_of(
            judge, model, pair.request, pair.base, pair.other, rubric=rubric, reference=pair.reference
        )
    return _Pair(pair.model, pair.group, verdict, (len(pair.base), len(pair.other)))


def _requests(path: Path, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, str]]:
    """What was asked and the answer in the file, by line and turn. For a worker process."""
    return {(item.line, item.turn): (_request(item), item.reference) for item in items_in(path, wanted)}


def _request(item: Item) -> str:
    """The question; all that was said before it, too, where there is anything."""
    if len(item.messages) == 1:
        return item.messages[0].content
    return "\n".join(f"{message.role}: {message.content}" for message in item.messages)


def _results(models: Sequence[str], pairs: Sequence[_Pair]) -> list[Preferred]:
    """For a worker process."""
    told = {model: [pair for pair in pairs if pair.model == model] for model in range(1, len(models))}
    shares = {model: [_share(pair) for pair in own] for model, own in told.items()}
    compared = adjusted(
        [
            compare(
                [None if share is None else 1 - share for share in shares[model]],
                shares[model],
                [pair.group for pair in told[model]],
            )
            for model in told
        ]
    )
    found = []
    for (model, own), one in zip(told.items(), compared, strict=True):
        verdicts = [pair.verdict for pair in own if pair.verdict is not None]
        decided = [share for share in shares[model] if share is not None]
        found.append(
            Preferred(
                models[model],
                sum(share == 1 for share in decided),
                sum(share == 0 for share in decided),
                sum(share == 0.5 for share in decided),
                one,
                mean_interval([float(verdict.is_inconsistent) for verdict in verdicts]),
                length_bias([_longer_won(pair) for pair in own]),
                len(own) - len(verdicts),
            )
        )
    return found


def _share(pair: _Pair) -> float | None:
    """Of the pair, what the model won."""
    if pair.verdict is None:
        return None
    return {Winner.FIRST: 0.0, Winner.SECOND: 1.0, Winner.TIE: 0.5}[pair.verdict.winner]


def _longer_won(pair: _Pair) -> float | None:
    share, (base, other) = _share(pair), pair.chars
    if share is None or share == 0.5 or base == other:
        return None
    return share if other > base else 1 - share

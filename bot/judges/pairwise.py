"""A judge that compares what models answered in an evaluation, two answers to the same question at a time, in both
orders. The answers are those that the evaluation keeps: no model is asked anew but the judge."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.conversations.chat_models import ChatModels
from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import Conflict, NotFound
from bot.evaluations.evaluation import DrawnItem, Evaluation, EvaluationStore, Item, Place
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.items import items_in
from bot.evaluations.model_answers import KeptJudge, ModelAnswers, Payer
from bot.evaluations.statistics import Compared, Estimate, adjusted, compare, flips, length_bias
from bot.judges.asking import each
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.judging import DEFAULT_RUBRIC, PairVerdict, Winner, better_of, one_family

_AT_ONCE: Final = 32


class Preferred(msgspec.Struct, frozen=True):
    """How often the judge prefers the answer of `model` to that of the baseline. `compared`: by the share of pairs won,
    a tie being half of one; its gain is what the model won more than the baseline, from -1 to 1. `flipped`: in which
    the choice changed with the order, which makes a tie of it. `longer`: how often the longer answer won."""

    model: str
    wins: int
    losses: int
    ties: int
    compared: Compared
    flipped: Estimate
    longer: Estimate
    unreadable: int = 0


class PairwiseReport(msgspec.Struct, frozen=True):
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


class PairwiseJudging:
    def __init__(
        self,
        evaluations: Evaluations,
        store: EvaluationStore,
        answers: ModelAnswers,
        models: ChatModels,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        authority: Authority,
    ) -> None:
        self._evaluations = evaluations
        self._store = store
        self._answers = answers
        self._models = models
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._authority = authority

    async def of_thread(self, caller: Caller, thread_ts: str | None) -> Evaluation | None:
        """The evaluation in whose thread the caller is, if there is one that they may see."""
        found = await self._store.of_thread(caller.channel, thread_ts) if thread_ts else None
        if found is None or not self._authority.allows(caller, Action.EVALUATE, found.resource, caller.posts_in):
            return None
        return found

    async def pairs(self, evaluation: Evaluation) -> int:
        """Of answers that a judge would compare; each takes two calls. Raises Conflict where there are none."""
        there = await self._store.answered(evaluation.id)
        own = [item for item in await self._store.items(evaluation.id) if not item.control]
        count = sum(
            Place(0, item.number) in there and Place(model, item.number) in there
            for item in own
            for model in range(1, len(evaluation.models))
        )
        if not count:
            raise Conflict("nothing_to_judge")
        return count

    async def compare(
        self, caller: Caller, evaluation_id: str, judge: str, rubric: str | None = None
    ) -> PairwiseReport:
        """What it has said before is not asked again. Raises Denied, NotFound, OverBudget, TrainingFileError; Conflict
        where there are no two answers to one question."""
        evaluation = await self._evaluations.get(caller, evaluation_id)
        await self._authority.require_to_post(caller, Action.EVALUATE, evaluation.resource)
        await self._models.require(caller, judge)
        await self.pairs(evaluation)
        dataset = await self._datasets.get(evaluation.dataset_id)
        if dataset is None or dataset.deleted_at is not None:
            raise NotFound("copy_gone", file=evaluation.file_name)
        items = [item for item in await self._store.items(evaluation.id) if not item.control]
        kept = KeptJudge(self._answers, Payer(caller.user, caller.channel, evaluation.id), evaluation.file)
        found: list[_Pair] = []
        with self._file_store.reading(dataset) as path:
            for start in range(0, len(items), _AT_ONCE):
                some = items[start : start + _AT_ONCE]
                wanted = {(item.line, item.turn) for item in some}
                asked = await self._pools.run(_requests, path, wanted, pool=Pool.of_work(dataset.bytes))
                found += await self._judged(evaluation, kept, judge, rubric or DEFAULT_RUBRIC, some, asked)
        results = await self._pools.run(_results, evaluation.models, found, pool=Pool.GRADING)
        family = tuple(model for model in evaluation.models if one_family(judge, model))
        return PairwiseReport(judge, evaluation.models[0], evaluation.file_name, tuple(results), family)

    async def _judged(
        self,
        evaluation: Evaluation,
        kept: KeptJudge,
        judge: str,
        rubric: str,
        items: Sequence[DrawnItem],
        asked: dict[tuple[int, int], tuple[str, str]],
    ) -> list[_Pair]:
        keys = await self._store.answered(evaluation.id)
        places = [Place(model, item.number) for item in items for model in range(len(evaluation.models))]
        answers = await self._store.answers({keys[place] for place in places if place in keys})

        def said(place: Place) -> str | None:
            answer = answers.get(keys.get(place, ""))
            return None if answer is None else answer.content

        async def one(item: DrawnItem, model: int, base: str, other: str) -> _Pair:
            request, reference = asked[item.line, item.turn]
            verdict = None
            with contextlib.suppress(GraderError):  # counted as unreadable
                verdict = await better_of(kept, judge, request, base, other, rubric=rubric, reference=reference)
            return _Pair(model, item.group or f"item:{item.number}", verdict, (len(base), len(other)))

        def work() -> Iterator[tuple[DrawnItem, int, str, str]]:
            for item in items:
                base = said(Place(0, item.number))
                for model in range(1, len(evaluation.models)):
                    other = said(Place(model, item.number))
                    if base is not None and other is not None and (item.line, item.turn) in asked:
                        yield item, model, base, other

        return await each([one(*pair) for pair in work()])


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
        read = [pair for pair in own if pair.verdict is not None]
        decided = [share for share in shares[model] if share is not None]
        found.append(
            Preferred(
                models[model],
                sum(share == 1 for share in decided),
                sum(share == 0 for share in decided),
                sum(share == 0.5 for share in decided),
                one,
                flips(
                    [pair.verdict.forward if pair.verdict else None for pair in read],
                    [pair.verdict.swapped if pair.verdict else None for pair in read],
                ),
                length_bias([_longer_won(pair) for pair in own]),
                len(own) - len(read),
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

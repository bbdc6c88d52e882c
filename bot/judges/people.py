"""Holding a judge to the golden set: how often it agrees with people, whether it goes by place or length, and what the
scores that it gave are worth once they are corrected by what people say."""

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Final

import msgspec

from bot.errors import Conflict, NotFound
from bot.evaluations.evaluation import GOLDEN, Evaluation, EvaluationStore, GradeRow, Place, StoredAnswer
from bot.evaluations.grading import Ungraded, judged
from bot.evaluations.statistics import Agreement, Estimate, agreement, corrected, length_bias, mean_interval
from bot.judges.asking import Question, Questions
from bot.judges.check import JudgeCheck
from bot.judges.golden import GoldenAnswers, GoldenSet, PreferredAnswer, RatedAnswer
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.grader import Grader, judges, needs_model
from graders.grading import Embedder
from graders.judging import GOOD_ANSWER, PairVerdict, Winner, better_of, by_rubric, one_family
from graders.reading import as_json, grader_of
from graders.sample import Judge

FEWEST: Final = 20
"""Of labels: with fewer an interval is as wide as all that could be."""


class Thumbs(msgspec.Struct, frozen=True):
    """What the judge says of `n` answers that people rated. `same`: the share on which both say the same. `judge_good`
    and `people_good`: the shares that each finds good. `unreadable`: answers on which the judge said nothing that can
    be read."""

    n: int
    same: Estimate
    agreement: Agreement
    judge_good: float
    people_good: float
    unreadable: int = 0


class Pairs(msgspec.Struct, frozen=True):
    """What it says of `n` pairs on which people voted, each shown in both orders. `same`: the share in which it chose
    as people did, a tie counting for neither. `flipped`: in which its verdict changed with the order, to or
    from a tie, too. `longer` and `people_longer`: how often the longer answer won, with the judge and with people."""

    n: int
    same: Estimate
    flipped: Estimate
    longer: Estimate
    people_longer: Estimate
    ties: int
    unreadable: int = 0


class CorrectedScore(msgspec.Struct, frozen=True):
    """The share of a model's answers that are right: as the judge says, and as people would."""

    model: str
    judged: Estimate
    corrected: Estimate


class JudgeReport(msgspec.Struct, frozen=True, tag=True):
    """`judges`: the models that judged. `thumbs`, `pairs`: None where there is nothing to hold the judge to. `family`:
    models that it judged and that are of its family. `scores`: of an evaluation, once there are FEWEST labels."""

    judges: tuple[str, ...]
    thumbs: Thumbs | None
    pairs: Pairs | None
    family: tuple[str, ...] = ()
    scores: tuple[CorrectedScore, ...] = ()


class _Thumb(msgspec.Struct, frozen=True):
    """1 for good. `judge`: None where it said nothing that can be read."""

    model: str
    judge: float | None
    people: float


class _Vote(msgspec.Struct, frozen=True):
    """The verdict with people's choice as the first answer, and whether that is the longer one (None: as long)."""

    verdict: PairVerdict | None
    longer: bool | None


class _Verdicts(msgspec.Struct, frozen=True):
    """All that a report is computed of. `rows`: (model, right) of an evaluation."""

    thumbs: tuple[_Thumb, ...]
    votes: tuple[_Vote, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...] = ()


class HeldToPeople:
    """A judge is asked about the golden set of its channel. Implements `bot.judges.asking.Material`."""

    def __init__(self, golden: GoldenAnswers, evaluations: EvaluationStore, pools: WorkerPools) -> None:
        self._golden = golden
        self._evaluations = evaluations
        self._pools = pools

    async def questions(self, check: JudgeCheck) -> Questions:
        grader = await self._grader(check)
        golden = await self._golden.of_channel(check.asker)
        if not (golden.rated or golden.preferred):
            raise Conflict("no_golden_set")
        return Questions(len(golden.rated), len(golden.preferred), GOLDEN, _questions(grader, golden, self._pools))

    async def report(self, check: JudgeCheck, found: Sequence[_Thumb | _Vote]) -> bytes:
        thumbs = tuple(one for one in found if isinstance(one, _Thumb))
        judged_models = dict.fromkeys(one.model for one in thumbs)
        rows: tuple[tuple[str, tuple[float | None, ...]], ...] = ()
        evaluation = await self._evaluations.get(check.request.evaluation) if check.request.evaluation else None
        if evaluation is not None:
            judged_models |= dict.fromkeys(evaluation.models)
            rows = _right(evaluation, await self._evaluations.grades(evaluation.id))
        verdicts = _Verdicts(thumbs, tuple(one for one in found if isinstance(one, _Vote)), rows)
        told, pairs, scores = await self._pools.run(_computed, verdicts, pool=Pool.GRADING)
        family = [model for model in judged_models if any(one_family(judge, model) for judge in check.models)]
        return msgspec.json.encode(JudgeReport(check.models, told, pairs, tuple(family), scores))

    async def _grader(self, check: JudgeCheck) -> Grader:
        asked = check.request
        if not asked.evaluation:
            rubric = asked.rubric or GOOD_ANSWER
            return by_rubric("rubric", asked.model, rubric, request="{{item.prompt}}", pass_threshold=0.5)
        evaluation = await self._evaluations.get(asked.evaluation)
        if evaluation is None:
            raise NotFound("run_gone", kind=Evaluation.kind)
        return judging_grader(evaluation)


def judging_grader(evaluation: Evaluation) -> Grader:
    """The grader of an evaluation. Raises Conflict where it asks no model."""
    grader = grader_of(evaluation.grader)
    if not needs_model(grader):
        raise Conflict("no_judge", grader=evaluation.grader_name)
    return grader


async def _questions(grader: Grader, golden: GoldenSet, pools: WorkerPools) -> AsyncGenerator[Question, None]:
    for rated in golden.rated:
        yield partial(_rated, grader, rated, pools)
    for preferred in golden.preferred:
        yield partial(_preferred, judges(grader)[0], preferred)


async def _rated(
    grader: Grader, one: RatedAnswer, pools: WorkerPools, judge: Judge, embedder: Embedder | None
) -> _Thumb:
    fields = {"prompt": one.question, "reference": "", "messages": msgspec.to_builtins(one.prompt)}
    answer = StoredAnswer(one.content, one.tool_calls)
    as_sent = msgspec.json.encode(as_json(grader))
    row = await judged(Ungraded(Place(0, 0), fields, answer, as_sent), judge, pools, embedder=embedder)
    if row.reward is None:
        return _Thumb(one.model, None, float(one.good))
    return _Thumb(one.model, float(row.reward >= 0.5 if row.passed is None else row.passed), float(one.good))


async def _preferred(model: str, one: PreferredAnswer, judge: Judge, _: Embedder | None) -> _Vote:
    lengths = len(one.chosen), len(one.rejected)
    longer = None if lengths[0] == lengths[1] else lengths[0] > lengths[1]
    try:
        return _Vote(await better_of(judge, model, one.question, one.chosen, one.rejected), longer)
    except GraderError:
        return _Vote(None, longer)


def _right(evaluation: Evaluation, rows: Sequence[GradeRow]) -> tuple[tuple[str, tuple[float | None, ...]], ...]:
    """Whether each answer counts as right, by model; several samples of an item are one figure."""
    told: dict[tuple[int, int], list[float]] = {}
    for row in rows:
        if row.passed is not None:
            told.setdefault((row.place.model, row.place.number), []).append(float(row.passed))
    return tuple(
        (model, tuple(sum(one) / len(one) for (of, _), one in sorted(told.items()) if of == place))
        for place, model in enumerate(evaluation.models)
    )


def _computed(verdicts: _Verdicts) -> tuple[Thumbs | None, Pairs | None, tuple[CorrectedScore, ...]]:
    """For a worker process."""
    both = [(one.judge, one.people) for one in verdicts.thumbs if one.judge is not None]
    scores: tuple[CorrectedScore, ...] = ()
    if len(both) >= FEWEST:
        judge, people = [one for one, _ in both], [one for _, one in both]
        scores = tuple(
            CorrectedScore(model, mean_interval(right), corrected(right, judge, people, among=False))
            for model, right in verdicts.rows
        )
    return _thumbs(verdicts, both), _pairs(verdicts), scores


def _thumbs(verdicts: _Verdicts, both: Sequence[tuple[float, float]]) -> Thumbs | None:
    if not verdicts.thumbs:
        return None
    n = len(both)
    return Thumbs(
        n,
        mean_interval([float(judge == people) for judge, people in both]),
        agreement([str(judge) for judge, _ in both], [str(people) for _, people in both]),
        sum(judge for judge, _ in both) / n if n else 0.0,
        sum(people for _, people in both) / n if n else 0.0,
        len(verdicts.thumbs) - n,
    )


def _pairs(verdicts: _Verdicts) -> Pairs | None:
    """People's choice is the first of each pair."""
    if not verdicts.votes:
        return None
    told = [(one.verdict, one.longer) for one in verdicts.votes if one.verdict is not None]
    won = [None if one.winner is Winner.TIE else float(one.winner is Winner.FIRST) for one, _ in told]
    longer_won = [
        None if right is None or longer is None else (right if longer else 1 - right)
        for right, (_, longer) in zip(won, told, strict=True)
    ]
    return Pairs(
        len(told),
        mean_interval(won),
        mean_interval([float(verdict.is_inconsistent) for verdict, _ in told]),
        length_bias(longer_won),
        length_bias([None if longer is None else float(longer) for _, longer in told]),
        sum(right is None for right in won),
        len(verdicts.votes) - len(told),
    )

"""Holding a judge to the golden set: how often it agrees with people, whether it goes by place or length, and what the
scores that it gave are worth once they are corrected by what people say."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority
from bot.conversations.chat_models import ChatModels
from bot.errors import Conflict
from bot.evaluations.evaluation import GOLDEN, Evaluation, EvaluationStore, GradeRow, Place, StoredAnswer
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.grading import Ungraded, judged
from bot.evaluations.model_answers import KeptJudge, ModelAnswers, Payer
from bot.evaluations.statistics import Agreement, Estimate, agreement, corrected, flips, length_bias, mean_interval
from bot.judges.asking import each
from bot.judges.golden import GoldenAnswers, GoldenSet, PreferredAnswer, RatedAnswer
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.grader import Grader, judges, needs_model
from graders.judging import GOOD_ANSWER, PairVerdict, Winner, better_of, by_rubric, one_family
from graders.reading import as_json, grader_of

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
    as people did, a tie counting for neither. `flipped`: in which its choice changed with the order. `longer` and
    `people_longer`: how often the longer answer won, with the judge and with people."""

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


class JudgeReport(msgspec.Struct, frozen=True):
    """`judges`: the models that judged. `thumbs`, `pairs`: None where there is nothing to hold the judge to. `family`:
    models that it judged and that are of its family. `scores`: of an evaluation, once there are FEWEST labels."""

    judges: tuple[str, ...]
    thumbs: Thumbs | None
    pairs: Pairs | None
    family: tuple[str, ...] = ()
    scores: tuple[CorrectedScore, ...] = ()


class _Verdicts(msgspec.Struct, frozen=True):
    """All that a report is computed of. `thumbs`: (judge, people), 1 for good; `pairs`: the verdict with people's
    choice as the first answer, and whether that is the longer one (None: as long). `rows`: (model, right) of an
    evaluation."""

    thumbs: tuple[tuple[float | None, float], ...]
    pairs: tuple[tuple[PairVerdict | None, bool | None], ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...] = ()


class JudgeChecks:
    def __init__(
        self,
        golden: GoldenAnswers,
        evaluations: Evaluations,
        store: EvaluationStore,
        answers: ModelAnswers,
        models: ChatModels,
        pools: WorkerPools,
        authority: Authority,
    ) -> None:
        self._golden = golden
        self._evaluations = evaluations
        self._store = store
        self._answers = answers
        self._models = models
        self._pools = pools
        self._authority = authority

    async def golden(self, caller: Caller) -> tuple[int, int]:
        """How many rated answers, and how many pairs, a check in the caller's channel would ask about; each pair takes
        two calls. Raises Denied; Conflict where there is none."""
        golden = await self._golden.of_channel(caller)
        if not (golden.rated or golden.preferred):
            raise Conflict("no_golden_set")
        return len(golden.rated), len(golden.preferred)

    async def judges_of(self, caller: Caller, evaluation_id: str) -> tuple[str, ...]:
        """The models that its grader asks. Raises Denied, NotFound; Conflict where it asks none."""
        await self._authority.require(caller, Action.EVALUATE)
        evaluation = await self._evaluations.get(caller, evaluation_id)
        return judges(_grader(evaluation))

    async def require_model(self, caller: Caller, model: str) -> None:
        """Return if it may judge here. Raises Denied, NotFound."""
        await self._authority.require(caller, Action.EVALUATE)
        await self._models.require(caller, model)

    async def of_model(self, caller: Caller, model: str, rubric: str | None = None) -> JudgeReport:
        """Hold `model` to the golden set of the caller's channel, by a rubric. What it has said before is not asked
        again. Raises Denied, NotFound, OverBudget; Conflict where nobody has rated or voted yet."""
        await self.require_model(caller, model)
        grader = by_rubric("rubric", model, rubric or GOOD_ANSWER, request="{{item.prompt}}", pass_threshold=0.5)
        return await self._report(caller, grader, None)

    async def of_evaluation(self, caller: Caller, evaluation_id: str) -> JudgeReport:
        """Hold the judge of an evaluation to the golden set of the caller's channel, and correct its scores. Raises as
        `of_model`; Conflict where its grader asks no model."""
        evaluation = await self._evaluations.get(caller, evaluation_id)
        await self._authority.require_to_post(caller, Action.EVALUATE, evaluation.resource)
        return await self._report(caller, _grader(evaluation), evaluation)

    async def _report(self, caller: Caller, grader: Grader, evaluation: Evaluation | None) -> JudgeReport:
        golden = await self._golden.of_channel(caller)
        if not (golden.rated or golden.preferred):
            raise Conflict("no_golden_set")
        verdicts = await self._verdicts(caller, grader, golden)
        judged_models = dict.fromkeys(one.model for one in golden.rated)
        if evaluation is not None:
            judged_models |= dict.fromkeys(evaluation.models)
            rows = _right(evaluation, await self._store.grades(evaluation.id))
            verdicts = msgspec.structs.replace(verdicts, rows=rows)
        thumbs, pairs, scores = await self._pools.run(_computed, verdicts, pool=Pool.GRADING)
        names = judges(grader)
        family = [model for model in judged_models if any(one_family(judge, model) for judge in names)]
        return JudgeReport(tuple(names), thumbs, pairs, tuple(family), scores)

    async def _verdicts(self, caller: Caller, grader: Grader, golden: GoldenSet) -> _Verdicts:
        payer = Payer(caller.user, caller.channel, "judge")
        judge, embedder = KeptJudge(self._answers, payer, GOLDEN), self._answers.embedder(payer, GOLDEN)
        as_sent = msgspec.json.encode(as_json(grader))

        async def of_rated(one: RatedAnswer) -> tuple[float | None, float]:
            fields = {"prompt": one.question, "reference": "", "messages": msgspec.to_builtins(one.prompt)}
            answer = StoredAnswer(one.content, one.tool_calls)
            row = await judged(Ungraded(Place(0, 0), fields, answer, as_sent), judge, embedder=embedder)
            if row.reward is None:
                return None, float(one.good)
            return float(row.reward >= 0.5 if row.passed is None else row.passed), float(one.good)

        async def of_pair(one: PreferredAnswer) -> tuple[PairVerdict | None, bool | None]:
            lengths = len(one.chosen), len(one.rejected)
            longer = None if lengths[0] == lengths[1] else lengths[0] > lengths[1]
            try:
                return await better_of(judge, judges(grader)[0], one.question, one.chosen, one.rejected), longer
            except GraderError:
                return None, longer

        rated = await each([of_rated(one) for one in golden.rated])
        preferred = await each([of_pair(one) for one in golden.preferred])
        return _Verdicts(tuple(rated), tuple(preferred))


def _grader(evaluation: Evaluation) -> Grader:
    """Raises Conflict where it asks no model."""
    grader = grader_of(evaluation.grader)
    if not needs_model(grader):
        raise Conflict("no_judge", grader=evaluation.grader_name)
    return grader


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
    both = [(judge, people) for judge, people in verdicts.thumbs if judge is not None]
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
    if not verdicts.pairs:
        return None
    told = [(verdict, longer) for verdict, longer in verdicts.pairs if verdict is not None]
    won = [None if one.winner is Winner.TIE else float(one.winner is Winner.FIRST) for one, _ in told]
    longer_won = [
        None if right is None or longer is None else (right if longer else 1 - right)
        for right, (_, longer) in zip(won, told, strict=True)
    ]
    return Pairs(
        len(told),
        mean_interval(won),
        flips([one.forward for one, _ in told], [one.swapped for one, _ in told]),
        length_bias(longer_won),
        length_bias([None if longer is None else float(longer) for _, longer in told]),
        sum(right is None for right in won),
        len(verdicts.pairs) - len(told),
    )

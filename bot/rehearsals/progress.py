"""How a rehearsal goes: the models are trained, then all answer the same held-out examples; its end is told."""

from collections.abc import Callable, Collection, Coroutine
from enum import StrEnum
from functools import partial

import msgspec
import structlog

from bot.errors import BotError
from bot.evaluations.differences import Differences, ToldDifference
from bot.evaluations.evaluation import EvaluationRequest, EvaluationStore
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.grading import plain_values
from bot.evaluations.result import Result
from bot.evaluations.run import ENDED, Reason, RunState
from bot.evaluations.statistics import Compared, Estimate
from bot.jobs import states
from bot.jobs.assessment import UNASSESSED, Assessment, all_metrics, assess
from bot.jobs.figures import Curve, quantities, training, validation
from bot.jobs.group import JobGroup, endings
from bot.jobs.interfaces import JobStore
from bot.jobs.job import Job
from bot.notices.interfaces import CardStore
from bot.notices.work_loop import WorkLoop
from bot.providers.interface import ProviderError
from bot.rehearsals.data import MOST_HELD_OUT
from bot.rehearsals.rehearsal import Point, Rehearsal, RehearsalStore
from bot.timing import Timing
from training_files import TrainingFileError

log = structlog.get_logger()

SHOWN: int = 3
"""Held-out examples of which it is told what the model answers before and after."""


class Stage(StrEnum):
    TRAINING = "training"
    EVALUATING = "evaluating"
    EVALUATED = "evaluated"
    NOT_EVALUATED = "not evaluated"
    NOT_TRAINED = "not trained"


SETTLED = frozenset({Stage.EVALUATED, Stage.NOT_EVALUATED, Stage.NOT_TRAINED})


class Losses(msgspec.Struct, frozen=True):
    """At the first step and at the end, of the training examples and of those that were held out."""

    training: tuple[float, float] | None = None
    held_out: tuple[float, float] | None = None


class Trained(msgspec.Struct, frozen=True):
    """One point as it stands. `score`: of its model on the held-out examples."""

    point: Point
    job: Job
    assessment: Assessment = UNASSESSED
    losses: Losses = Losses()
    score: Estimate | None = None


class Standing(msgspec.Struct, frozen=True):
    """A rehearsal as it stands. `base`: the score of the base model. `learned`: from the base model to that of all
    examples. Of a curve: `last_doubling` from that of half of them, and `base_against_half`, from that to the base
    model. `why`: it is not evaluated; None where somebody cancelled that."""

    stage: Stage
    trained: tuple[Trained, ...]
    base: Estimate | None = None
    learned: Compared | None = None
    last_doubling: Compared | None = None
    base_against_half: Compared | None = None
    why: Reason | None = None

    @property
    def whole(self) -> Trained:
        return self.trained[-1]


class RehearsalProgress:
    """`notices_channel` is told how all jobs end that were started in public."""

    def __init__(
        self,
        rehearsals: RehearsalStore,
        jobs: JobStore,
        evaluations: Evaluations,
        evaluation_store: EvaluationStore,
        differences: Differences,
        cards: CardStore,
        *,
        notices_channel: str | None = None,
        look_every: float = Timing.look_every,
    ) -> None:
        self._rehearsals = rehearsals
        self._jobs = jobs
        self._evaluations = evaluations
        self._evaluation_store = evaluation_store
        self._differences = differences
        self._cards = cards
        self._notices_channel = notices_channel
        self._shown: dict[str, Stage] = {}
        self._rounds = WorkLoop("rehearsals", self._due, every=look_every)

    async def run(self) -> None:
        """Begin the evaluations that are due, and tell the end of each rehearsal, once. Until cancelled."""
        await self._rounds.run()

    async def look(self, rehearsal: Rehearsal) -> Standing:
        jobs = {job.id: job for job in await self._rehearsals.jobs(rehearsal)}
        trained = [await self._trained(point, jobs[point.job_id]) for point in rehearsal.points]
        stage = await self._stage(rehearsal, [one.job for one in trained])
        if stage is Stage.NOT_EVALUATED:
            return Standing(stage, tuple(trained), why=rehearsal.not_evaluated or await self._why(rehearsal))
        if stage is not Stage.EVALUATED:
            return Standing(stage, tuple(trained))
        result = await self._result(rehearsal)
        if result is None:
            return Standing(Stage.NOT_EVALUATED, tuple(trained))
        scores = {score.model: score.estimate for score in result.scores}
        trained = [msgspec.structs.replace(one, score=scores.get(one.job.fine_tuned_model or "")) for one in trained]
        whole = trained[-1].job.fine_tuned_model or ""
        gains = {gain.model: gain for gain in result.gains}
        last = next((one.job.fine_tuned_model for one in trained if one.point.share == 0.5), None)
        return Standing(
            stage,
            tuple(trained),
            scores.get(rehearsal.base_model),
            _learned(rehearsal, result, whole),
            gains[whole].compared if whole in gains and gains[whole].base == last else None,
            gains[rehearsal.base_model].compared if rehearsal.base_model in gains else None,
        )

    async def examples(self, rehearsal: Rehearsal, standing: Standing) -> list[ToldDifference]:
        """What the base model and that of all examples answer to the first few of the held-out ones."""
        run = await self._evaluation_store.get(rehearsal.evaluation) if rehearsal.evaluation else None
        model = standing.whole.job.fine_tuned_model
        if run is None or model is None or standing.stage is not Stage.EVALUATED:
            return []
        return await self._differences.first(run, rehearsal.base_model, model, SHOWN)

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(one.id, partial(self.advance, one)) for one in await self._rehearsals.open_rehearsals()]

    async def advance(self, rehearsal: Rehearsal) -> None:
        """As far as it can go now."""
        standing = await self.look(rehearsal)
        if standing.stage is Stage.EVALUATING and rehearsal.evaluation is None:
            await self._evaluate(rehearsal, standing)
        if standing.stage in SETTLED:
            # First told, then marked: what a crash leaves undone is done the next time, and told once.
            await self._rehearsals.tell(endings(rehearsal, self._notices_channel))
            await self._rehearsals.change(rehearsal.id, _ended)
        elif self._shown.get(rehearsal.id) != standing.stage:
            self._shown[rehearsal.id] = standing.stage
            await self._rehearsals.change(rehearsal.id, lambda group: group)  # its card is to be looked at

    async def _trained(self, point: Point, job: Job) -> Trained:
        metrics, checkpoints = await self._jobs.metrics(job.id), await self._jobs.checkpoints(job.id)
        told = all_metrics(metrics, checkpoints)
        by = quantities(job.method, told)[0]
        train, held_out = training(told, by), validation(told, by)
        return Trained(
            point,
            job,
            assess(job, metrics, checkpoints),
            Losses(_fall(train), _fall(held_out)),
        )

    async def _stage(self, rehearsal: Rehearsal, jobs: list[Job]) -> Stage:
        if any(job.state not in states.ENDED for job in jobs):
            return Stage.TRAINING
        if not _answers(jobs[-1]):
            return Stage.NOT_TRAINED
        if rehearsal.not_evaluated is not None:
            return Stage.NOT_EVALUATED
        run = await self._evaluation_store.get(rehearsal.evaluation) if rehearsal.evaluation else None
        if run is None or run.state not in ENDED:
            return Stage.EVALUATING
        return Stage.EVALUATED if run.state is RunState.FINISHED else Stage.NOT_EVALUATED

    async def _why(self, rehearsal: Rehearsal) -> Reason | None:
        """Why its evaluation failed."""
        run = await self._evaluation_store.get(str(rehearsal.evaluation))
        return run.why if run is not None else None

    async def _result(self, rehearsal: Rehearsal) -> Result | None:
        stored = await self._evaluation_store.result(str(rehearsal.evaluation))
        return msgspec.json.decode(stored, type=Result) if stored is not None else None

    async def _evaluate(self, rehearsal: Rehearsal, standing: Standing) -> None:
        card = await self._cards.card(rehearsal.id)
        thread_ts = card.ts if card and card.ts else rehearsal.origin.thread_ts
        origin = msgspec.structs.replace(rehearsal.origin, thread_ts=thread_ts)
        caller = msgspec.structs.replace(rehearsal.asker, key=f"{rehearsal.id}/evaluation")
        request = EvaluationRequest(
            _in_order(rehearsal, standing), dataset_id=rehearsal.held_out, n=MOST_HELD_OUT, control=False
        )
        why, evaluation = None, None
        try:
            evaluation = (await self._evaluations.start(caller, origin, request)).id
        except ProviderError as error:
            log.info("evaluated later", rehearsal=rehearsal.id, why=str(error))
            return
        except (BotError, TrainingFileError) as error:
            why = Reason(error.kind, plain_values(error.values))
        await self._rehearsals.change(rehearsal.id, partial(_evaluated, evaluation, why))


def _fall(curve: Curve) -> tuple[float, float] | None:
    """From the first that was measured to the last; None where nothing was."""
    return ((curve.raw or curve.points)[0][1], curve.points[-1][1]) if curve.points else None


def _answers(job: Job) -> bool:
    return job.state == states.SUCCEEDED and job.fine_tuned_model is not None and job.model_lost is None


def _in_order(rehearsal: Rehearsal, standing: Standing) -> tuple[str, ...]:
    """The models that are asked, the one first with which the others are compared: of a curve that of half of the
    examples, since the step from there to all of them is what it is about; else the base model."""
    made = [(one.point.share, str(one.job.fine_tuned_model)) for one in standing.trained if _answers(one.job)]
    half = [model for share, model in made if share == 0.5]
    return tuple(dict.fromkeys([*half, rehearsal.base_model, *(model for _, model in made)]))


def _learned(rehearsal: Rehearsal, result: Result, whole: str) -> Compared | None:
    """From the base model to that of all examples, where the result compares these two."""
    return next((one.compared for one in result.gains if (one.base, one.model) == (rehearsal.base_model, whole)), None)


def _evaluated(evaluation: str | None, why: Reason | None, group: JobGroup) -> JobGroup | None:
    if not isinstance(group, Rehearsal):
        return None
    return msgspec.structs.replace(group, evaluation=evaluation, not_evaluated=why)


def _ended(group: JobGroup) -> JobGroup | None:
    return msgspec.structs.replace(group, ended=True) if isinstance(group, Rehearsal) else None

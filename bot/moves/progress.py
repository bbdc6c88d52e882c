"""How a move goes: each model is trained anew, then both are evaluated on the same file; its end is told."""

from collections.abc import Callable, Collection, Coroutine
from enum import StrEnum
from functools import partial

import msgspec
import structlog

from bot.errors import BotError, Invalid, NotFound
from bot.evaluations.evaluation import EvaluationRequest, EvaluationStore
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.grading import plain_values
from bot.evaluations.result import ModelGain, ModelScore, Result
from bot.evaluations.run import ENDED, Reason, RunState
from bot.jobs import states
from bot.jobs.group import JobGroup, endings
from bot.jobs.job import Job, Origin
from bot.moves.move import Move, MovedModel, MoveStore
from bot.notices.interfaces import CardStore
from bot.notices.work_loop import WorkLoop
from bot.providers.interface import ProviderError
from bot.timing import Timing
from training_files import TrainingFileError

log = structlog.get_logger()


class Stage(StrEnum):
    WAITING = "waiting"
    """For approval, or for room at the provider."""
    TRAINING = "training"
    EVALUATING = "evaluating"
    EVALUATED = "evaluated"
    NOT_EVALUATED = "not evaluated"
    NOT_TRAINED = "not trained"


SETTLED = frozenset({Stage.EVALUATED, Stage.NOT_EVALUATED, Stage.NOT_TRAINED})

_WAITING = frozenset({states.SUBMITTING, states.AWAITING_APPROVAL, states.IN_LINE})


class Moving(msgspec.Struct, frozen=True):
    """One model of a move as it stands. `scores`: of those of the two models that could be asked; `gain`: of the
    successor over the old one."""

    moved: MovedModel
    job: Job
    stage: Stage
    scores: dict[str, ModelScore] = {}
    gain: ModelGain | None = None

    @property
    def successor(self) -> str | None:
        """While it answers."""
        return None if self.job.model_lost else self.job.fine_tuned_model


class MoveProgress:
    """`notices_channel` is told how all jobs end that were started in public."""

    def __init__(
        self,
        moves: MoveStore,
        evaluations: Evaluations,
        evaluation_store: EvaluationStore,
        cards: CardStore,
        *,
        notices_channel: str | None = None,
        look_every: float = Timing.look_every,
    ) -> None:
        self._moves = moves
        self._evaluations = evaluations
        self._evaluation_store = evaluation_store
        self._shown: dict[str, list[Stage]] = {}
        self._rounds = WorkLoop("moves", self._due, every=look_every)
        self._cards = cards
        self._notices_channel = notices_channel

    async def look(self, move: Move) -> list[Moving]:
        """Its models as they stand, in their order."""
        jobs = {job.id: job for job in await self._moves.jobs(move)}
        return [await self._moving(move, moved, jobs[moved.job_id]) for moved in move.models]

    async def run(self) -> None:
        """Begin the evaluations that are due, and tell the end of each move, once. Until cancelled."""
        await self._rounds.run()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(move.id, partial(self.advance, move)) for move in await self._moves.open_moves()]

    async def advance(self, move: Move) -> None:
        """As far as it can go now."""
        there = await self.look(move)
        for moving in there:
            if moving.stage is Stage.EVALUATING and moving.moved.evaluation is None:
                await self._evaluate(move, moving)
        stages = [moving.stage for moving in there]
        if all(stage in SETTLED for stage in stages):
            # First told, then marked: what a crash leaves undone is done the next time, and told once.
            await self._moves.tell(endings(move, self._notices_channel))
            await self._moves.change(move.id, _ended)
        elif self._shown.get(move.id) != stages:
            self._shown[move.id] = stages
            await self._moves.change(move.id, lambda group: group)  # its card is to be looked at

    async def _moving(self, move: Move, moved: MovedModel, job: Job) -> Moving:
        if job.state in _WAITING:
            return Moving(moved, job, Stage.WAITING)
        if job.state not in states.ENDED:
            return Moving(moved, job, Stage.TRAINING)
        if job.state != states.SUCCEEDED or job.fine_tuned_model is None:
            return Moving(moved, job, Stage.NOT_TRAINED)
        lost_before = job.model_lost is not None and moved.evaluation is None
        if moved.not_evaluated is not None or lost_before:
            return Moving(moved, job, Stage.NOT_EVALUATED)
        run = await self._evaluation_store.get(moved.evaluation) if moved.evaluation else None
        if run is None or run.state not in ENDED:
            return Moving(moved, job, Stage.EVALUATING)
        stored = await self._evaluation_store.result(run.id) if run.state is RunState.FINISHED else None
        if stored is None:
            return Moving(moved, job, Stage.NOT_EVALUATED)
        result = msgspec.json.decode(stored, type=Result)
        return Moving(moved, job, Stage.EVALUATED, _scores(result), _gain(result, job.fine_tuned_model))

    async def _evaluate(self, move: Move, moving: Moving) -> None:
        """Both on the same file; the successor alone where the old one answers no more."""
        moved, successor = moving.moved, str(moving.successor)
        card = await self._cards.card(move.id)
        origin = msgspec.structs.replace(move.origin, thread_ts=card.ts if card and card.ts else move.origin.thread_ts)
        why, evaluation = None, None
        for models in ((moved.model, successor), (successor,)):
            try:
                evaluation = await self._begun(move, moved, origin, models)
                break
            except ProviderError as error:
                log.info("evaluated later", model=successor, why=str(error))
                return
            except NotFound as error:
                why = _reason(error)  # of the old model; the successor was made just now
            except (BotError, TrainingFileError) as error:
                if error.kind == "store_trouble":  # passes
                    raise
                why = _reason(error)
                break
        begun = msgspec.structs.replace(moved, evaluation=evaluation, not_evaluated=None if evaluation else why)
        await self._moves.change(move.id, lambda group: _replacing(group, begun))

    async def _begun(self, move: Move, moved: MovedModel, origin: Origin, models: tuple[str, ...]) -> str:
        """The evaluation's id. A file that validated neither is the one that both were trained on: that is no less
        fair, and says less of what they have not seen."""
        caller = msgspec.structs.replace(move.asker, key=f"{move.id}/{moved.model}/{len(models)}")
        request = EvaluationRequest(models, job_id=moved.job_id)
        try:
            return (await self._evaluations.start(caller, origin, request)).id
        except Invalid as error:
            if error.kind != "which_file_to_evaluate":
                raise
            request = msgspec.structs.replace(request, dataset_id=moved.dataset_id)
            return (await self._evaluations.start(caller, origin, request)).id


def _scores(result: Result) -> dict[str, ModelScore]:
    return {score.model: score for score in result.scores}


def _gain(result: Result, model: str) -> ModelGain | None:
    return next((gain for gain in result.gains if gain.model == model), None)


def _reason(error: BotError | TrainingFileError) -> Reason:
    return Reason(error.kind, plain_values(error.values))


def _replacing(group: JobGroup, moved: MovedModel) -> JobGroup | None:
    return group.replacing(moved) if isinstance(group, Move) else None


def _ended(group: JobGroup) -> JobGroup | None:
    return msgspec.structs.replace(group, ended=True) if isinstance(group, Move) else None

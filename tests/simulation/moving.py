"""A history of a move: models that retire are trained anew, compared, and taken into use by whoever agrees; channels
are warned meanwhile, half a day each second. The move, its progress and the warnings are the real ones; that models
answer in an evaluation is taken for granted.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from unittest.mock import AsyncMock

import msgspec

from bot.access import Actor, Caller, Place, Policy, Resource
from bot.audit import Entry
from bot.authority import Authority
from bot.errors import Conflict
from bot.evaluations.evaluation import Evaluation
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.run import RunState
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin, id_for
from bot.jobs.settings import JobSettings
from bot.models.catalogue import Catalogue
from bot.models.retirement import Retirement, ToldDates
from bot.models.retirement_warnings import RetirementWarnings
from bot.moves.move import MovedModel, move_id_for
from bot.moves.moves import Moves
from bot.moves.planning import MovePlanning, MoveRequest
from bot.moves.progress import MoveProgress
from bot.moves.succession import Succession
from bot.store.audit import SqlAuditLog
from bot.store.database import StoreTrouble
from bot.store.evaluations import SqlEvaluationStore
from bot.store.job_groups import SqlGroupStore
from bot.store.jobs import insert_job
from bot.store.model_uses import SqlModelUses
from bot.store.sqlite import SqliteConnection
from tests.simulation.history import MODEL, Action, JobProcess, JobWorld, job_world
from tests.simulation.loop import SimulatedLoop
from tests.simulation.world import EPOCH, PROVIDER, live

DAYS_A_SECOND = 0.5
IDENTITY = "command/1"


@dataclass(kw_only=True)
class MoveWorld(JobWorld):
    """`old`: the models that are moved; they retire on `ends`. `agreed`: successors that somebody wants to be used.
    `dies_comparing`: the first process is killed when a comparison has just begun."""

    old: tuple[str, ...] = ()
    ends: date = date.max
    agreed: set[str] = field(default_factory=set)
    evaluated: Counter[tuple[str, ...]] = field(default_factory=Counter)
    dies_comparing: bool = False

    def day(self) -> float:
        """The moment by which people live."""
        return EPOCH + self.timeline.now * DAYS_A_SECOND * 86_400

    def forget(self) -> None:
        super().forget()
        self.evaluated.clear()


def move(seed: str, prepare: Callable[[MoveWorld], None] | None = None) -> MoveWorld:
    world = job_world(seed, MoveWorld, _people)
    rng = random.Random(f"move/{seed}")
    world.old = tuple(f"ft:{MODEL}:acme:old-{number}:x" for number in range(rng.choice([1, 1, 2, 3])))
    world.ends = datetime.fromtimestamp(EPOCH, UTC).date() + timedelta(days=rng.randint(5, 100))
    for number, model in enumerate(world.old):
        _made_before(world, number, model)
    if prepare is not None:
        prepare(world)
    return live(world, MoveProcess)


def _people(rng: random.Random, *, crowded: bool) -> list[Action]:
    """They move, perhaps twice in a moment, and agree at last."""
    job = Job("", "", PROVIDER, MODEL, "U1", Origin("T1", rng.choice(["C1", "C2"]), False, None), 0)
    at = rng.uniform(0, 20)
    acts = [Action(at, "move", job)]
    if rng.random() < 0.4:
        acts.append(Action(at + rng.uniform(0, 1), "move", job))
    if rng.random() < 0.7:
        acts.append(Action(at + rng.uniform(20, 90), "agree", job))
    return acts


def _made_before(world: MoveWorld, number: int, model: str) -> None:
    """At a provider that has no part in this history."""
    job = msgspec.structs.replace(
        world.acts[0].job, id=f"before-{number}", state=states.SUCCEEDED, provider="gone", fine_tuned_model=model
    )
    insert_job(SqliteConnection(world.store), job, lambda: JobUpdate(job, followed=False, shown=False), card=False)


class MoveProcess(JobProcess):
    world: MoveWorld

    def __init__(self, world: MoveWorld) -> None:
        super().__init__(world)
        self.groups = SqlGroupStore(self.database)
        self.evaluations = SqlEvaluationStore(self.database)
        uses, audit = SqlModelUses(self.database), SqlAuditLog(self.database)
        authority = Authority(Policy(), audit)
        asked = cast(Evaluations, _Evaluations(self))
        self.progress = MoveProgress(self.groups, asked, self.evaluations, self.cards, look_every=8)
        planning = cast(MovePlanning, self)
        self.moves = Moves(self.groups, planning, self.submitter, cast(Any, None), authority, audit)
        self.succession = Succession(
            *(self.moves, self.groups, AsyncMock(), uses, AsyncMock(), asked, self.evaluations),
            *(AsyncMock(), self.outbox, authority),
        )
        self.warnings = RetirementWarnings(uses, cast(Catalogue, self), self.outbox, clock=world.day)

    # What planning and catalogue know here

    async def drafted(
        self, caller: Caller, request: MoveRequest, origin: Origin, identity: str
    ) -> tuple[list[MovedModel], list[Job], list[object]]:
        group = move_id_for(identity)
        jobs = [
            msgspec.structs.replace(
                self.world.acts[0].job,
                id=id_for(f"{group}/{model}"),
                state=states.SUBMITTING,
                created_at=self.world.wall(),
                suffix=f"new-{number}",
                dataset_id=f"ds-{number}",
                file_name=f"train-{number}.jsonl",
                estimated_cost=0.0,
                group=group,
                parent=model,
            )
            for number, model in enumerate(request.models)
        ]
        settings = JobSettings(PROVIDER, MODEL)
        return [MovedModel(str(job.parent), job.id, settings, str(job.dataset_id)) for job in jobs], jobs, []

    async def retirements(self, models: Sequence[str]) -> dict[str, Retirement]:
        return {model: Retirement(self.world.ends if model in self.world.old else None) for model in models}

    async def told_dates(self) -> dict[str, ToldDates]:
        return {}

    async def resources(self, models: Sequence[str]) -> dict[str, Resource]:
        return dict.fromkeys(models, self.world.acts[0].job.resource)

    # What goes on

    async def _follow(self) -> None:
        async with asyncio.TaskGroup() as group:
            for part in (super()._follow(), self.progress.run(), self._warn()):
                group.create_task(part)

    async def _warn(self) -> None:
        while True:
            await self.warnings.look()
            if datetime.fromtimestamp(self.world.day(), UTC).date() >= self.world.ends:
                self.world.network.note("a model retires")
            await asyncio.sleep(8)

    async def _carry_out(self, act: Action) -> None:
        while not act.done:
            with contextlib.suppress(StoreTrouble):
                act.done = await (self._move(act) if act.kind == "move" else self._agree())
            if not act.done:
                await asyncio.sleep(3)

    async def _move(self, act: Action) -> bool:
        self.world.network.note("models are moved")
        request = MoveRequest(PROVIDER, MODEL, self.world.old)
        await self.moves.start(self._caller(act), request, act.job.origin, IDENTITY)
        return True

    async def _agree(self) -> bool:
        """With the first successor, as soon as there is one."""
        move = await self.groups.get(move_id_for(IDENTITY))
        if move is None:  # not yet, or a backup from before has taken its place
            return all(act.done for act in self.world.acts if act.kind == "move")
        job = (await self.groups.jobs(move))[0]
        if job.fine_tuned_model is None:
            return job.state in states.ENDED or self._is_left(job)
        self.world.network.note("a person agrees")
        self.world.agreed.add(job.fine_tuned_model)
        try:
            await self.succession.adopt(self._caller(self.world.acts[0]), move.id, job.id)
        except Conflict as error:
            self.world.surprises.append(f"nobody may agree: {error}")
        return True

    def _is_left(self, job: Job) -> bool:
        """Uncertain, and nobody decides about it."""
        return job.state == states.UNCERTAIN and not self.decides(job.id)

    def _caller(self, act: Action) -> Caller:
        place = Place(act.job.origin.channel)
        return Caller(Actor("U1", "T1"), "T1", place.channel, place, place, IDENTITY, self.world.wall())

    async def _unrest(self) -> list[str]:
        unrest = await super()._unrest()
        try:
            for move in await self.groups.open_moves():
                if not any(map(self._is_left, await self.groups.jobs(move))):
                    unrest.append(f"{move.id} goes on")
            return unrest
        except StoreTrouble as error:
            return [*unrest, str(error)]


class _Evaluations:
    """Are done as soon as they are begun."""

    def __init__(self, process: MoveProcess) -> None:
        self._process = process

    async def start(self, caller: Caller, origin: Origin, request: Any) -> Evaluation:
        store = self._process.evaluations
        id = f"eval-{caller.key}"
        if (known := await store.get(id)) is not None:
            return known
        evaluation = Evaluation(
            id=id,
            models=request.models,
            dataset_id="ds-1",
            file_name="held.jsonl",
            file="sha",
            grader={},
            grader_name="match",
            n=1,
            seed=1,
            team=origin.team,
            channel=origin.channel,
            owner=caller.user,
            created_at=self._process.world.wall(),
            state=RunState.FINISHED,
        )
        begun = Entry(f"begun/{id}", evaluation.created_at, caller.user, "evaluate", id, origin.channel)
        await store.open(evaluation, (), begun)
        world = self._process.world
        world.evaluated[request.models] += 1
        if world.dies_comparing:
            world.dies_comparing = False
            cast(SimulatedLoop, asyncio.get_running_loop()).die()
            await asyncio.sleep(0)
        return evaluation

"""What people do to evaluations: start and repeat them, read what came of them, promote a model that did well."""

from typing import Final

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.chat_models import ChatModels
from bot.errors import Conflict, Invalid, NotFound
from bot.evaluations.controls import RunControls
from bot.evaluations.evaluation import (
    MOST_DAYS,
    Evaluation,
    EvaluationRequest,
    EvaluationStore,
    Repeat,
)
from bot.evaluations.planning import EvaluationPlanning, evaluation_id
from bot.evaluations.result import Result
from bot.evaluations.run import RunState
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.spending.model_use import ModelSpending

_LATEST: Final = 50


class Evaluations(RunControls[Evaluation]):
    def __init__(
        self,
        evaluations: EvaluationStore,
        planning: EvaluationPlanning,
        models: ChatModels,
        catalogue: Catalogue,
        spending: ModelSpending,
        authority: Authority,
    ) -> None:
        super().__init__(Evaluation.kind, evaluations, catalogue, spending, authority)
        self._evaluations = evaluations
        self._planning = planning
        self._models = models

    async def start(self, caller: Caller, origin: Origin, request: EvaluationRequest) -> Evaluation:
        """The models are asked from now on. A retry of the caller's request gets the same evaluation. Raises like
        `EvaluationPlanning.prepare`, and OverBudget."""
        known = await self._evaluations.get(evaluation_id(caller))
        if known is not None:
            return known
        prepared = await self._planning.prepare(caller, origin, request)
        evaluation = prepared.evaluation
        await self._authority.require(caller, Action.EVALUATE, evaluation.resource, caller.posts_in)
        await self.require_budget(caller, evaluation)
        started = entry(caller, Action.EVALUATE, evaluation.id, details=f"{len(evaluation.models)} x {evaluation.n}")
        return await self._evaluations.open(evaluation, prepared.drawn, started)

    async def latest(self, caller: Caller, limit: int = _LATEST) -> list[Evaluation]:
        """Of the caller's channel, the latest first. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        found = await self._evaluations.latest(caller.channel, limit)
        return [one for one in found if self._authority.allows(caller, Action.SEE, one.resource)]

    async def result(self, caller: Caller, evaluation_id: str) -> Result:
        """What came of it. Raises Denied, NotFound; Conflict while it has not finished."""
        known = await self.known(caller, evaluation_id, Action.SEE)
        result = await self._evaluations.result(known.id)
        if result is None:
            raise Conflict("run_state", kind=known.kind, state=known.state)
        return msgspec.json.decode(result, type=Result)

    async def promote(self, caller: Caller, evaluation_id: str, model: str) -> None:
        """Make `model` the one that the channel is offered first. Raises Denied, NotFound, Conflict."""
        known = await self.known(caller, evaluation_id, Action.PROMOTE)
        if model not in known.models:
            raise NotFound("no_such_model", model=model)
        await self._models.require(caller, model)
        promoted = entry(caller, Action.PROMOTE, model, details=known.id)
        await self._evaluations.set_current_model(caller.channel, model, caller.user, caller.at, promoted)

    async def repeat(self, caller: Caller, evaluation_id: str, days: int | None) -> Evaluation:
        """Have it repeated every so many days (1 to 90), with answers that are asked for anew, and people told of what
        has changed; None ends that. Raises Denied, NotFound, Invalid; Conflict for one that has not finished."""
        known = await self.known(caller, evaluation_id, Action.DECIDE)
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise Invalid("how_many_days", "days", most=MOST_DAYS)
        if days is not None and known.state is not RunState.FINISHED:
            raise Conflict("run_state", kind=known.kind, state=known.state)
        wanted = Repeat(known.id, days, caller.at + days * 86_400.0, known.id) if days is not None else None
        changed = entry(caller, "repeat evaluation", known.id, details="off" if days is None else f"{days} d")
        await self._evaluations.set_repeat(known.id, wanted, changed)
        return known

    async def repeated(self, caller: Caller, evaluation_id: str) -> Repeat | None:
        """How it is repeated; None where it is not. Raises Denied, NotFound."""
        return await self._evaluations.repeat((await self.known(caller, evaluation_id, Action.SEE)).id)

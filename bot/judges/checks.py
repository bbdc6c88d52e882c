"""Checking judges: what it will take, starting, pausing, going on, cancelling."""

import hashlib

import msgspec

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.chat_models import ChatModels
from bot.evaluations.controls import RunControls
from bot.evaluations.evaluation import Evaluation, EvaluationStore
from bot.evaluations.evaluations import Evaluations
from bot.jobs.job import Origin
from bot.judges.asking import Material, Questions
from bot.judges.check import JudgeCheck, JudgeCheckStore, JudgePlan, JudgeRequest
from bot.judges.counting import CallCounter
from bot.judges.people import judging_grader
from bot.models.catalogue import Catalogue
from bot.spending.model_use import ModelSpending
from graders.grader import judges


class JudgeChecks(RunControls[JudgeCheck]):
    """`people` and `pairs`: what a judge is asked about; the latter where it compares the answers of an evaluation."""

    def __init__(
        self,
        checks: JudgeCheckStore,
        people: Material,
        pairs: Material,
        counter: CallCounter,
        evaluations: Evaluations,
        evaluation_store: EvaluationStore,
        models: ChatModels,
        catalogue: Catalogue,
        spending: ModelSpending,
        authority: Authority,
    ) -> None:
        super().__init__(JudgeCheck.kind, checks, catalogue, spending, authority)
        self._checks = checks
        self._people = people
        self._pairs = pairs
        self._counter = counter
        self._evaluations = evaluations
        self._evaluation_store = evaluation_store
        self._models = models

    async def evaluation_of_thread(self, caller: Caller, thread_ts: str | None) -> Evaluation | None:
        """The evaluation in whose thread the caller is, if there is one that they may see."""
        found = await self._evaluation_store.of_thread(caller.channel, thread_ts) if thread_ts else None
        if found is None or not self._authority.allows(caller, Action.EVALUATE, found.resource, caller.posts_in):
            return None
        return found

    async def plan(self, caller: Caller, origin: Origin, request: JudgeRequest) -> JudgePlan:
        """What it will take. Nothing is asked, nothing is kept. Raises Denied, NotFound, TrainingFileError; Conflict
        where nobody has rated or voted yet, an evaluation's grader asks no model, or it has no two answers to one
        question."""
        check, questions = await self._planned(caller, origin, request)
        counted = await self._counter.count(questions, check.kept_in)
        return JudgePlan(
            check.models,
            questions.answers,
            questions.pairs,
            counted.calls,
            counted.cached,
            counted.usd,
            counted.seconds,
            counted.unpriced,
            check.file_name,
        )

    async def start(self, caller: Caller, origin: Origin, request: JudgeRequest) -> JudgeCheck:
        """The judge is asked from now on. A retry of the caller's request gets the same check. Raises like `plan`, and
        OverBudget."""
        known = await self._checks.get(_id_of(caller))
        if known is not None:
            return known
        check, _ = await self._planned(caller, origin, request)
        await self._authority.require(caller, Action.EVALUATE, check.resource, caller.posts_in)
        await self.require_budget(caller, check)
        started = entry(caller, Action.EVALUATE, check.id, details=f"judge {', '.join(check.models)}")
        return await self._checks.open(check, started)

    async def _planned(self, caller: Caller, origin: Origin, request: JudgeRequest) -> tuple[JudgeCheck, Questions]:
        await self._authority.require(caller, Action.EVALUATE)
        models: tuple[str, ...] = (request.model,)
        file_name = ""
        if request.evaluation:
            evaluation = await self._evaluations.get(caller, request.evaluation)
            await self._authority.require_to_post(caller, Action.EVALUATE, evaluation.resource)
            file_name = evaluation.file_name
            if not request.model:
                models = tuple(judges(judging_grader(evaluation)))
        for model in models:
            await self._models.require(caller, model)
        check = JudgeCheck(
            id=_id_of(caller),
            models=models,
            team=origin.team,
            channel=origin.channel,
            owner=caller.user,
            created_at=caller.at,
            private=origin.private,
            thread_ts=origin.thread_ts,
            request=request,
            asker=caller,
            total=0,
            file_name=file_name,
        )
        questions = await self.material(check).questions(check)
        return msgspec.structs.replace(check, total=questions.answers + questions.pairs), questions

    def material(self, check: JudgeCheck) -> Material:
        return self._pairs if check.pairwise else self._people


def _id_of(caller: Caller) -> str:
    return "judge-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12]

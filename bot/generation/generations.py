"""Having examples written: what it will take, starting, pausing, going on, cancelling."""

import hashlib

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.conversations.chat_models import ChatModels
from bot.errors import Invalid
from bot.evaluations.controls import RunControls
from bot.generation.counting import GenerationCost
from bot.generation.generation import (
    MOST,
    MOST_IMITATED,
    MOST_ROLES,
    MOST_TOPICS,
    Generation,
    GenerationPlan,
    GenerationRequest,
    GenerationStore,
)
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.spending.model_use import ModelSpending


class Generations(RunControls[Generation]):
    def __init__(
        self,
        generations: GenerationStore,
        cost: GenerationCost,
        models: ChatModels,
        catalogue: Catalogue,
        spending: ModelSpending,
        authority: Authority,
    ) -> None:
        super().__init__(Generation.kind, generations, catalogue, spending, authority)
        self._generations = generations
        self._cost = cost
        self._models = models

    async def plan(self, caller: Caller, origin: Origin, request: GenerationRequest) -> GenerationPlan:
        """What it will take. Nothing is asked, nothing is kept. Raises Denied, NotFound where there is no such teacher
        for this person, Invalid, ProviderError."""
        generation = await self._planned(caller, origin, request)
        estimate = await self._cost.of(generation, request.topics)
        return GenerationPlan(generation, estimate.calls, estimate.usd, estimate.seconds, estimate.usd is None)

    async def start(self, caller: Caller, origin: Origin, request: GenerationRequest) -> Generation:
        """The teacher is asked from now on. A retry of the caller's request gets the same generation. Raises like
        `plan`, and OverBudget."""
        known = await self._generations.get(_id_of(caller))
        if known is not None:
            return known
        generation = await self._planned(caller, origin, request)
        await self._authority.require(caller, Action.GENERATE, generation.resource, caller.posts_in)
        await self.require_budget(caller, generation)
        details = f"{generation.instructions.n} by {generation.teacher}"
        started = entry(caller, Action.GENERATE, generation.id, details=details)
        return await self._generations.open(generation, request.topics, started)

    async def about(self, caller: Caller, generation_id: str) -> list[str]:
        """The topics that somebody typed, and the document that others were drawn from. What those are called may be
        people's words, who can take them back. Raises Denied, NotFound."""
        generation = await self.get(caller, generation_id)
        topics = await self._generations.topics(generation.id)
        typed = [one.name for one in topics if not one.passage and not one.forgotten]
        return [*typed, generation.source_name] if generation.source_name else typed

    async def _planned(self, caller: Caller, origin: Origin, request: GenerationRequest) -> Generation:
        await self._authority.require(caller, Action.GENERATE)
        require_sensible(request)
        await self._models.require(caller, request.instructions.teacher)
        return Generation(
            id=_id_of(caller),
            models=(request.instructions.teacher,),
            team=origin.team,
            channel=origin.channel,
            owner=caller.user,
            created_at=caller.at,
            private=origin.private,
            thread_ts=origin.thread_ts,
            instructions=request.instructions,
            topics=len(request.topics),
            source=request.source,
            source_name=request.source_name,
        )


def require_sensible(request: GenerationRequest) -> None:
    """Raises Invalid where it asks for too much, or for nothing."""
    told = request.instructions
    if not 1 <= told.n <= MOST:
        raise Invalid("how_many_examples", "n", most=MOST)
    if not request.topics:
        raise Invalid("no_topics", "topics")
    for field, count, most in (
        ("topics", len(request.topics), MOST_TOPICS),
        ("roles", len(told.roles), MOST_ROLES),
        ("imitate", len(told.imitate), MOST_IMITATED),
    ):
        if count > most:
            raise Invalid("too_many_to_generate", field, field=field, most=most)
    if not 0 <= told.unanswerable <= 1:
        raise Invalid("share_unanswerable", "unanswerable")


def _id_of(caller: Caller) -> str:
    return "gen-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12]

"""Comparing models side by side: opening a comparison, asking on in its thread, asking a model again that failed."""

import hashlib
from collections.abc import Sequence

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.compare.asking import Asking
from bot.compare.comparison import FEWEST_MODELS, MOST_MODELS, Comparison, ComparisonStore, Question
from bot.conversations.chat_models import ChatModels
from bot.errors import Invalid, NotFound
from bot.jobs.job import Origin
from bot.providers.chat import ChatMessage


class Comparisons:
    def __init__(self, comparisons: ComparisonStore, models: ChatModels, asking: Asking, authority: Authority) -> None:
        self._comparisons = comparisons
        self._models = models
        self._asking = asking
        self._authority = authority

    async def open(self, caller: Caller, origin: Origin, models: Sequence[str], prompt: str) -> Comparison:
        """Ask `models` (two to four ids) the same. A retry of the caller's request gets the same comparison.

        Raises Invalid, Denied, OverBudget; NotFound where there is no such model for this person, ProviderError.
        """
        comparison = await begun(self._models, self._asking, caller, origin, models)
        if not prompt.strip():
            raise Invalid("nothing_to_compare_on", "prompt")
        question = Question("1", (ChatMessage("user", prompt),), comparison.models, caller.user)
        opened = entry(caller, Action.COMPARE, comparison.id)
        return await self._comparisons.open(comparison, [question], opened)

    async def in_thread(self, channel: str, thread_ts: str | None) -> Comparison | None:
        """The comparison that takes questions in this thread: one that is not blind."""
        found = await self._comparisons.of_thread(channel, thread_ts) if thread_ts else None
        return found if found is not None and found.arena is None else None

    async def ask(self, caller: Caller, comparison: Comparison, message_ts: str, text: str) -> None:
        """A question in the thread, for all models. Raises Denied, NotFound, OverBudget."""
        await self._authority.require(caller, Action.COMPARE, comparison.resource, caller.posts_in)
        for model in comparison.models:
            await self._models.require(caller, model)
        await self._asking.require_budget(comparison, caller.user)
        question = Question(message_ts, (ChatMessage("user", text),), comparison.models, caller.user)
        await self._comparisons.ask(comparison.id, question)

    async def try_again(self, caller: Caller, comparison_id: str, question_id: str) -> None:
        """Ask those models again that failed on this question. Raises Denied, NotFound."""
        await known(self._comparisons, self._authority, caller, comparison_id, Action.COMPARE)
        await self._comparisons.ask_again(comparison_id, question_id)


async def known(
    comparisons: ComparisonStore, authority: Authority, caller: Caller, comparison_id: str, action: Action
) -> Comparison:
    """The comparison, if the caller may do `action` with it where they are. Raises Denied; NotFound, also for what the
    caller may not know of."""
    unknown = NotFound("comparison_gone")
    comparison = await comparisons.get(comparison_id)
    if comparison is None:
        raise unknown
    try:
        await authority.require(caller, action, comparison.resource, caller.posts_in)
    except NotFound:
        raise unknown from None
    return comparison


async def begun(
    chat_models: ChatModels, asking: Asking, caller: Caller, origin: Origin, models: Sequence[str]
) -> Comparison:
    """A comparison of these models, not stored yet."""
    different = tuple(dict.fromkeys(models))
    if not FEWEST_MODELS <= len(different) <= MOST_MODELS:
        raise Invalid("how_many_models", "models", fewest=FEWEST_MODELS, most=MOST_MODELS)
    for model in different:
        await chat_models.require(caller, model)
    comparison = Comparison(
        id="cmp-" + hashlib.sha256(caller.key.encode()).hexdigest()[:12],
        models=different,
        team=origin.team,
        channel=origin.channel,
        owner=caller.user,
        created_at=caller.at,
        private=origin.private,
        starters={model: await chat_models.starter(caller, model) for model in different},
    )
    await asking.require_budget(comparison, caller.user)
    return comparison

"""Asking one model one question of a comparison. Its answer is stored before anybody is told that it is complete, so
that no model is asked twice for what it has said."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import msgspec
import structlog

from bot.backoff import Backoff
from bot.compare.comparison import Answers, Comparison, ComparisonStore, Failure, ModelAnswer, Question
from bot.conversations.completion import ask_model
from bot.conversations.conversation import BROKEN
from bot.conversations.starter import Starter
from bot.errors import BotError
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.models.unanswered import TOO_LONG, delay_after
from bot.providers.chat import ChatDelta, ChatMessage, ChatRequest, ToolCall, Usage
from bot.providers.interface import Provider, ProviderError
from bot.spending.model_use import ModelSpending
from bot.timing import Timing

log = structlog.get_logger()


class Asking:
    def __init__(
        self,
        comparisons: ComparisonStore,
        catalogue: Catalogue,
        lost_models: LostModels,
        spending: ModelSpending,
        *,
        warm_up: Backoff = Timing.warm_up,
    ) -> None:
        self._comparisons = comparisons
        self._catalogue = catalogue
        self._lost_models = lost_models
        self._spending = spending
        self._warm_up = warm_up

    async def ask(
        self,
        comparison: Comparison,
        questions: Sequence[Question],
        answers: Answers,
        model: str,
        on_text: Callable[[str], None],
    ) -> ModelAnswer:
        """What `model` says to the last of `questions`, knowing those before it and its own answers to them.
        `on_text` is told all that there is of the answer, each time there is more. Never raises for a model's sake.
        """
        question = questions[-1]
        try:
            answer = await self.answer(comparison, questions, answers, model, on_text)
        except ProviderError as error:
            told = Failure(_unicode(str(error)), by_provider=True) if error.is_answer else _failure(error)
            answer = ModelAnswer(failure=msgspec.structs.replace(told, code=error.code or ""))
        except BotError as error:
            answer = ModelAnswer(failure=_failure(error))
        await self._comparisons.answered(comparison.id, question.id, model, answer)
        return answer

    async def require_budget(self, comparison: Comparison, asker: str) -> None:
        """Return if its models may be asked. Raises OverBudget."""
        for model in comparison.models:
            provider = await self._catalogue.provider_of(model, comparison.channel)
            await self._spending.check(asker, comparison.channel, model, provider.name, time.time())

    async def answer(
        self,
        comparison: Comparison,
        questions: Sequence[Question],
        answers: Answers,
        model: str,
        on_text: Callable[[str], None] = lambda _: None,
    ) -> ModelAnswer:
        """Like `ask`, but stores nothing. Raises OverBudget, NotFound, ProviderError; BotError for no words."""
        provider = await self._catalogue.provider_of(model, comparison.channel)
        asked_by = (questions[-1].asker, comparison.channel, model, provider.name)
        await self._spending.check(*asked_by, time.time())
        delays, before = iter(self._warm_up), history(questions[:-1], answers, model)
        while True:
            failure: ProviderError | None
            started = _Started(on_text)
            try:
                async with aclosing(_deltas(provider, comparison, before, questions[-1], model)) as deltas:
                    async for delta in deltas:
                        started.add(delta)
                failure = None
            except ProviderError as error:
                failure = error
            cost = None
            if started.usage is not None:
                cost = await self._spending.count(*asked_by, comparison.id, started.usage, time.time())
            answer = started.answer(BROKEN if failure else None, cost)
            if failure is None:
                if answer is None:
                    raise BotError("model_said_nothing")
                return answer
            if answer is not None:
                log.warning("answer cut off", model=model, why=str(failure))
                return answer
            if failure.code == TOO_LONG:
                if not before:
                    raise BotError("question_too_long")
                before = before[(len(before) // 2 + 1) // 2 * 2 :]  # whole rounds, the older half first
                continue
            await asyncio.sleep(await delay_after(failure, model, delays, self._catalogue, self._lost_models))


class _Started:
    """An answer while it comes. The clock runs from the request that is answered, not from one that was refused."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self._on_text = on_text
        self._began = time.monotonic()
        self._first: float | None = None
        self._last = ChatDelta()
        self._text = ""

    def add(self, delta: ChatDelta) -> None:
        self._text += delta.text
        if self._first is None and self._text.strip():
            self._first = time.monotonic() - self._began
        self._last = ChatDelta(
            finish_reason=delta.finish_reason or self._last.finish_reason,
            tool_calls=delta.tool_calls or self._last.tool_calls,
            usage=delta.usage or self._last.usage,
        )
        if delta.text and self._first is not None:
            self._on_text(self._text)

    @property
    def usage(self) -> Usage | None:
        return self._last.usage

    def answer(self, finish_reason: str | None, cost_usd: float | None) -> ModelAnswer | None:
        """None where nothing was said."""
        if not self._text.strip() and not self._last.tool_calls:
            return None
        return ModelAnswer(
            content=_unicode(self._text),
            finish_reason=finish_reason or self._last.finish_reason,
            first_token=self._first,
            seconds=time.monotonic() - self._began,
            usage=self._last.usage,
            cost_usd=cost_usd,
            tool_calls=tuple(
                ToolCall(_unicode(call.id), _unicode(call.name), _unicode(call.arguments))
                for call in self._last.tool_calls
            ),
        )


def history(questions: Sequence[Question], answers: Answers, model: str) -> list[ChatMessage]:
    """What was said between people and this model before. A question that it never answered is left out: most chat
    templates refuse two messages of one role in a row."""
    said: list[ChatMessage] = []
    for question in questions:
        answer = answers.get((question.id, model))
        if answer is not None and answer.content.strip():
            said += [*question.messages, ChatMessage("assistant", answer.content)]
    return said


def _deltas(
    provider: Provider, comparison: Comparison, before: Sequence[ChatMessage], question: Question, model: str
) -> AsyncGenerator[ChatDelta, None]:
    """The model's answer, asked as a conversation with it would."""
    starter, said = comparison.starters.get(model, Starter()), (*before, *question.messages)
    if starter.system and said[0].role not in ("system", "developer"):
        said = (ChatMessage("system", starter.system), *said)
    return ask_model(provider, ChatRequest(model, said, tools=starter.tools), starter.completion, starter.labels)


def _failure(error: BotError) -> Failure:
    plain = {
        name: value if isinstance(value, str | int | float) else str(value) for name, value in error.values.items()
    }
    return Failure(error.kind, plain)


def _unicode(text: str) -> str:
    """`text` with halves of surrogate pairs, which cannot be stored, joined or replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

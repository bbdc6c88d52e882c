"""Asking a model in a conversation: the prompt, retries, and keeping the answer.

A whole answer is stored before all of it is shown, so the model is never asked twice for the same answer.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from typing import Final, Protocol

import msgspec
import structlog

from bot import instruments
from bot.access import Action, Caller
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.answer_events import (
    Answer,
    Called,
    Empty,
    Ended,
    Event,
    Forgotten,
    FunctionCalls,
    Gone,
    Probabilities,
    TextDelta,
    TooLong,
    Trimmed,
    Warming,
)
from bot.conversations.completion import ask_model, label_probabilities
from bot.conversations.conversation import BROKEN, STOPPED, Attachment, Conversation, ConversationStore, Turn
from bot.conversations.prompt import exchanges, next_part, prompt, up_to
from bot.conversations.window import Window
from bot.errors import Conflict, NotFound
from bot.keyed_locks import KeyedLocks
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.models.unanswered import TOO_LONG, delay_after
from bot.providers.chat import ChatDelta, ChatRequest, TokenLogprobs, ToolCall, Usage
from bot.providers.interface import Provider, ProviderError
from bot.spending.model_use import ModelSpending, UseSum
from bot.timing import Timing

log = structlog.get_logger()

CUT_OFF: Final = ("length", BROKEN, STOPPED)
"""For these reasons an answer ends in the middle: the model can go on with it."""
MOST_CALLS: Final = 32
"""A model that calls more functions in one answer has lost its way; the rest is left out."""
# A person hears of it when the model was asked so often in vain.
_PATIENT: Final = 3


class Claims(Protocol):
    """What each process has in hand, for all to see. Implemented by `bot.claims`."""

    def held(self, *key: object) -> AbstractAsyncContextManager[None]:
        """By one process at a time."""

    async def ask_to_stop(self, *key: object) -> bool:
        """Whether some process has it in hand."""

    async def asked_to_stop(self, *key: object) -> None:
        """Wait until somebody asks."""


class Chat:
    def __init__(
        self,
        conversations: ConversationStore,
        catalogue: Catalogue,
        lost_models: LostModels,
        authority: Authority,
        window: Window,
        channel_models: ChannelModels,
        spending: ModelSpending,
        *,
        warm_up: Backoff = Timing.warm_up,
        claims: Claims | None = None,
    ) -> None:
        """`claims`: of the answers that are written, where other processes write some."""
        self._conversations = conversations
        self._catalogue = catalogue
        self._lost_models = lost_models
        self._authority = authority
        self._window = window
        self._channel_models = channel_models
        self._spending = spending
        self._warm_up = warm_up
        # One answer at a time in each conversation. A lock is held by whoever waits or answers, so that conversations
        # which have gone quiet cost nothing.
        self._locks = KeyedLocks(claims.held if claims else None)
        self._claims = claims
        # Set where a person stops the answer that is being written.
        self._stops: dict[str, asyncio.Event] = {}

    async def in_thread(self, channel: str, thread_ts: str | None) -> Conversation | None:
        return await self._conversations.of_thread(channel, thread_ts) if thread_ts else None

    async def get(self, caller: Caller, conversation_id: str) -> Conversation:
        """The conversation, if the caller may talk in it. Raises NotFound, Denied."""
        conversation = await self._conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("no_such_thing", kind="conversation")
        await self.check(caller, conversation)
        return conversation

    async def check(self, caller: Caller, conversation: Conversation) -> None:
        """Return if the caller may talk in this conversation, and to its model. Raises Denied, NotFound."""
        await self._authority.require(caller, Action.CHAT, conversation.resource, caller.posts_in)
        model = await self._catalogue.resource(conversation.model)
        try:
            await self._authority.require(caller, Action.CHAT, model, caller.posts_in)
        except NotFound:
            raise NotFound("model_of_conversation_gone", model=conversation.model) from None
        await self._channel_models.require(caller, conversation.model, conversation.provider)

    async def _provider(self, conversation: Conversation) -> Provider:
        return await self._catalogue.provider_of(conversation.model, conversation.channel, conversation.provider)

    async def _check_budget(self, caller: Caller, conversation: Conversation) -> None:
        provider = (await self._provider(conversation)).name
        await self._spending.check(caller.user, conversation.channel, conversation.model, provider, time.time())

    @asynccontextmanager
    async def ask(
        self,
        caller: Caller,
        conversation: Conversation,
        message_ts: str,
        text: str,
        attachments: tuple[Attachment, ...] = (),
    ) -> AsyncIterator[Answer | None]:
        """The answer to a message; None if all of it was shown before a crash, or the message is deleted. No other
        answer is given in this conversation until the context is left. Raises Denied, NotFound, OverBudget; `events`
        raises ProviderError."""
        await self.check(caller, conversation)
        async with self._lock(conversation):
            question = Turn(message_ts, "user", text, user=caller.user, attachments=attachments)
            await self._conversations.add(conversation.id, question)
            yield await self._answer(caller, await self._now(conversation), message_ts)

    async def keep(
        self, caller: Caller, conversation: Conversation, message_ts: str, attachments: tuple[Attachment, ...]
    ) -> None:
        """Files that nobody asks anything about. Raises Denied, NotFound."""
        await self.check(caller, conversation)
        await self._conversations.add(
            conversation.id, Turn(message_ts, "user", "", user=caller.user, attachments=attachments)
        )

    @asynccontextmanager
    async def resume(self, caller: Caller, conversation: Conversation, rest: str) -> AsyncIterator[Answer | None]:
        """The continuation of an answer that was cut off or called functions, by its event's `rest`; or another
        answer to the same question, by `another_answer`. None if it is shown already: the model goes on once, however
        often this is called. Raises like `ask`."""
        await self.check(caller, conversation)
        async with self._lock(conversation):
            yield await self._answer(caller, await self._now(conversation), rest)

    async def function_calls(self, conversation: Conversation, asked_ts: str) -> FunctionCalls:
        """What an answer calls. Raises NotFound where it calls nothing."""
        return _function_calls(await self._conversations.turns(conversation.id), asked_ts)

    async def give_results(
        self, caller: Caller, conversation: Conversation, asked_ts: str, results: Mapping[str, str]
    ) -> FunctionCalls:
        """Keep what the functions returned that the answer `asked_ts` called, by the ids of the calls; of two results
        for one call the first stands. Once all have theirs, let the model go on by `resume`. Raises NotFound where
        there is no such call, Conflict where the model has gone on without."""
        await self.check(caller, conversation)
        async with self._lock(conversation):
            called = _function_calls(await self._conversations.turns(conversation.id), asked_ts)
            given = {call.id: results[call.id] for call in called.waiting if call.id in results}
            if given and called.is_over:
                raise Conflict("model_went_on")
            for call_id, text in given.items():
                result = Turn(asked_ts, "tool", text, user=caller.user, tool_call_id=call_id)
                await self._conversations.add(conversation.id, result)
            return msgspec.structs.replace(called, results={**called.results, **given})

    async def stop(self, caller: Caller, conversation: Conversation) -> bool:
        """End the answer that is being written; what the model has said so far is kept. Whether there was one."""
        await self.check(caller, conversation)
        stop = self._stops.get(conversation.id)
        if stop is not None:
            stop.set()
            return True
        return self._claims is not None and await self._claims.ask_to_stop(conversation.id)

    async def shown_in(self, conversation: Conversation, answer: Answer, message_ts: str) -> None:
        """The answer is now being shown in this message."""
        await self._conversations.answer_opened(conversation.id, answer.asked_ts, conversation.channel, message_ts)

    async def shows_another(self, conversation: Conversation, answer: Answer, message_ts: str) -> bool:
        """Whether this message shows another answer than this one."""
        shown = await self._conversations.answer_of(conversation.channel, message_ts)
        return shown is not None and shown != (conversation.id, answer.asked_ts)

    async def _now(self, conversation: Conversation) -> Conversation:
        """With what was set while it was waited for."""
        return await self._conversations.get(conversation.id) or conversation

    def _lock(self, conversation: Conversation) -> AbstractAsyncContextManager[None]:
        return self._locks.of(conversation.id)

    async def _answer(self, caller: Caller, conversation: Conversation, asked_ts: str) -> Answer | None:
        turns = await self._conversations.turns(conversation.id)
        known = next((turn for turn in turns if turn.ts == asked_ts and turn.role == "assistant"), None)
        begun = None
        if known is not None or caller.is_retry:
            begun = await self._conversations.open_answer(conversation.id, asked_ts)
        if known is not None:
            if begun is None:
                return None
            return Answer(asked_ts, True, tuple(begun), self._known(conversation, known))
        await self._check_budget(caller, conversation)
        before = up_to(turns, asked_ts)
        asked = exchanges(before)
        if not asked or asked[-1].question.ts != Turn(asked_ts, "assistant", "").message_ts:
            return None  # somebody has deleted the question
        return Answer(asked_ts, False, tuple(begun or ()), self._ask(caller, conversation, before, asked_ts))

    async def _known(self, conversation: Conversation, known: Turn) -> AsyncGenerator[Event, None]:
        if known.content:
            yield TextDelta(known.content)
        if known.probabilities:
            yield Probabilities(known.probabilities)
        yield _end(known)
        await self._conversations.answer_shown(conversation.id, known.ts)

    async def _ask(
        self, caller: Caller, conversation: Conversation, turns: list[Turn], asked_ts: str
    ) -> AsyncGenerator[Event, None]:
        stop = self._stops[conversation.id] = asyncio.Event()
        elsewhere = asyncio.create_task(self._stop_if_asked(self._claims, conversation.id)) if self._claims else None
        try:
            async with aclosing(self._written(caller, conversation, turns, asked_ts, stop)) as events:
                async for event in events:
                    yield event
        finally:
            del self._stops[conversation.id]
            if elsewhere is not None:
                elsewhere.cancel()

    async def _stop_if_asked(self, claims: Claims, conversation_id: str) -> None:
        """By a person whom another process heard."""
        await claims.asked_to_stop(conversation_id)
        self._stops[conversation_id].set()

    async def _written(
        self, caller: Caller, conversation: Conversation, turns: list[Turn], asked_ts: str, stop: asyncio.Event
    ) -> AsyncGenerator[Event, None]:
        """With as much of the conversation as the model can read; retried while it is not ready."""
        # A completion model is asked one question at a time.
        there = len(exchanges(turns)) if conversation.completion is None else 1
        kept = await self._window.fitting(conversation, turns) if there > 1 else 1
        provider = await self._provider(conversation)
        failures, delays = 0, iter(self._warm_up)
        if conversation.forgotten:
            yield Forgotten()
            await self._conversations.update(conversation.id, lambda now: msgspec.structs.replace(now, forgotten=False))
        while True:
            if kept < there and not await self._told_of_window(conversation):
                yield Trimmed()
                await self._conversations.update(
                    conversation.id, lambda now: msgspec.structs.replace(now, trimmed=True)
                )
            whole, said = "", Turn(asked_ts, "assistant", "", user=caller.user, model=conversation.model)
            said = msgspec.structs.replace(said, changes=len(conversation.earlier))
            places: list[TokenLogprobs] = []
            failure: ProviderError | None = None
            images = self._catalogue.takes_images(conversation.model)
            request, asked_at = _request(conversation, turns, kept, images=images), time.monotonic()
            deltas = ask_model(provider, request, conversation.completion, conversation.labels)
            try:
                async with aclosing(_until(stop, deltas)) as coming:
                    async for delta in coming:
                        text = _encodable(delta.text)
                        places += delta.logprobs
                        whole += text
                        said = _with(said, delta)
                        if text and whole.strip():
                            if said.first_token is None:
                                said = msgspec.structs.replace(said, first_token=time.monotonic() - asked_at)
                                instruments.FIRST_TOKEN.labels(provider.name).observe(said.first_token or 0)
                            yield TextDelta(text)
            except ProviderError as error:
                failure = error
            if said.usage is not None:
                said = await self._counted(conversation, provider.name, said, said.usage)
            elif whole.strip() and not self._spending.is_free(conversation.model, provider.name):
                # Stopped, broken off, or the provider does not tell: it counts all the same, and is shown to nobody.
                estimate = await self._window.usage(request.messages, conversation, whole)
                await self._counted(conversation, provider.name, said, estimate)
            if stop.is_set():
                said = msgspec.structs.replace(said, finish_reason=STOPPED, tool_calls=())
                break
            if failure is None:
                break
            if whole.strip():
                log.warning("answer cut off", model=conversation.model, why=str(failure))
                said = msgspec.structs.replace(said, finish_reason=BROKEN, tool_calls=())
                break
            if failure.code == TOO_LONG:
                # Forget the older half, until only this one exchange is left.
                if kept <= 1:
                    yield TooLong()
                    return
                kept //= 2
                continue
            failures, failure.no_answer = failures + 1, True
            try:
                delay = await delay_after(failure, conversation.model, delays, self._catalogue, self._lost_models)
            except NotFound:
                yield Gone(await self._catalogue.retired_since(conversation.model))
                return
            if failures == _PATIENT:
                yield Warming()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), delay)
        if not whole.strip() and not said.tool_calls:
            yield Empty(said.finish_reason)
            return
        chosen = label_probabilities(conversation.labels, whole, places)
        said = msgspec.structs.replace(said, content=whole if whole.strip() else "", probabilities=chosen)
        await self._conversations.answered(conversation.id, said)
        if chosen:
            yield Probabilities(chosen)
        yield _end(said)
        await self._conversations.answer_shown(conversation.id, asked_ts)

    async def _told_of_window(self, conversation: Conversation) -> bool:
        """Asked of the store: another question may have come in between."""
        now = await self._conversations.get(conversation.id)
        return now is None or now.trimmed

    async def _counted(self, conversation: Conversation, provider: str, said: Turn, usage: Usage) -> Turn:
        """An answer with its cost, which counts from now on, whatever becomes of the answer."""
        asker, now = said.user or "", time.time()
        place = conversation.channel, conversation.model, provider
        cost = await self._spending.count(asker, *place, conversation.id, usage, now)
        return msgspec.structs.replace(said, cost_usd=cost)

    def takes_images(self, conversation: Conversation) -> bool:
        """Whether its model is known to read images."""
        return self._catalogue.takes_images(conversation.model)

    async def used(self, conversation: Conversation) -> UseSum:
        """What its answers have used and cost in all."""
        return await self._spending.of(conversation.id)


def _request(conversation: Conversation, turns: list[Turn], most: int, *, images: bool) -> ChatRequest:
    messages = tuple(prompt(conversation, turns, most))
    if not images:  # they were shown to another model
        messages = tuple(msgspec.structs.replace(message, images=()) for message in messages)
    # An answer that goes on is text: servers refuse tools beside it.
    tools = conversation.tools if messages[-1].role != "assistant" else ()
    return ChatRequest(conversation.model, messages, parameters=conversation.parameters, tools=tools)


def _with(said: Turn, delta: ChatDelta) -> Turn:
    """What a delta tells about the answer beside its text."""
    return msgspec.structs.replace(
        said,
        finish_reason=delta.finish_reason or said.finish_reason,
        tool_calls=_named(delta.tool_calls) or said.tool_calls,
        usage=delta.usage or said.usage,
    )


def _named(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """Each call with an id of its own: not every server gives one, and results go by it."""
    named: dict[str, ToolCall] = {}
    for number, call in enumerate(calls[:MOST_CALLS], 1):
        id = _encodable(call.id)
        id = id if id and id not in named else f"call_{number}"
        named[id] = ToolCall(id, _encodable(call.name), _encodable(call.arguments))
    return tuple(named.values())


def _encodable(text: str) -> str:
    """Half a character, as JSON can hold it, can be neither stored nor sent."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


async def _until(stop: asyncio.Event, deltas: AsyncGenerator[ChatDelta, None]) -> AsyncGenerator[ChatDelta, None]:
    """The deltas until `stop` is set, also while none comes. However it ends, nobody is asked any more afterwards."""
    stopped = asyncio.ensure_future(stop.wait())
    coming: asyncio.Future[ChatDelta | None] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(deltas, None))
            await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return
            delta = coming.result()
            if delta is None:
                return
            yield delta
    finally:
        stopped.cancel()
        if coming is not None and not coming.done():
            coming.cancel()
            await asyncio.wait({coming})
        # Left to the garbage collector it is closed in a task of its own, in which the connection cannot be given back.
        await deltas.aclose()


def _function_calls(turns: Sequence[Turn], asked_ts: str) -> FunctionCalls:
    called = next((turn for turn in turns if turn.role == "assistant" and turn.ts == asked_ts), None)
    if called is None or not called.tool_calls:
        raise NotFound("no_such_call")
    return FunctionCalls(
        called.tool_calls,
        {str(turn.tool_call_id): turn.content for turn in turns if turn.role == "tool" and turn.ts == asked_ts},
        is_over=any(turn.role == "assistant" and turn.ts == next_part(asked_ts) for turn in turns),
    )


def _end(said: Turn) -> Ended | Called:
    if said.tool_calls:
        return Called(said.tool_calls, next_part(said.ts))
    return Ended(said.finish_reason, next_part(said.ts) if said.finish_reason in CUT_OFF else None)

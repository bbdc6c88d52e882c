"""Asking a model in a conversation: the prompt, retries, and keeping the answer.

A whole answer is stored before all of it is shown, so the model is never asked twice for the same answer.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from bot.access import Action, Caller
from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.conversation import BROKEN, Conversation, ConversationStore, Turn
from bot.conversations.prompt import exchanges, next_part, prompt, up_to
from bot.errors import NotFound
from bot.keyed_locks import KeyedLocks
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.chat import ChatRequest
from bot.providers.interface import ProviderError, Refused
from bot.timing import Timing

log = structlog.get_logger()

CUT_OFF: Final = ("length", BROKEN)
"""For these reasons an answer ends in the middle: the model can go on with it."""
# A person hears of it when the model was asked so often in vain.
_PATIENT: Final = 3


class TextDelta(msgspec.Struct, frozen=True):
    """More of the answer."""

    text: str


class Warming(msgspec.Struct, frozen=True):
    """The model is not ready yet; the request is retried."""


class Ended(msgspec.Struct, frozen=True):
    """The answer is complete. `finish_reason` as in `Turn`; `rest`: what to give `Chat.resume` for the model to go on,
    if it can. When the next event is requested, all of the answer counts as shown."""

    finish_reason: str | None
    rest: str | None


class Empty(msgspec.Struct, frozen=True):
    """The model said nothing."""

    finish_reason: str | None


class TooLong(msgspec.Struct, frozen=True):
    """The message alone is longer than the model can read."""


class Gone(msgspec.Struct, frozen=True):
    """The provider has no such model any more."""


Event = TextDelta | Warming | Ended | Empty | TooLong | Gone
"""Any number of TextDelta and Warming, then one of the others."""


@dataclass(frozen=True)
class Answer:
    """`is_known`: the model gave it before a crash. `messages`: those in which it was being shown then, oldest
    first."""

    asked_ts: str
    is_known: bool
    messages: tuple[str, ...]
    events: AsyncGenerator[Event, None]


class Chat:
    def __init__(
        self,
        conversations: ConversationStore,
        catalogue: Catalogue,
        lost_models: LostModels,
        authority: Authority,
        *,
        warm_up: Backoff = Timing.warm_up,
    ) -> None:
        self._conversations = conversations
        self._catalogue = catalogue
        self._lost_models = lost_models
        self._authority = authority
        self._warm_up = warm_up
        # One answer at a time in each conversation. A lock is held by whoever waits or answers, so that conversations
        # which have gone quiet cost nothing.
        self._locks = KeyedLocks()

    async def in_thread(self, channel: str, thread_ts: str | None) -> Conversation | None:
        return await self._conversations.of_thread(channel, thread_ts) if thread_ts else None

    async def check(self, caller: Caller, conversation: Conversation) -> None:
        """Return if the caller may talk in this conversation, and to its model. Raises Denied, NotFound."""
        await self._authority.require(caller, Action.CHAT, conversation.resource, caller.posts_in)
        model = await self._catalogue.resource(conversation.model)
        try:
            await self._authority.require(caller, Action.CHAT, model, caller.posts_in)
        except NotFound:
            raise NotFound("model_of_conversation_gone", model=conversation.model) from None

    @asynccontextmanager
    async def ask(
        self, caller: Caller, conversation: Conversation, message_ts: str, text: str
    ) -> AsyncIterator[Answer | None]:
        """The answer to a message; None if all of it was shown before a crash. No other answer is given in this
        conversation until the context is left. Raises Denied, NotFound; `events` raises ProviderError."""
        await self.check(caller, conversation)
        async with self._lock(conversation):
            await self._conversations.add(conversation.id, Turn(message_ts, "user", text, user=caller.user))
            yield await self._answer(caller, conversation, message_ts)

    @asynccontextmanager
    async def resume(self, caller: Caller, conversation: Conversation, rest: str) -> AsyncIterator[Answer | None]:
        """The continuation of an answer that was cut off, by `Ended.rest`; None if it is shown already: the model goes
        on once, however often this is called. Raises like `ask`."""
        await self.check(caller, conversation)
        async with self._lock(conversation):
            yield await self._answer(caller, conversation, rest)

    async def shown_in(self, conversation: Conversation, answer: Answer, message_ts: str) -> None:
        """The answer is now being shown in this message."""
        await self._conversations.answer_opened(conversation.id, answer.asked_ts, conversation.channel, message_ts)

    def _lock(self, conversation: Conversation) -> asyncio.Lock:
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
        before = up_to(turns, asked_ts)
        return Answer(asked_ts, False, tuple(begun or ()), self._ask(caller, conversation, before, asked_ts))

    async def _known(self, conversation: Conversation, known: Turn) -> AsyncGenerator[Event, None]:
        yield TextDelta(known.content)
        yield _end(known)
        await self._conversations.answer_shown(conversation.id, known.ts)

    async def _ask(
        self, caller: Caller, conversation: Conversation, turns: list[Turn], asked_ts: str
    ) -> AsyncGenerator[Event, None]:
        """With as much of the conversation as the model can read; retried while it is not ready."""
        kept = len(exchanges(turns))
        provider = await self._catalogue.provider_of(conversation.model)
        failures, delays = 0, iter(self._warm_up)
        while True:
            whole, finish_reason, usage = "", None, None
            try:
                async for delta in provider.chat(_request(conversation, turns, kept)):
                    whole += delta.text
                    finish_reason = delta.finish_reason or finish_reason
                    usage = delta.usage or usage
                    if whole.strip():
                        yield TextDelta(delta.text)
                break
            except ProviderError as error:
                failure = error
            if whole.strip():
                log.warning("answer cut off", model=conversation.model, why=str(failure))
                finish_reason = BROKEN
                break
            if isinstance(failure, Refused):
                if _is_too_long(failure):
                    # Forget the older half, until only this one exchange is left.
                    if kept <= 1:
                        yield TooLong()
                        return
                    kept //= 2
                    continue
                if failure.status != 404:
                    raise failure
                if not await self._catalogue.exists(conversation.model):
                    await self._lost_models.missing(conversation.model)
                    yield Gone()
                    return
            failures += 1
            delay = next(delays, None)
            if delay is None:
                raise failure
            if failures == _PATIENT:
                yield Warming()
            await asyncio.sleep(max(delay, min(getattr(failure, "retry_after", 0), 60)))
        if not whole.strip():
            yield Empty(finish_reason)
            return
        said = Turn(
            asked_ts, "assistant", whole, finish_reason, user=caller.user, model=conversation.model, usage=usage
        )
        await self._conversations.answered(conversation.id, said)
        yield _end(said)
        await self._conversations.answer_shown(conversation.id, asked_ts)


def _request(conversation: Conversation, turns: list[Turn], most: int) -> ChatRequest:
    return ChatRequest(
        conversation.model,
        tuple(prompt(conversation, turns, most)),
        parameters=conversation.parameters,
        tools=conversation.tools,
    )


def _end(said: Turn) -> Ended:
    return Ended(said.finish_reason, next_part(said.ts) if said.finish_reason in CUT_OFF else None)


def _is_too_long(error: Refused) -> bool:
    """Not every server that speaks the protocol has the protocol's code for it."""
    return error.code == "context_length_exceeded" or "context length" in str(error).lower()

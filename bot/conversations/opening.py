"""Opening a conversation with a model: each person has one with each model in a place, unless they ask for another."""

import hashlib
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import msgspec

from bot.access import Action, Caller
from bot.conversations.background import ThreadHistory, background
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import Conversation, ConversationStore, ReadBefore
from bot.conversations.settings import AS_IT_IS, SettingsChange
from bot.conversations.starter import Starter
from bot.conversations.window import Window
from bot.errors import Conflict, NotFound
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.keyed_locks import KeyedLocks

# Characters; what is shown of it is shorter.
_LONGEST_QUESTION: Final = 500


class Threads(Protocol):
    """Where conversations are held."""

    def started(self, caller: Caller, conversation: Conversation) -> AbstractAsyncContextManager[str]:
        """A context with the ts of the message that shows the conversation, which will be held in its thread; it is to
        be stored within. A retry of the caller's request gets the same message."""

    async def link(self, conversation: Conversation) -> str | None:
        """Permalink of its message; None if that was deleted."""

    async def joined(self, caller: Caller, conversation: Conversation) -> str:
        """Say in its thread that a model was called into it, and what it knows of it; the ts of that message. Once for
        the caller's request."""

    async def remove_unused(self, conversation: Conversation) -> bool:
        """Delete its message unless somebody has replied; whether it is gone."""


class OpenConversation(msgspec.Struct, frozen=True):
    """`link` leads there. `is_new`: it was opened by this request; `others` are those that the person has there with
    any model, beside it."""

    conversation: Conversation
    link: str | None
    is_new: bool
    others: tuple[Conversation, ...] = ()


class ConversationOpening:
    def __init__(
        self,
        conversations: ConversationStore,
        threads: Threads,
        models: ChatModels,
        job_lookup: JobLookup,
        history: ThreadHistory,
        window: Window,
        locks: KeyedLocks | None = None,
    ) -> None:
        self._conversations = conversations
        self._threads = threads
        self._models = models
        self._job_lookup = job_lookup
        self._history = history
        self._window = window
        # One opening at a time for each person and place, or two presses would open two.
        self._opening = locks or KeyedLocks()

    async def model_of(self, caller: Caller, job_id: str) -> str:
        """The model that a job made. Raises NotFound, Denied; Conflict where it has made none yet."""
        job = await self._job_lookup.get(caller, job_id, Action.CHAT)
        if not job.fine_tuned_model:
            raise Conflict("no_model_yet")
        if job.model_lost:
            raise NotFound("model_lost", loss=job.model_lost)
        return job.fine_tuned_model

    async def model_of_card(self, caller: Caller, ts: str) -> str | None:
        """The model of the job whose card that message is; None where it has none to talk to, or is no card."""
        job = await self._job_lookup.of_card(caller, ts, Action.CHAT)
        return job.fine_tuned_model if job and not job.model_lost else None

    async def open(
        self,
        caller: Caller,
        origin: Origin,
        model: str,
        *,
        anew: bool = False,
        settings: SettingsChange = AS_IT_IS,
        provider: str | None = None,
    ) -> OpenConversation:
        """The conversation of this person with `model` in `origin`; opened where there is none, with `anew`, or where
        other `settings` are asked for. `provider`: where several have the model, the one that is meant.

        Raises NotFound where there is no such model for this person, Denied where others would see it who may not,
        ProviderError.
        """
        await self._models.require(caller, model, provider)
        anew = anew or bool(settings)
        async with self._opening.of(caller.user, caller.channel):
            own_id = _own_id(caller)
            here = await self._conversations.of_person(caller.user, caller.channel)
            for known in here:
                if (known.model, known.provider) == (model, provider) and (known.id == own_id or not anew):
                    link = await self._threads.link(known)
                    if link is not None:
                        return OpenConversation(known, link, is_new=False)
            opened = await self._open(caller, origin, model, own_id, settings, provider)
            return OpenConversation(opened, await self._threads.link(opened), is_new=True, others=tuple(here))

    async def last_model(self, caller: Caller) -> str | None:
        """The model of the conversation that this person opened last in this place."""
        known = await self._conversations.of_person(caller.user, caller.channel)
        return known[0].model if known else None

    async def join(
        self,
        caller: Caller,
        origin: Origin,
        model: str,
        thread_ts: str,
        called_ts: str,
        settings: SettingsChange = AS_IT_IS,
        provider: str | None = None,
    ) -> OpenConversation:
        """Call `model` into a running thread by the message `called_ts`: what was said before is read, once. Nothing
        happens where that thread talks to this model already.

        Raises like `open`; Conflict where the thread talks to another model.
        """
        await self._models.require(caller, model, provider)
        async with self._opening.of("", f"{origin.channel}/{thread_ts}"):
            own_id = _own_id(caller)
            known = await self._conversations.of_thread(origin.channel, thread_ts)
            if known is not None and (known.model != model or provider not in (None, known.provider)):
                raise Conflict("thread_has_model", model=known.model)
            if known is not None and known.id != own_id:
                return OpenConversation(known, None, is_new=False)
            if known is None:
                start = await self._models.starter(caller, model)
                history = await self._history.before(origin.channel, thread_ts, called_ts)
                read = await background(self._window, model, history)
                known = msgspec.structs.replace(
                    settings.made_in(_conversation(caller, origin, own_id, model, start, provider)),
                    thread_ts=thread_ts,
                    question=None,
                    read_before=ReadBefore(len(read.turns), read.left_out, read.why),
                )
                await self._conversations.open(known, read.turns)
            message_ts = await self._threads.joined(caller, known)
            joined = await self._conversations.update(
                known.id, lambda now: msgspec.structs.replace(now, message_ts=message_ts)
            )
            return OpenConversation(joined or known, None, is_new=True)

    async def remove_unused(self, conversations: Sequence[Conversation]) -> None:
        """Remove conversations in which nobody has said anything."""
        for conversation in conversations:
            if await self._conversations.turns(conversation.id):
                continue
            if await self._threads.remove_unused(conversation):
                await self._conversations.remove(conversation.id)

    async def _open(
        self,
        caller: Caller,
        origin: Origin,
        model: str,
        conversation_id: str,
        settings: SettingsChange,
        provider: str | None,
    ) -> Conversation:
        start = await self._models.starter(caller, model)
        conversation = settings.made_in(_conversation(caller, origin, conversation_id, model, start, provider))
        async with self._threads.started(caller, conversation) as thread_ts:
            conversation = msgspec.structs.replace(conversation, thread_ts=thread_ts)
            await self._conversations.open(conversation)
        return conversation


def _own_id(caller: Caller) -> str:
    """Of the conversation that this request opens, the same after a crash."""
    return "cv-" + hashlib.sha256(caller.key.encode()).hexdigest()[:10]


def _conversation(
    caller: Caller, origin: Origin, conversation_id: str, model: str, start: Starter, provider: str | None
) -> Conversation:
    """Before it has its thread."""
    return Conversation(
        id=conversation_id,
        model=model,
        team=origin.team,
        channel=origin.channel,
        thread_ts="",
        owner=caller.user,
        created_at=time.time(),
        private=origin.private,
        system=start.system,
        tools=start.tools,
        completion=start.completion,
        labels=start.labels,
        question=start.question[:_LONGEST_QUESTION] if start.question else None,
        provider=provider,
    )

"""Opening a conversation with a model: each person has one with each model in a place, unless they ask for another."""

import hashlib
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from bot.access import Action, Caller
from bot.conversations.chat_models import ChatModels
from bot.conversations.conversation import Conversation, ConversationStore
from bot.errors import Conflict, NotFound
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.keyed_locks import KeyedLocks


class Threads(Protocol):
    """Where conversations are held."""

    def started(self, caller: Caller, model: str, question: str | None) -> AbstractAsyncContextManager[str]:
        """A context with the ts of the message whose thread will talk to `model`; the conversation is to be stored
        within.

        `question`: one to start with. A retry of the caller's request gets the same message.
        """

    async def link(self, conversation: Conversation) -> str | None:
        """Permalink of its message; None if that was deleted."""

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
    ) -> None:
        self._conversations = conversations
        self._threads = threads
        self._models = models
        self._job_lookup = job_lookup
        # One opening at a time for each person and place, or two presses would open two.
        self._opening = KeyedLocks()

    async def model_of(self, caller: Caller, job_id: str) -> str:
        """The model that a job made. Raises NotFound, Denied; Conflict where it has made none yet."""
        job = await self._job_lookup.get(caller, job_id, Action.CHAT)
        if not job.fine_tuned_model:
            raise Conflict("no_model_yet")
        if job.model_lost:
            raise NotFound("model_lost", loss=job.model_lost)
        return job.fine_tuned_model

    async def open(self, caller: Caller, origin: Origin, model: str, *, anew: bool = False) -> OpenConversation:
        """The conversation of this person with `model` in `origin`; opened where there is none, or with `anew`.

        Raises NotFound where there is no such model for this person, Denied where others would see it who may not,
        ProviderError.
        """
        await self._models.require(caller, model)
        async with self._opening.of(caller.user, caller.channel):
            own_id = "cv-" + hashlib.sha256(caller.key.encode()).hexdigest()[:10]
            here = await self._conversations.of_person(caller.user, caller.channel)
            for known in here:
                if known.model == model and (known.id == own_id or not anew):
                    link = await self._threads.link(known)
                    if link is not None:
                        return OpenConversation(known, link, is_new=False)
            opened = await self._open(caller, origin, model, own_id)
            return OpenConversation(opened, await self._threads.link(opened), is_new=True, others=tuple(here))

    async def remove_unused(self, conversations: Sequence[Conversation]) -> None:
        """Remove conversations in which nobody has said anything."""
        for conversation in conversations:
            if await self._conversations.turns(conversation.id):
                continue
            if await self._threads.remove_unused(conversation):
                await self._conversations.remove(conversation.id)

    async def _open(self, caller: Caller, origin: Origin, model: str, conversation_id: str) -> Conversation:
        start = await self._models.starter(caller, model)
        async with self._threads.started(caller, model, start.question) as thread_ts:
            conversation = Conversation(
                id=conversation_id,
                model=model,
                team=origin.team,
                channel=origin.channel,
                thread_ts=thread_ts,
                owner=caller.user,
                created_at=time.time(),
                private=origin.private,
                system=start.system,
                tools=start.tools,
            )
            await self._conversations.open(conversation)
        return conversation

"""The threads that talk to a model, kept in memory so that messages in other threads cost no query."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from bot.access import Caller
from bot.claims import Claims
from bot.conversations.conversation import Conversation
from bot.notices.interfaces import PostError, PostRefused
from handlers.blocks.message import Message
from handlers.chat import blocks
from handlers.chat.just_opened import JustOpened
from handlers.languages import Languages
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()


class ChatThreads:
    """Implements `bot.conversations.opening.Threads`. `known`: (channel, thread_ts) of every conversation. Where other
    processes open some, `claims` are of those, and `look_up` asks the store for one."""

    def __init__(
        self,
        poster: Poster,
        languages: Languages,
        known: set[tuple[str, str]],
        look_up: Callable[[str, str], Awaitable[bool]] | None = None,
        claims: Claims | None = None,
    ) -> None:
        self._poster = poster
        self._languages = languages
        self._known = known
        self._look_up = look_up
        self.just_opened = JustOpened(claims)

    @asynccontextmanager
    async def started(self, caller: Caller, conversation: Conversation) -> AsyncIterator[str]:
        async with self.just_opened.opening(caller.channel, caller.key):
            ts = await self._poster.post_once(
                caller.channel,
                await self._shown(conversation),
                idempotency_key=f"chat/{caller.key}",
                may_exist=caller.is_retry,
                since=caller.at,
                priority=Priority.CHAT,
            )
            yield ts
            self._known.add((caller.channel, ts))

    async def link(self, conversation: Conversation) -> str | None:
        try:
            return await self._poster.thread_link(conversation.channel, conversation.thread_ts)
        except PostRefused as error:
            log.info("conversation has no message", why=str(error))
            return None

    async def joined(self, caller: Caller, conversation: Conversation) -> str:
        self.add(conversation)
        return await self._poster.post_once(
            conversation.channel,
            await self._shown(conversation),
            idempotency_key=f"chat/{caller.key}",
            may_exist=caller.is_retry,
            since=caller.at,
            thread_ts=conversation.thread_ts,
            priority=Priority.CHAT,
        )

    async def show(self, conversation: Conversation) -> None:
        """Bring the message that shows the conversation to date, if Slack still lets it be edited."""
        ts = conversation.message_ts or conversation.thread_ts
        try:
            shown = await self._shown(conversation)
            await self._poster.update(conversation.channel, ts, shown, priority=Priority.CHAT)
        except PostRefused as error:
            log.info("conversation not shown as it is", why=str(error))

    async def _shown(self, conversation: Conversation) -> Message:
        with speaking(await self._languages.place(conversation.channel, conversation.owner)):
            return blocks.conversation_shown(conversation)

    async def remove_unused(self, conversation: Conversation) -> bool:
        message = {"channel": conversation.channel, "ts": conversation.thread_ts}
        try:
            said = await self._poster.call("conversations.replies", {**message, "limit": 2})
            if len(said.get("messages") or ()) > 1:
                return False
            await self._poster.call("chat.delete", message, priority=Priority.PROGRESS)
        except PostError as error:
            if str(error) not in {"thread_not_found", "message_not_found"}:
                log.info("unused conversation left", why=str(error))
                return False
        self._known.discard((conversation.channel, conversation.thread_ts))
        return True

    def add(self, conversation: Conversation) -> None:
        """What is said in its thread is for the model."""
        self._known.add((conversation.channel, conversation.thread_ts))

    def know(self, channel: str, thread_ts: str) -> None:
        """What is said in this thread is for models that are compared there."""
        self._known.add((channel, thread_ts))

    def may_be_meant(self, channel: str, thread_ts: str | None, user: str) -> bool:
        """Whether a message may be for a model: in a thread that talks to one or is about to, or said in the channel by
        somebody who has just opened one."""
        if not thread_ts:
            return self.just_opened.has(channel, user)
        return (channel, thread_ts) in self._known or self.just_opened.is_opening(channel)

    async def settled(self, channel: str, thread_ts: str | None, work: str) -> None:
        """Wait until it is known whether the thread, in which this `work` was said, talks to a model."""
        if (channel, thread_ts) not in self._known:
            await self.just_opened.settled(channel, work)

    async def is_meant(self, channel: str, thread_ts: str | None, user: str) -> bool:
        """The same, also where another process has opened the thread, or is about to."""
        if self.may_be_meant(channel, thread_ts, user) or not thread_ts or self._look_up is None:
            return self.may_be_meant(channel, thread_ts, user)
        # In this order: what is not being opened any more has been stored.
        if await self.just_opened.is_opening_elsewhere(channel):
            return True
        if await self._look_up(channel, thread_ts):
            self._known.add((channel, thread_ts))
            return True
        return False

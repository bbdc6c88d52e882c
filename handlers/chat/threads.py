"""The threads that talk to a model. Of the latest it is remembered whether they do: few replies cost a query."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from bot.access import Caller
from bot.claims import Claims
from bot.conversations.conversation import Conversation
from bot.notices.interfaces import PostError, PostRefused
from handlers.blocks.message import Message
from handlers.chat import blocks
from handlers.chat.just_opened import JustOpened
from handlers.languages import Languages
from handlers.lru_cache import LruCache
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()

# A process may have many workspaces, and the next look into the store takes a millisecond.
_MOST_REMEMBERED: Final = 500


class ChatThreads:
    """Implements `bot.conversations.opening.Threads`. `look_up` asks the store whether a thread (channel, thread_ts)
    talks to a model. `claims`: of the threads that are opened, where other processes open some."""

    def __init__(
        self,
        poster: Poster,
        languages: Languages,
        look_up: Callable[[str, str], Awaitable[bool]],
        claims: Claims | None = None,
        *,
        most: int = _MOST_REMEMBERED,
    ) -> None:
        self._poster = poster
        self._languages = languages
        self._look_up = look_up
        self._known: LruCache[tuple[str, str], bool] = LruCache(most)
        self._opened = 0
        # Any thread may become one that talks to a model, which another process would not tell.
        self._remembers_others = claims is None
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
            self.know(caller.channel, ts)

    async def link(self, conversation: Conversation) -> str | None:
        try:
            return await self._poster.thread_link(conversation.channel, conversation.thread_ts)
        except PostRefused as error:
            log.info("conversation has no message", why=str(error))
            return None

    async def joined(self, caller: Caller, conversation: Conversation) -> str:
        self.know(conversation.channel, conversation.thread_ts)
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
        self._known.forget((conversation.channel, conversation.thread_ts))
        return True

    def know(self, channel: str, thread_ts: str) -> None:
        """What is said in this thread is for a model from now on, or for models that are compared there."""
        self._opened += 1
        self._known.put((channel, thread_ts), True)

    async def is_meant(self, channel: str, thread_ts: str | None, user: str) -> bool:
        """Whether a message may be for a model: in a thread that talks to one or is about to, or said in the channel by
        somebody who has just opened one."""
        if not thread_ts:
            return self.just_opened.has(channel, user)
        if self._known.get((channel, thread_ts)) or self.just_opened.is_opening(channel):
            return True
        # In this order: what is not being opened any more has been stored.
        return await self.just_opened.is_opening_elsewhere(channel) or await self._talks(channel, thread_ts)

    async def settled(self, channel: str, thread_ts: str | None, work: str) -> None:
        """Wait until it is known whether the thread, in which this `work` was said, talks to a model."""
        if not thread_ts or not await self._talks(channel, thread_ts):
            await self.just_opened.settled(channel, work)

    async def _talks(self, channel: str, thread_ts: str) -> bool:
        thread = channel, thread_ts
        known = self._known.get(thread)
        if known is None:
            before = self._opened
            known = await self._look_up(channel, thread_ts)
            # It may be opened while it is looked up.
            if known or (self._remembers_others and self._opened == before):
                self._known.put(thread, known)
        return known

"""Threads as sessions of Slack's agent: while a model answers, the session works, and Slack shows its stop button.

Where there are no sessions, a button of ours stands below an answer that takes its time. It is a message of its own:
blocks that are given to a stream stay in the answer.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from bot.conversations.conversation import Conversation
from bot.keyed_locks import KeyedLocks
from bot.models.names import short_name
from bot.notices.interfaces import PostError
from handlers.agent import blocks
from handlers.blocks.markup import plain
from handlers.blocks.text import clean, clip
from handlers.languages import Languages
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking

log = structlog.get_logger()

LONGEST_TITLE: Final = 200
"""Characters (agents.sessions.setStatus, read 2026-11-28)."""
_METHOD: Final = "agents.sessions.setStatus"
# The workspace or the installed app has no sessions: they are not asked for again for an hour.
_MISSING: Final = ("feature_disabled", "not_authorized", "missing_scope", "unknown_method", "not_allowed_token_type")
_ASK_AGAIN: Final = 3600.0
_MENTION: Final = re.compile(r"<[@#!][^<>]*>")


class AgentSessions:
    """`stop_after`: seconds for which an answer grows before our own stop button is shown."""

    def __init__(self, poster: Poster, languages: Languages, *, stop_after: float) -> None:
        self._poster = poster
        self._languages = languages
        self._stop_after = stop_after
        self._missing_until = float("-inf")
        # The end of one answer is told before the beginning of the next.
        self._locks = KeyedLocks()
        self._showing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def at_work(self, request: Request, conversation: Conversation) -> AsyncIterator[None]:
        """While it runs, a model answers in the thread. Nothing waits for what Slack shows of it."""
        ended = asyncio.Event()
        task = asyncio.create_task(self._show(request, conversation, ended), name=f"session {conversation.id}")
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)
        try:
            yield
        finally:
            ended.set()

    async def _show(self, request: Request, conversation: Conversation, ended: asyncio.Event) -> None:
        async with self._locks.of(conversation.channel, conversation.thread_ts):
            with contextlib.suppress(PostError):
                if await self._begin(request, conversation):
                    await ended.wait()
                    await self._set(conversation, "active", repeat=True)
                else:
                    await self._offer_stop(request, conversation, ended)

    async def _begin(self, request: Request, conversation: Conversation) -> bool:
        """Whether it is a session now, which works."""
        if time.monotonic() < self._missing_until or not self._poster.has_room(_METHOD):
            return False
        # Only the call that creates the session looks at the title, so one that a person gave later stays.
        title = conversation.title or session_title(conversation.model, request.text if "event" in request.body else "")
        try:
            await self._set(conversation, "processing", title=title, initiator_user_id=request.user)
        except PostError as error:
            log.info("no agent session", why=str(error))
            if str(error).startswith(_MISSING):
                self._missing_until = time.monotonic() + _ASK_AGAIN
            return False
        return True

    async def _set(self, conversation: Conversation, status: str, *, repeat: bool = False, **more: str) -> None:
        thread = {"channel_id": conversation.channel, "thread_ts": conversation.thread_ts}
        await self._poster.call(_METHOD, {**thread, "status": status, **more}, priority=Priority.CHAT, repeat=repeat)

    async def _offer_stop(self, request: Request, conversation: Conversation, ended: asyncio.Event) -> None:
        if not request.is_retry:  # before a crash it may have been shown
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), self._stop_after)
                return
            if not self._poster.has_room("chat.postMessage", conversation.channel):
                return  # answers wait for a place in this channel, and the button would take one
        with speaking(await self._languages.place(conversation.channel, request.user)):
            offer = blocks.stop(conversation.id)
        ts = await self._poster.post_once(
            conversation.channel,
            offer,
            idempotency_key=f"{request.key}/stop",
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=conversation.thread_ts,
            priority=Priority.CHAT,
        )
        await ended.wait()
        message = {"channel": conversation.channel, "ts": ts}
        await self._poster.call("chat.delete", message, priority=Priority.CHAT)


def session_title(model: str, question: str) -> str:
    """What Slack calls the thread, until a person does."""
    asked = " ".join(plain(_MENTION.sub(" ", question)).split())
    return clip(clean(f"{short_name(model)}: {asked}" if asked else short_name(model)), LONGEST_TITLE)

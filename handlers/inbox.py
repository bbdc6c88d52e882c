"""What Slack sends is stored before it is acknowledged, and taken on once.

A global middleware commits the payload under Slack's own id of it; a redelivery finds that id and is only
acknowledged. `handlers.worker` works it off.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot import instruments
from bot.errors import BotError
from bot.keyed_locks import KeyedLocks
from bot.store.inbox import SqlInbox
from handlers.chat.threads import ChatThreads
from handlers.message_changes import SUBTYPES, message_change
from handlers.parsing import key_of, kind_of, thread_of
from telemetry import traces
from texts.errors import sentence

log = structlog.get_logger()

# By its subtype, what a person wrote, rather than an edit or a notice.
_SAID = {None, "file_share", "thread_broadcast"}
# Besides messages, and what is looked at more closely.
_EVENTS = {"app_mention", "file_deleted", "function_executed", "link_shared", "member_joined_channel"}
# What people do with a thread that is a session of the agent.
_SESSION = {"agent_session_stopped", "agent_session_title_changed"}


class Inbox:
    """`bot_user` is the bot's own Slack id. `finished` is called after everything that was processed to its end."""

    def __init__(self, store: SqlInbox, *, threads: ChatThreads, bot_user: str, finished: Callable[[], None]) -> None:
        self._store = store
        self._threads = threads
        self._bot_user = bot_user
        self._finished = finished
        # Keys that this process has taken on: not to be dispatched a second time by whoever looks for unfinished ones.
        self._taken: set[str] = set()
        # Storing a key and taking it on are one step, or `take` could leave what it found to a delivery that in turn
        # takes it for known. One lock for each, because what arrives together is written together.
        self._taking = KeyedLocks()

    async def middleware(
        self, body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Commit, then let Bolt find the listener. What does not concern the bot is acknowledged and not kept."""
        if body.get("type") == "block_suggestion":  # changes nothing, and is answered at once
            await next()
            return None
        if "inbox_key" in context:  # was committed by an earlier process, or found by us
            await next()
            return None
        kind = kind_of(body)
        with traces.span(f"slack {kind}", kind="server") as span, instruments.ACKNOWLEDGED.labels(kind).time():
            outcome, answer = await self._accept(body, context)
            instruments.PAYLOADS.labels(kind, outcome).inc()
            span.set(outcome=outcome)
            if answer is None:
                context["inbox_traceparent"] = span.context.traceparent
                await next()
        return answer

    async def _accept(self, body: dict[str, Any], context: AsyncBoltContext) -> tuple[str, BoltResponse | None]:
        """What became of a payload, and what Slack is answered where that is all."""
        key = key_of(body)
        received_at = time.time()
        try:
            if key is None or not await self._concerns_us(body):
                return "ignored", BoltResponse(status=200, body="")
            async with self._taking.of(key):
                is_new = await self._store.accept(key, body, received_at, thread=thread_of(body))
                if is_new:
                    self._taken.add(key)
        except BotError as error:
            return "refused", _not_taken(body, error)
        if not is_new:
            log.info("redelivery", key=key)
            return "repeated", BoltResponse(status=200, body="")
        context["inbox_key"] = key
        context["inbox_received_at"] = received_at
        return "accepted", None

    async def offer(self, body: dict[str, Any]) -> bool:
        """Take in something that Slack did not deliver but that we found ourselves. False if it is known."""
        key = key_of(body)
        return key is not None and await self._store.accept(key, body, thread=thread_of(body), claimed=False)

    async def take(self, key: str) -> bool:
        """Take on what is unfinished. False for what is taken already, here or by another process, or was done since it
        was read."""
        async with self._taking.of(key):
            if key in self._taken or not await self._store.claim(key):
                return False
            self._taken.add(key)
            return True

    def leave(self, key: str) -> None:
        """It is unfinished, and may be taken on again."""
        self._taken.discard(key)

    async def ended(self, key: str) -> None:
        """The work on it is over, whatever came of it: it opens no thread any more."""
        await self._threads.just_opened.over(key)

    async def finish(self, key: str, *, failed: bool = False) -> None:
        await self._store.finish(key, failed=failed)
        instruments.PROCESSED.labels("failed" if failed else "done").inc()
        self._taken.discard(key)
        self._finished()

    async def _concerns_us(self, body: dict[str, Any]) -> bool:
        """Most messages in a channel are none of our business, and are not kept."""
        event = body.get("event")
        if body.get("type") != "event_callback" or not isinstance(event, dict):
            return True
        said = str(event.get("channel")), event.get("thread_ts"), str(event.get("user"))
        if event.get("type") == "app_home_opened":
            return event.get("tab") in {"home", "messages"}
        if event.get("type") in _SESSION:
            return await self._threads.is_meant(*said)
        if event.get("type") != "message":
            return event.get("type") in _EVENTS
        if event.get("subtype") in SUBTYPES:
            change = message_change(event)
            return change is not None and await self._threads.is_meant(change.channel, change.thread_ts, change.user)
        if event.get("subtype") not in _SAID or event.get("bot_id"):
            return False
        if event.get("user") == self._bot_user:  # files that we uploaded come without a bot_id
            return False
        if event.get("files") or event.get("channel_type") == "im":
            return True
        return await self._threads.is_meant(*said)


def _not_taken(body: dict[str, Any], error: BotError) -> BoltResponse:
    """What could not be stored is not acknowledged: Slack sends an event again, and shows people a warning at what they
    pressed. A command it repeats never, and shows its sender what is answered."""
    log.error("not taken", why=str(error))
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence(error)})
    return BoltResponse(status=503, body="")

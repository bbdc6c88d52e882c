"""What Slack sent is stored before it is acknowledged, and worked through once.

A global middleware commits the payload under Slack's own id of it; a redelivery finds that id and is only
acknowledged. The listener's work is marked done when it returns. After a crash, what was not marked is
dispatched again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import BotError
from bot.jobs.explanations import explain
from bot.notices.interfaces import PostError
from bot.providers.interface import ProviderError
from bot.redact import redact
from bot.store.inbox import SqliteInbox
from handlers.blocks import errors
from handlers.blocks.message import Message
from handlers.services import Services
from handlers.turn import Turn

log = structlog.get_logger()

_MOST_ATTEMPTS = 3
Listener = Callable[[Turn], Awaitable[None]]


class Inbox:
    def __init__(self, store: SqliteInbox, services: Services) -> None:
        self._store = store
        self._services = services
        self._working: set[asyncio.Task[Any]] = set()

    async def middleware(
        self, body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Commit, then let Bolt find the listener. What does not concern us is acknowledged and not kept."""
        if "inbox_key" not in context:
            key = key_of(body)
            if key is None or not self._concerns_us(body):
                return BoltResponse(status=200, body="")
            if not await self._store.accept(key, body):
                log.info("redelivery", key=key)
                return BoltResponse(status=200, body="")
            context["inbox_key"] = key
        await next()
        return None

    def listener(self, work: Listener) -> Callable[..., Awaitable[None]]:
        """A Bolt listener that acknowledges at once and then does `work`, once, to its end."""

        async def listen(ack: Callable[[], Awaitable[Any]], body: dict[str, Any], context: AsyncBoltContext) -> None:
            await ack()
            await self.work(work, body, context)

        listen.__name__ = getattr(work, "__name__", "listen")
        return listen

    async def work(self, work: Listener, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Do `work` on an acknowledged request; whatever goes wrong is told to the person."""
        key = str(context["inbox_key"])
        again = bool(context.get("inbox_again"))
        task = asyncio.current_task()
        assert task is not None
        self._working.add(task)
        failed = False
        try:
            await self._store.begin(key)
            turn = turn_of(self._services, key, body, again=again)
            try:
                await work(turn)
            except Exception as error:
                failed = True
                await _tell(turn, error)
        finally:
            self._working.discard(task)
        # Not reached when the process is stopped in between: the next start goes on with it.
        await self._store.finish(key, failed=failed)

    async def settle(self, key: str) -> None:
        """Mark as done what needs no work (a modal that was refused with errors)."""
        await self._store.finish(key)

    async def offer(self, body: dict[str, Any]) -> bool:
        """Take in something that Slack did not deliver but that we found ourselves. False if it is known."""
        key = key_of(body)
        return key is not None and await self._store.accept(key, body)

    async def recover(self, app: AsyncApp) -> int:
        """Dispatch again what was not finished; how many."""
        entries = await self._store.pending()
        for entry in entries:
            if entry.attempts >= _MOST_ATTEMPTS:
                log.error("given up", key=entry.key, attempts=entry.attempts)
                await self._store.finish(entry.key, failed=True)
                continue
            context = {"inbox_key": entry.key, "inbox_again": True}
            request = AsyncBoltRequest(mode="socket_mode", body=dict(entry.payload), context=context)
            await app.async_dispatch(request)
        return len(entries)

    async def drain(self, seconds: float) -> None:
        """Let what is under way come to its end; what does not is cut off and done again next time."""
        if self._working:
            _, late = await asyncio.wait(set(self._working), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _concerns_us(self, body: dict[str, Any]) -> bool:
        """Most messages in a channel are none of our business, and are not kept."""
        event = body.get("event")
        if body.get("type") != "event_callback" or not isinstance(event, dict):
            return True
        if event.get("type") != "message":
            return event.get("type") in {"app_mention", "file_deleted", "member_joined_channel"}
        if event.get("subtype") not in {None, "file_share", "thread_broadcast"} or event.get("bot_id"):
            return False
        in_conversation = (event.get("channel"), event.get("thread_ts")) in self._services.conversation_threads
        return bool(event.get("files")) or in_conversation or event.get("channel_type") == "im"


def key_of(body: dict[str, Any]) -> str | None:
    """Slack's own id of what it sent: the same for every redelivery, different for everything else.

    Messages go by channel and ts, because one message may come in several events (bolt-python#941).
    """
    kind = body.get("type")
    if kind == "event_callback":
        event = body.get("event") or {}
        if event.get("type") in {"message", "app_mention"} and event.get("ts"):
            return f"{event['type']}/{event.get('channel')}/{event['ts']}"
        return f"event/{body['event_id']}" if body.get("event_id") else None
    if "command" in body:
        return f"command/{body.get('trigger_id')}"
    if kind == "block_actions":
        action = (body.get("actions") or [{}])[0]
        return f"action/{(body.get('user') or {}).get('id')}/{action.get('action_id')}/{action.get('action_ts')}"
    if kind in {"view_submission", "view_closed"}:
        return f"{kind}/{(body.get('view') or {}).get('id')}/{body.get('trigger_id') or ''}"
    return None


def turn_of(services: Services, key: str, body: dict[str, Any], *, again: bool) -> Turn:
    """Read who, where and what out of any of Slack's payloads."""
    poster = services.poster
    received_at = time.time()
    if "command" in body:
        channel, user, thread_ts, words = body["channel_id"], body["user_id"], None, body.get("text") or ""

        async def answer(message: Message) -> None:
            try:
                await poster.respond(body["response_url"], message)
            except PostError:
                await poster.whisper(channel, user, message)

    elif body.get("type") == "event_callback":
        event = body["event"]
        channel, user = str(event.get("channel") or ""), str(event.get("user") or event.get("user_id") or "")
        thread_ts = event.get("thread_ts") or event.get("ts")
        words = event.get("text") or ""
        received_at = float(event.get("ts") or event.get("event_ts") or received_at)

        async def answer(message: Message) -> None:
            direct = event.get("channel_type") == "im" and not event.get("thread_ts")
            await poster.post(channel, message, thread_ts=None if direct else thread_ts)

    else:
        user = body["user"]["id"]
        container = body.get("container") or {}
        metadata = (body.get("view") or {}).get("private_metadata") or ""
        channel = (body.get("channel") or {}).get("id") or _channel_in(metadata) or user
        thread_ts = (body.get("message") or {}).get("thread_ts") or container.get("thread_ts")
        words = str(((body.get("actions") or [{}])[0]).get("value") or "")

        async def answer(message: Message) -> None:
            await poster.whisper(channel, user, message, thread_ts=thread_ts)

    return Turn(
        key=key,
        again=again,
        received_at=received_at,
        services=services,
        user=user,
        channel=channel,
        thread_ts=thread_ts,
        trigger_id=body.get("trigger_id"),
        words=words.strip(),
        body=body,
        answer=answer,
    )


def _channel_in(private_metadata: str) -> str | None:
    try:
        value = orjson.loads(private_metadata)
    except orjson.JSONDecodeError:
        return None
    return value.get("channel") if isinstance(value, dict) else None


async def _tell(turn: Turn, error: Exception) -> None:
    """The one place where an error becomes a message."""
    if isinstance(error, ProviderError):
        name = turn.services.provider.name
        message = errors.failure(f"{name} answered: {redact(str(error))}", explain(error.as_job_error()))
    elif isinstance(error, BotError):
        message = errors.refusal(str(error))
    elif isinstance(error, PostError):
        log.warning("slack refused", key=turn.key, why=str(error))
        message = errors.failure(*_slack_trouble(str(error)))
    else:
        log.exception("work failed", key=turn.key, exc_info=error)
        message = errors.failure(
            "Something went wrong on my side.", f"Please try again. For the log: {turn.key.rsplit('/', 1)[-1]}."
        )
    try:
        await turn.answer(message)
    except PostError as second:
        log.warning("could not answer", key=turn.key, why=str(second))


def _slack_trouble(code: str) -> tuple[str, str]:
    if code.startswith("missing_scope"):
        scope = code.partition(": ")[2]
        return (
            f"Slack does not let me do that: my app lacks the scope {scope}.",
            "An administrator can add it under OAuth & Permissions (manifest.yml lists all) and reinstall the app.",
        )
    if code in {"expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id"}:
        return "That took too long, and Slack no longer lets me open a window.", "Please press it again."
    if code in {"not_in_channel", "channel_not_found"}:
        return "I am not in this channel.", "Type /invite followed by my name, then try again."
    return f"Slack refused what I wanted to do ({code}).", "Please try again; if it stays, ask an administrator."

"""The only place that posts to Slack: rate limits, retries, and errors that say whether a call was carried out.

A call that Slack certainly did not carry out (429, no connection) is repeated here. One that it may have carried out is
not: it raises PostDoubtful.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import instruments
from bot.backoff import Backoff
from bot.errors import BotError
from bot.notices.interfaces import PostDoubtful, PostError, PostLater, PostRefused
from bot.timing import Timing
from handlers.blocks.message import Message
from handlers.web.rate_limits import Bucket, Budgets, Priority
from handlers.web.streams import Streams
from telemetry import traces

log = structlog.get_logger()

_METADATA_TYPE = "finetune_bot"
REFUSED_CONTENT = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")
"""Slack's errors for what a message holds; it may hold something else."""
_RATE_LIMITED = {"ratelimited", "rate_limited"}
# Slack's own trouble: the call may have half succeeded (method pages, read 2026-11-21).
_SERVER_TROUBLE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_MOST_TRIES = 5
_BACKOFF = Backoff(0.5, longest=5)
# Done twice these are the same as done once, so that a doubt about them needs no answer.
_REPEATABLE = {
    "auth.test",
    "chat.getPermalink",
    "chat.unfurl",
    "chat.update",
    "conversations.history",
    "conversations.info",
    "conversations.list",
    "conversations.members",
    "conversations.replies",
    "files.info",
    "reactions.add",
    "reactions.remove",
    "usergroups.users.list",
    "users.info",
}
_MOST_REPEATS = 3
# The SDK would put their arguments, a model's whole answer, into the address (slack_sdk 3.47).
_IN_BODY = {"functions.completeError", "functions.completeSuccess"}
NO_CONNECTION = "no_connection"
_CLOCKS_DIFFER = 24 * 3600.0
# Between looks whether Slack has shown a file; after the last it goes on without.
_SHARING = Backoff(0.1, longest=2, tries=6)


@dataclass
class Reach:
    """Whether Slack answers the calls of one piece of work. `on_trouble` is called for each that it did not answer;
    `is_away`: whether the last one was such."""

    on_trouble: Callable[[], Awaitable[None]]
    is_away: bool = False


REACH: ContextVar[Reach | None] = ContextVar("reach", default=None)
"""Of the work that this task and those it begins belong to."""


class Poster:
    """`require` raises where this process may say nothing, because another does its work; `processes`: how many share
    Slack's limits."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        pace: float = Timing.pace,
        require: Callable[[], None] = lambda: None,
        processes: Callable[[], int] = lambda: 1,
    ) -> None:
        self._client = client
        self._require = require
        self._budgets = Budgets(pace, processes=processes)
        self.streams = Streams(self._budgets)

    async def call(
        self,
        method: str,
        arguments: dict[str, Any],
        *,
        priority: Priority = Priority.MILESTONE,
        channel: str = "",
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call the Web API; with `repeat`, what Slack certainly did not carry out, or may carry out twice, is repeated.

        Raises PostRefused (Slack's error code), PostLater after several 429s, PostDoubtful.
        """
        bucket = self._budgets.bucket(method, channel)
        for attempt in range(_MOST_TRIES):
            await _turn(bucket, method, priority)
            try:
                return await self._once(method, arguments)
            except PostError as error:
                failure = error
            rate_limited = isinstance(failure, PostLater) and str(failure) != NO_CONNECTION
            if isinstance(failure, PostLater) and rate_limited:
                bucket.block(failure.retry_after)
            if not repeat or attempt >= _repeats(failure, method):
                raise failure
            log.info("slack has trouble", method=method, why=str(failure))
            if not rate_limited:
                await asyncio.sleep(_BACKOFF.delay(attempt + 1))
        raise AssertionError("not reached")

    async def turn(self, method: str, *, priority: Priority, channel: str = "") -> None:
        """Wait until a call may be made; `call_now` makes it, with what is to be said by then."""
        await _turn(self._budgets.bucket(method, channel), method, priority)

    async def call_now(self, method: str, arguments: dict[str, Any], *, channel: str = "") -> dict[str, Any]:
        """A call whose token was taken before. Raises like `call`, but never waits and never repeats."""
        try:
            return await self._once(method, arguments)
        except PostLater as error:
            if str(error) != NO_CONNECTION:
                self._budgets.bucket(method, channel).block(error.retry_after)
            raise

    async def _once(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer to one call. Raises a PostError for whatever else comes of it."""
        try:
            self._require()
        except BotError as error:  # as good as no connection: nothing was sent
            raise PostLater(NO_CONNECTION, 10) from error
        async with _noted(method):
            try:
                response: AsyncSlackResponse
                if method in _IN_BODY:
                    response = await self._client.api_call(method, json=dict(arguments))
                else:
                    response = await getattr(self._client, method.replace(".", "_"))(**arguments)
            except SlackApiError as error:
                raise _failure(error) from error
            except aiohttp.ClientConnectorError as error:
                raise PostLater(NO_CONNECTION, 10) from error
            except (aiohttp.ClientError, TimeoutError) as error:
                raise PostDoubtful(type(error).__name__) from error
            except (AttributeError, UnicodeDecodeError) as error:
                # The SDK takes every answer with status 200 for JSON; this one was text, or half a letter (slack_sdk
                # 3.47, read 2026-11-21).
                raise PostDoubtful("no_json") from error
        return dict(response.data) if isinstance(response.data, dict) else {}

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread_ts: str | None = None,
        idempotency_key: str | None = None,
        priority: Priority = Priority.MILESTONE,
    ) -> str:
        """Post a message; its ts. `idempotency_key` goes into the metadata, by which `find` knows it again."""
        arguments: dict[str, Any] = {"channel": channel, "unfurl_links": False, "unfurl_media": False}
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        if idempotency_key:
            arguments["metadata"] = metadata(idempotency_key)
        _, answer = await self._send("chat.postMessage", message, arguments, priority, channel)
        return str(answer["ts"])

    async def post_once(
        self,
        channel: str,
        message: Message,
        *,
        idempotency_key: str,
        may_exist: bool,
        since: float,
        thread_ts: str | None = None,
        priority: Priority = Priority.MILESTONE,
    ) -> str:
        """Like `post`; where an earlier attempt may have succeeded, it is looked for first."""
        if may_exist:
            try:
                found = await self.find(channel, idempotency_key, thread_ts=thread_ts, since=since)
            except PostRefused:
                found = None
            if found:
                return found
        return await self.post(
            channel, message, thread_ts=thread_ts, idempotency_key=idempotency_key, priority=priority
        )

    async def find(self, channel: str, idempotency_key: str, *, thread_ts: str | None, since: float) -> str | None:
        """The ts of the message that carries `idempotency_key`, posted after `since`.

        `since` is by our clock and messages go by Slack's; a day is added, because ours may be set wrong, or anew.
        Raises PostRefused where the channel cannot be read.
        """
        async for message in self._messages(channel, thread_ts, max(since - _CLOCKS_DIFFER, 0)):
            if _idempotency_key_of(message) == idempotency_key:
                return str(message["ts"])
        return None

    async def find_answer(
        self, channel: str, thread_ts: str | None, idempotency_key: str, *, after: str, by: str
    ) -> tuple[str, bool] | None:
        """The message of an answer that may have been begun: the one with `idempotency_key`, or the last of user `by`
        that has none, as a stream has before its end; its ts, and whether it is certainly that. `after`: the ts of the
        message that is answered.

        Raises PostRefused where the thread cannot be read.
        """
        stream = None
        async for message in self._messages(channel, thread_ts, float(after)):
            if _idempotency_key_of(message) == idempotency_key:
                return str(message["ts"]), True
            is_newer = float(message["ts"]) > float(after)
            if is_newer and message.get("user") == by and not _idempotency_key_of(message) and not message.get("files"):
                stream = str(message["ts"]), "streaming_state" in message
        return stream

    async def has_file(self, channel: str, thread_ts: str | None, name: str, *, after: str) -> bool:
        """Whether a file of this name was shared after the message `after`. Raises PostRefused where the thread cannot
        be read."""
        async for message in self._messages(channel, thread_ts, float(after)):
            if any(file.get("name") == name for file in message.get("files") or ()):
                return True
        return False

    async def _messages(self, channel: str, thread_ts: str | None, oldest: float) -> AsyncIterator[dict[str, Any]]:
        """Those of a thread (its first one, too), else of a channel."""
        arguments: dict[str, Any] = {
            "channel": channel,
            "include_all_metadata": True,
            "limit": 100,
            "oldest": f"{oldest:.6f}",
        }
        if thread_ts:
            arguments["ts"] = thread_ts
        method = "conversations.replies" if thread_ts else "conversations.history"
        while True:
            page = await self.call(method, arguments)
            for message in page.get("messages", []):
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments["cursor"] = cursor

    async def update(self, channel: str, ts: str, message: Message, *, priority: Priority) -> bool:
        """False where Slack took it without its blocks only."""
        form, _ = await self._send("chat.update", message, {"channel": channel, "ts": ts}, priority)
        return bool(form.blocks) or not message.blocks

    async def _send(
        self, method: str, message: Message, arguments: dict[str, Any], priority: Priority, channel: str = ""
    ) -> tuple[Message, dict[str, Any]]:
        """The first of a message's forms that Slack takes, and what it answers."""

        async def send(form: Message) -> dict[str, Any]:
            return await self.call(method, form.as_arguments() | arguments, priority=priority, channel=channel)

        return await _taken(message, send)

    def has_room(self, method: str, channel: str = "") -> bool:
        """Whether a call would be made at once."""
        return self._budgets.bucket(method, channel).has_room()

    def may_update_now(self) -> bool:
        """Whether an edit would be sent at once; takes the token, so edit if it says yes."""
        return self._budgets.bucket("chat.update").try_take()

    def need_not_update(self) -> None:
        """Gives back the token that `may_update_now` took, where there turned out to be nothing to edit."""
        self._budgets.bucket("chat.update").give_back()

    async def update_now(self, channel: str, ts: str, message: Message) -> None:
        """An edit whose token was taken with `may_update_now`. Raises like `call`, but never waits. The message's next
        forms take theirs from the edits to come: where many want to edit, there would never be room for two."""

        async def send(form: Message) -> dict[str, Any]:
            if form is not message:
                self._budgets.bucket("chat.update").borrow()
            return await self.call_now("chat.update", form.as_arguments() | {"channel": channel, "ts": ts})

        await _taken(message, send)

    async def whisper(self, channel: str, user: str, message: Message, *, thread_ts: str | None = None) -> None:
        """Visible to `user` only. Where that cannot be (not in the channel), it goes to their direct messages."""
        arguments = {"channel": channel, "user": user} | ({"thread_ts": thread_ts} if thread_ts else {})
        try:
            await self._send("chat.postEphemeral", message, arguments, Priority.CHAT)
        except PostRefused:
            await self.post(user, message, priority=Priority.CHAT)

    async def open_view(self, trigger_id: str, view: dict[str, Any]) -> str:
        answer = await self.call("views.open", {"trigger_id": trigger_id, "view": view}, priority=Priority.MODAL)
        return str(answer["view"]["id"])

    async def permalink(self, channel: str, ts: str) -> str:
        answer = await self.call("chat.getPermalink", {"channel": channel, "message_ts": ts})
        return str(answer["permalink"])

    async def thread_link(self, channel: str, ts: str) -> str:
        """Like `permalink`, but opens the message's thread beside the channel, as links to replies do."""
        return f"{await self.permalink(channel, ts)}?thread_ts={ts}&cid={channel}"

    async def unfurl(self, channel: str, ts: str, unfurls: Mapping[str, Mapping[str, Any]]) -> None:
        """Show something below a person's message for each of its links."""
        arguments = {"channel": channel, "ts": ts, "unfurls": dict(unfurls)}
        await self.call("chat.unfurl", arguments, priority=Priority.PROGRESS)

    async def upload_image(self, name: str, content: bytes, alt_text: str) -> str:
        """Upload a picture, shared nowhere yet; its file id, once Slack knows what it is.

        An image block that comes before that is refused with invalid_blocks (python-slack-sdk#1521).
        """
        file_id = await self.upload(name, content, alt_text=alt_text)
        await self.call("files.completeUploadExternal", {"files": [{"id": file_id, "title": name}]})
        for pause in (0.2, 0.5, 1, 2, 4, 8):
            info = await self.call("files.info", {"file": file_id})
            if (info.get("file") or {}).get("mimetype"):
                return file_id
            await asyncio.sleep(pause)
        raise PostRefused("Slack did not process the picture in time")

    async def upload(self, name: str, content: bytes | Path, *, alt_text: str = "") -> str:
        """Bring a file's bytes (at least one) to Slack; its file id. Nobody sees it before it is completed."""
        length = content.stat().st_size if isinstance(content, Path) else len(content)
        arguments = {"filename": name, "length": length, **({"alt_txt": alt_text[:1000]} if alt_text else {})}
        slot = await self.call("files.getUploadURLExternal", arguments)
        with contextlib.ExitStack() as stack:
            data = stack.enter_context(content.open("rb")) if isinstance(content, Path) else content
            try:
                async with (
                    aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60 + length / 100_000)) as session,
                    session.post(slot["upload_url"], data=data) as response,
                ):
                    if response.status != 200:
                        raise PostRefused(f"upload answered {response.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                raise PostDoubtful(type(error).__name__) from error
        return str(slot["file_id"])

    async def share(self, files: Mapping[str, str], channel: str, thread_ts: str | None, comment: str = "") -> None:
        """Show uploaded files (id to title) in one message with `comment` (mrkdwn). Slack does not return its ts."""
        arguments: dict[str, Any] = {
            "files": [{"id": file_id, "title": title} for file_id, title in files.items()],
            "channel_id": channel,
            **({"initial_comment": comment} if comment else {}),
        }
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        await self.call("files.completeUploadExternal", arguments, priority=Priority.CHAT)
        # What is posted next would otherwise stand above it.
        for pause in _SHARING:
            info = await self.call("files.info", {"file": next(iter(files))})
            if (info.get("file") or {}).get("shares"):
                return
            await asyncio.sleep(pause)

    async def file_link(self, file_id: str) -> str | None:
        """The address of a file in Slack; None where it was deleted, or never completed."""
        try:
            file = (await self.call("files.info", {"file": file_id})).get("file") or {}
        except PostRefused:
            return None
        return str(file.get("permalink") or "") or None

    async def update_view(self, view_id: str, view: dict[str, Any], *, seen: str | None = None) -> str:
        """Show something else in an open modal; its new hash. Raises PostRefused where it was closed, or where `seen`,
        the modal's hash as the person saw it, is not its hash any more (hash_conflict).
        """
        arguments = {"view_id": view_id, "view": view} | ({"hash": seen} if seen else {})
        answer = await self.call("views.update", arguments, priority=Priority.MODAL)
        return str(answer["view"].get("hash") or "")

    async def delete_file(self, file_id: str) -> None:
        await self.call("files.delete", {"file": file_id}, priority=Priority.PROGRESS)

    async def respond(self, response_url: str, message: Message, *, replace: bool = False) -> None:
        """Answer a slash command or a button, to its sender only; works where the bot is not a member. With `replace`
        it takes the place of the message whose button was pressed.
        """
        body = message.as_arguments() | {"response_type": "ephemeral", "replace_original": replace}
        async with _noted("response_url"):
            try:
                async with (
                    aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session,
                    session.post(response_url, json=body) as response,
                ):
                    if response.status != 200:
                        raise PostRefused(f"response_url answered {response.status}")
            except (aiohttp.ClientError, TimeoutError) as error:
                raise PostDoubtful(type(error).__name__) from error


async def _taken(
    message: Message, send: Callable[[Message], Awaitable[dict[str, Any]]]
) -> tuple[Message, dict[str, Any]]:
    """The first of a message's forms that Slack takes, and what it answers."""
    *forms, last = message.forms()
    for form in forms:
        try:
            return form, await send(form)
        except PostRefused as error:
            if str(error) not in REFUSED_CONTENT:
                raise
            log.warning("shown with less", why=str(error))
    return last, await send(last)


async def _turn(bucket: Bucket, method: str, priority: Priority) -> None:
    """Take a token for a call of `method`."""
    began = time.monotonic()
    await bucket.take(priority)
    instruments.SLACK_WAITED.labels(method).inc(time.monotonic() - began)


@contextlib.contextmanager
def _measured(method: str) -> Iterator[None]:
    """Count a call by what comes of it, and measure how long it takes."""
    outcome, began = "ok", time.monotonic()
    try:
        yield
    except PostError as error:
        outcome = _OUTCOMES[type(error)] if str(error) != NO_CONNECTION else NO_CONNECTION
        raise
    finally:
        instruments.SLACK_CALLS.labels(method, outcome).inc()
        instruments.SLACK_SECONDS.labels(method).observe(time.monotonic() - began)


_OUTCOMES = {PostRefused: "refused", PostLater: "rate_limited", PostDoubtful: "doubtful", PostError: "failed"}


@contextlib.asynccontextmanager
async def _noted(method: str) -> AsyncIterator[None]:
    """Measure a call, and keep the `Reach` of the present work by what comes of it."""
    reach = REACH.get()
    try:
        with _measured(method), traces.part(f"slack {method}", kind="client"):
            yield
    except PostRefused:
        if reach is not None:
            reach.is_away = False
        raise
    except PostError:
        if reach is not None:
            reach.is_away = True
            with contextlib.suppress(BotError):  # what came of the call matters more
                await reach.on_trouble()
        raise
    if reach is not None:
        reach.is_away = False


def metadata(idempotency_key: str) -> dict[str, Any]:
    """What makes a message known again."""
    return {"event_type": _METADATA_TYPE, "event_payload": {"id": idempotency_key}}


def _idempotency_key_of(message: dict[str, Any]) -> str | None:
    return ((message.get("metadata") or {}).get("event_payload") or {}).get("id")


def _repeats(failure: PostError, method: str) -> int:
    """How often a call that ended so is made again."""
    if isinstance(failure, PostLater):
        return _MOST_TRIES - 1
    return _MOST_REPEATS if isinstance(failure, PostDoubtful) and method in _REPEATABLE else 0


def _failure(error: SlackApiError) -> PostError:
    status, headers, answer = _answer(error)
    code = str(answer.get("error") or f"status_{status}")
    if status == 429 or code in _RATE_LIMITED:
        try:
            seconds = float(headers.get("Retry-After", "5"))
        except ValueError:
            seconds = 5.0
        return PostLater(code, seconds)
    if status >= 500 or code in _SERVER_TROUBLE or "error" not in answer:
        # Without an error code it is not Slack's API that answered, but its front door or something in between.
        return PostDoubtful(code)
    if code == "missing_scope":
        return PostRefused(f"missing_scope: {answer.get('needed')}")
    return PostRefused(code)


def _answer(error: SlackApiError) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    """Status, headers and JSON. The SDK leaves text, nothing, or aiohttp's own response where there was no JSON."""
    response = error.response
    if isinstance(response, AsyncSlackResponse):
        data = response.data if isinstance(response.data, dict) else {}
        return response.status_code, response.headers, data
    return int(getattr(response, "status", 200)), getattr(response, "headers", {}), {}

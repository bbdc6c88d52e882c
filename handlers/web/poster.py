"""Posts, edits and finds messages, and shows modals."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any

import aiohttp
import structlog

from bot.notices.interfaces import PostDoubtful, PostLater, PostRefused
from handlers.blocks.message import Message
from handlers.web.files import Files
from handlers.web.rate_limits import Priority
from handlers.web.web_api import NO_CONNECTION, WebApi, noted

log = structlog.get_logger()

_METADATA_TYPE = "finetune_bot"
REFUSED_CONTENT = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")
"""Slack's errors for what a message holds; it may hold something else."""
_CLOCKS_DIFFER = 24 * 3600.0


class Poster(WebApi):
    @cached_property
    def files(self) -> Files:
        return Files(self)

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

    async def update_view(self, view_id: str, view: dict[str, Any], *, seen: str | None = None) -> str:
        """Show something else in an open modal; its new hash. Raises PostRefused where it was closed, or where `seen`,
        the modal's hash as the person saw it, is not its hash any more (hash_conflict).
        """
        arguments = {"view_id": view_id, "view": view} | ({"hash": seen} if seen else {})
        answer = await self.call("views.update", arguments, priority=Priority.MODAL)
        return str(answer["view"].get("hash") or "")

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

    async def respond(self, response_url: str, message: Message, *, replace: bool = False) -> None:
        """Answer a slash command or a button, to its sender only; works where the bot is not a member. With `replace`
        it takes the place of the message whose button was pressed.
        """
        body = message.as_arguments() | {"response_type": "ephemeral", "replace_original": replace}
        async with noted("response_url"):
            try:
                async with (
                    aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session,
                    session.post(response_url, json=body) as response,
                ):
                    if response.status != 200:
                        raise PostRefused(f"response_url answered {response.status}")
            except aiohttp.ClientConnectorError as error:
                raise PostLater(NO_CONNECTION, 10) from error
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


def metadata(idempotency_key: str) -> dict[str, Any]:
    """What makes a message known again."""
    return {"event_type": _METADATA_TYPE, "event_payload": {"id": idempotency_key}}


def _idempotency_key_of(message: dict[str, Any]) -> str | None:
    return ((message.get("metadata") or {}).get("event_payload") or {}).get("id")

"""The threads of a channel, as Slack has them. Implements `bot.generation.support_sets.ChannelThreads`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import NotFound
from bot.generation.support import Message
from bot.notices.interfaces import PostRefused
from handlers.blocks.markup import plain
from handlers.web.poster import Poster

MOST: Final = 100
"""Threads, the latest: each costs a call, of which Slack allows about fifty a minute."""
_MOST_MESSAGES: Final = 5_000
_PAGE: Final = 200


@dataclass(frozen=True)
class SlackChannelThreads:
    poster: Poster

    async def read(self, channel: str, since: float) -> list[Message]:
        arguments = {"channel": channel, "oldest": f"{since:.6f}", "limit": _PAGE}
        roots: list[str] = []
        seen = 0
        try:
            async for message in self._pages("conversations.history", arguments):  # the newest first
                seen += 1
                if message.get("reply_count") and not message.get("bot_id"):
                    roots.append(str(message["ts"]))
                if len(roots) == MOST or seen == _MOST_MESSAGES:
                    break
        except PostRefused as error:
            raise NotFound("channel_unread", slack=str(error)) from error
        found = []
        for ts in roots:
            try:
                thread = {"channel": channel, "ts": ts, "limit": _PAGE}
                found += [as_message(one) async for one in self._pages("conversations.replies", thread)]
            except PostRefused:  # it was deleted meanwhile
                continue
        return found

    async def _pages(self, method: str, arguments: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        while True:
            page = await self.poster.call(method, arguments)
            for one in page.get("messages") or ():
                yield one
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments = {**arguments, "cursor": cursor}


def as_message(one: dict[str, Any]) -> Message:
    """Mentions of people stay as Slack writes them, so that they are masked."""
    reactions = {str(each["name"]): tuple(map(str, each.get("users") or ())) for each in one.get("reactions") or ()}
    user = str(one.get("user") or one.get("bot_id") or "")
    text = "" if one.get("subtype") == "tombstone" else plain(str(one.get("text") or ""))
    return Message(str(one["ts"]), user, text, one.get("thread_ts"), reactions, bool(one.get("bot_id")))

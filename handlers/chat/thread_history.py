"""Read a thread into which a model is called. Implements `bot.conversations.background.ThreadHistory`."""

import asyncio
import re
from typing import Any, Final

import structlog

from bot.conversations.background import History, Said
from bot.notices.interfaces import PostError
from handlers.blocks.markup import plain
from handlers.web.people import People
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority

log = structlog.get_logger()

_PAGE: Final = 200
_MOST_PAGES: Final = 5
# People whose names are asked for; each that is not known yet costs a call.
_MOST_NAMES: Final = 30
_MENTION: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


class SlackThreadHistory:
    """`patience`: seconds that a page is waited for. Where the limit is a call a minute, nobody wants to."""

    def __init__(self, poster: Poster, people: People, *, patience: float = 8.0) -> None:
        self._poster = poster
        self._patience = patience
        self._people = people

    async def before(self, channel: str, thread_ts: str, ts: str) -> History:
        messages: list[dict[str, Any]] = []
        why: str | None = None
        arguments: dict[str, Any] = {"channel": channel, "ts": thread_ts, "latest": ts, "limit": _PAGE}
        for _ in range(_MOST_PAGES):
            try:
                async with asyncio.timeout(self._patience):
                    page = await self._poster.call("conversations.replies", arguments, priority=Priority.CHAT)
            except (PostError, TimeoutError) as error:
                why = str(error) or "ratelimited"
                log.info("thread not read", channel=channel, why=why)
                break
            messages += [message for message in page.get("messages") or () if float(message["ts"]) < float(ts)]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            arguments["cursor"] = cursor
        names = await self._names(messages)
        said = [
            Said(
                str(message["ts"]),
                str(message.get("user") or message.get("bot_id") or ""),
                _app_name(message) or names.get(str(message.get("user")), str(message.get("user") or "?")),
                plain(_MENTION.sub(lambda mention: f"@{names.get(mention[1], mention[1])}", str(message["text"]))),
                bool(message.get("bot_id")),
            )
            for message in messages
            if message.get("text") and message.get("subtype") != "tombstone"
        ]
        return History(tuple(sorted(said, key=lambda one: float(one.ts))), why)

    async def _names(self, messages: list[dict[str, Any]]) -> dict[str, str]:
        """Of those who speak, and of those whom they mention."""
        users = dict.fromkeys(str(message["user"]) for message in messages if message.get("user"))
        users |= dict.fromkeys(user for message in messages for user in _MENTION.findall(str(message.get("text"))))
        return {user: await self._people.name(user) or user for user in list(users)[:_MOST_NAMES]}


def _app_name(message: dict[str, Any]) -> str | None:
    """Of an app that wrote it."""
    name = (message.get("bot_profile") or {}).get("name") or message.get("username")
    return str(name) if message.get("bot_id") and name else None

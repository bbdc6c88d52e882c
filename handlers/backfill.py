"""Files that were dropped while the bot was down: found again in the channels' history.

Slack redelivers events for minutes, not for hours. At the start, channels that the bot is in are read back to
when it was last alive. Other things that were missed (clicks, commands) people repeat by themselves.
"""

from typing import Any

import structlog

from bot.notices.interfaces import PostError
from handlers.files import may_be_training_data
from handlers.inbox import Inbox
from handlers.services import Services

log = structlog.get_logger()

_MOST_PAGES = 5


async def backfill(services: Services, inbox: Inbox, since: float) -> int:
    """Take in what was missed since then (seconds since the epoch); how many messages."""
    found = 0
    try:
        channels = await _channels(services)
    except PostError as error:
        log.warning("channels not listed", why=str(error))
        return 0
    for channel in channels:
        try:
            messages = await _history(services, channel, since)
        except PostError as error:
            log.warning("history not read", channel=channel, why=str(error))
            continue
        for message in messages:
            files = [file for file in message.get("files") or [] if may_be_training_data(file)]
            if files and message.get("user") not in {None, services.bot_user} and not message.get("bot_id"):
                found += await inbox.offer(_as_event(services, channel, message))
    return found


async def _channels(services: Services) -> list[str]:
    channels: list[str] = []
    cursor: str | None = None
    while True:
        arguments: dict[str, Any] = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": 200}
        if cursor:
            arguments["cursor"] = cursor
        page = await services.poster.call("conversations.list", arguments)
        channels += [channel["id"] for channel in page.get("channels", []) if channel.get("is_member")]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return channels


async def _history(services: Services, channel: str, since: float) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"channel": channel, "oldest": f"{since:.6f}", "limit": 100}
    for _ in range(_MOST_PAGES):
        page = await services.poster.call("conversations.history", arguments)
        messages += page.get("messages", [])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
        arguments["cursor"] = cursor
    return messages


def _as_event(services: Services, channel: str, message: dict[str, Any]) -> dict[str, Any]:
    """The event that Slack would have sent, under the same inbox key."""
    return {
        "type": "event_callback",
        "team_id": services.team,
        "event": {**message, "type": "message", "subtype": "file_share", "channel": channel, "channel_type": "channel"},
    }

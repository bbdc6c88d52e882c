"""Messages that concern the bot: files, replies in conversations, mentions, direct messages."""

import html
import re
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from handlers.blocks import pointers
from handlers.chat import converse
from handlers.commands import COMMANDS, find_command, run_words
from handlers.files import file_deleted, files_dropped, may_be_training_data
from handlers.inbox import Inbox
from handlers.turn import Turn


def register(app: AsyncApp, inbox: Inbox) -> None:
    app.event("message")(inbox.listener(message))
    app.event("app_mention")(inbox.listener(mention))
    app.event("file_deleted")(inbox.listener(file_deleted))
    app.event("member_joined_channel")(inbox.listener(joined))


async def message(turn: Turn) -> None:
    """A message without a mention of the bot, or one in a direct message, where nobody mentions anybody."""
    event = turn.body["event"]
    if event.get("files") and await files_dropped(turn):
        return
    if event.get("channel_type") != "im" and _mentions(turn, event):
        return  # comes as app_mention, too
    conversation = await turn.services.conversations.of_thread(turn.channel, str(turn.thread_ts))
    if conversation is not None and event.get("thread_ts"):
        await converse(turn, conversation, plain(turn, turn.words))
    elif event.get("channel_type") == "im":
        await turn.actor()
        await run_words(turn, plain(turn, turn.words))


async def mention(turn: Turn) -> None:
    """In a thread the bot is spoken to with the same words as `/finetune`, which Slack refuses there."""
    if any(may_be_training_data(file) for file in turn.body["event"].get("files") or []):
        return  # comes as message, too
    words = plain(turn, turn.words)
    conversation = await turn.services.conversations.of_thread(turn.channel, str(turn.thread_ts))
    first = words.split(maxsplit=1)[0].lower() if words else ""
    if conversation is not None and find_command(first) is None:
        await converse(turn, conversation, words)
    else:
        await turn.actor()
        await run_words(turn, words)


async def joined(turn: Turn) -> None:
    """The bot was invited: it says once what it is for."""
    turn.services.people.forget(turn.channel)
    if turn.user == turn.services.bot_user:
        await turn.services.poster.post_once(
            turn.channel,
            pointers.welcome([(command.usage, command.description) for command in COMMANDS]),
            mark=turn.key,
            maybe_posted=turn.again,
            since=turn.received_at,
        )


def plain(turn: Turn, text: str) -> str:
    """Slack's markup back into what the person typed, without the mention of the bot."""
    text = text.replace(f"<@{turn.services.bot_user}>", " ")
    text = re.sub(r"<(?:[^<>|]*)\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<((?:https?|mailto):[^<>]*)>", lambda match: match[1].removeprefix("mailto:"), text)
    return html.unescape(text).strip()


def _mentions(turn: Turn, event: dict[str, Any]) -> bool:
    return f"<@{turn.services.bot_user}>" in (event.get("text") or "")

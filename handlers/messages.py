"""Messages that concern the bot: files, replies in conversations, mentions, direct messages."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp

from handlers.blocks import pointers
from handlers.chat import converse
from handlers.commands import find_command, run_words
from handlers.files import file_deleted, files_dropped, may_be_training_data
from handlers.inbox import Inbox
from handlers.turn import Turn
from handlers.words import plain, typed


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
        await converse(turn, conversation, plain(_without_mention(turn)))
    elif event.get("channel_type") == "im":
        await turn.actor()
        await run_words(turn, typed(_without_mention(turn)))


async def mention(turn: Turn) -> None:
    """In a thread the bot is spoken to with the same words as `/finetune`, which Slack refuses there."""
    if any(may_be_training_data(file) for file in turn.body["event"].get("files") or []):
        return  # comes as message, too
    words = _without_mention(turn)
    conversation = await turn.services.conversations.of_thread(turn.channel, str(turn.thread_ts))
    first = words.split(maxsplit=1)[0].lower() if words else ""
    if conversation is not None and find_command(first) is None:
        await converse(turn, conversation, plain(words))
    else:
        await turn.actor()
        await run_words(turn, typed(words))


async def joined(turn: Turn) -> None:
    """The bot was invited: it says once what it is for."""
    turn.services.people.forget(turn.channel)
    if turn.user == turn.services.bot_user:
        await turn.services.poster.post_once(
            turn.channel,
            pointers.welcome(),
            mark=turn.key,
            maybe_posted=turn.again,
            since=turn.received_at,
        )


def _without_mention(turn: Turn) -> str:
    return turn.words.replace(f"<@{turn.services.bot_user}>", " ").strip()


def _mentions(turn: Turn, event: dict[str, Any]) -> bool:
    return f"<@{turn.services.bot_user}>" in (event.get("text") or "")

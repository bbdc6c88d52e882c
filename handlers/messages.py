"""Messages that concern the bot: files, replies in conversations, mentions, direct messages."""

import contextlib
from dataclasses import dataclass

from slack_bolt.app.async_app import AsyncApp

from bot.access import Action
from bot.errors import Denied
from bot.models.conversation import Conversation
from bot.notices.interfaces import PostRefused
from handlers.blocks import confirmations as pointers
from handlers.blocks import help as help_blocks
from handlers.blocks.markup import addresses_others, plain, typed
from handlers.chat.conversing import converse
from handlers.commands import Commands, find_command
from handlers.datasets.dropped_files import may_be_training_data
from handlers.datasets.listeners import DatasetListeners
from handlers.inbox import Inbox
from handlers.turn import Turn


@dataclass(frozen=True)
class Messages:
    commands: Commands
    datasets: DatasetListeners

    def register(self, app: AsyncApp, inbox: Inbox) -> None:
        app.event("message")(inbox.listener(self.message))
        app.event("app_mention")(inbox.listener(self.mention))
        app.event("app_home_opened")(inbox.listener(home_opened))
        app.event("member_joined_channel")(inbox.listener(joined))

    async def message(self, turn: Turn) -> None:
        """A message without a mention of the bot, or one in a direct message, where nobody mentions anybody."""
        event = turn.body["event"]
        if event.get("files") and await self.datasets.files_dropped(turn):
            return
        direct = event.get("channel_type") == "im"
        text = str(event.get("text") or "")
        if not direct and f"<@{turn.services.bot_user}>" in text:
            return  # comes as app_mention, too
        if not direct and addresses_others(text, turn.services.bot_user):
            return
        await turn.services.just_opened.settled(turn.channel)
        conversation = await turn.services.conversations.of_thread(turn.channel, str(turn.thread_ts))
        if conversation is not None and event.get("thread_ts"):
            await _talk(turn, conversation)
        elif direct and find_command(_first_word(turn)) is not None:
            await self._command(turn)
        elif not event.get("thread_ts") and (opened := turn.services.just_opened.take(turn.channel, turn.user)):
            link = await turn.services.poster.thread_link(turn.channel, opened.thread_ts)
            await turn.services.poster.whisper(turn.channel, turn.user, pointers.ask_in_thread(opened.model, link))
        elif direct:
            await self._command(turn)

    async def mention(self, turn: Turn) -> None:
        """In a thread the bot is spoken to with the same words as `/finetune`, which Slack refuses there."""
        if any(may_be_training_data(file) for file in turn.body["event"].get("files") or []):
            return  # comes as message, too
        conversation = await turn.services.conversations.of_thread(turn.channel, str(turn.thread_ts))
        if conversation is not None and find_command(_first_word(turn)) is None:
            await _talk(turn, conversation)
        else:
            await self._command(turn)

    async def _command(self, turn: Turn) -> None:
        await turn.actor()
        if names := _file_names(turn):
            await turn.answer(pointers.unreadable_files(names))
        else:
            await self.commands.run(turn, typed(_without_mention(turn)))


async def _talk(turn: Turn, conversation: Conversation) -> None:
    if names := _file_names(turn):
        await turn.answer(pointers.files_left_out(names))
    await converse(turn, conversation, plain(_without_mention(turn)))


async def home_opened(turn: Turn) -> None:
    """Somebody opened their direct messages with the bot, where nothing was said yet."""
    services = turn.services
    services.greeted.add(turn.channel)
    with contextlib.suppress(Denied, PostRefused):  # they asked for nothing, so there is nothing to refuse
        if not services.authority.allows(await turn.caller(), Action.USE):
            return
        history = await services.poster.call("conversations.history", {"channel": turn.channel, "limit": 1})
        if turn.again or not history.get("messages"):
            await services.poster.post_once(
                turn.channel,
                help_blocks.greeting(),
                mark=turn.key,
                maybe_posted=turn.again,
                since=turn.received_at,
            )


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


def _first_word(turn: Turn) -> str:
    return next(iter(_without_mention(turn).split(maxsplit=1)), "")


def _file_names(turn: Turn) -> list[str]:
    files = turn.body["event"].get("files") or []
    return [str(file.get("name") or file.get("title") or "that file") for file in files]

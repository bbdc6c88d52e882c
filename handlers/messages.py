"""Messages that concern the bot: files, replies in conversations, mentions, direct messages."""

import contextlib
from dataclasses import dataclass

from slack_bolt.app.async_app import AsyncApp

from bot.access import Action
from bot.authority import Authority
from bot.conversations.conversation import Conversation
from bot.errors import Denied
from bot.notices.interfaces import PostRefused
from handlers.blocks import help as help_blocks
from handlers.blocks.markup import addresses_others, plain, typed
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.blocks.text import file_names
from handlers.callers import Callers
from handlers.chat import blocks as chat_blocks
from handlers.chat.listeners import ChatListeners
from handlers.commands import Commands, find_command
from handlers.datasets.dropped_files import may_be_training_data
from handlers.datasets.listeners import DatasetListeners
from handlers.inbox import Inbox
from handlers.turn import Turn
from handlers.web.people import People
from handlers.web.poster import Poster
from texts import messages as texts


@dataclass(frozen=True)
class Messages:
    """`bot_user` is the bot's own Slack id. `greeted`: direct messages that are not empty, so that whoever opens them
    is greeted once."""

    commands: Commands
    chat: ChatListeners
    callers: Callers
    authority: Authority
    people: People
    poster: Poster
    bot_user: str
    greeted: set[str]
    datasets: DatasetListeners

    def register(self, app: AsyncApp, inbox: Inbox) -> None:
        app.event("message")(inbox.listener(self.message))
        app.event("app_mention")(inbox.listener(self.mention))
        app.event("app_home_opened")(inbox.listener(self.home_opened))
        app.event("member_joined_channel")(inbox.listener(self.joined))

    async def message(self, turn: Turn) -> None:
        """A message without a mention of the bot, or one in a direct message, where nobody mentions anybody."""
        event = turn.body["event"]
        if event.get("files") and await self.datasets.files_dropped(turn):
            return
        direct = event.get("channel_type") == "im"
        text = str(event.get("text") or "")
        if not direct and f"<@{self.bot_user}>" in text:
            return  # comes as app_mention, too
        if not direct and addresses_others(text, self.bot_user):
            return
        await self.chat.threads.just_opened.settled(turn.channel)
        conversation = await self._conversation(turn)
        if conversation is not None:
            await self._talk(turn, conversation)
        elif direct and find_command(self._first_word(turn)) is not None:
            await self._command(turn)
        elif not event.get("thread_ts") and await self.chat.said_in_channel(turn):
            return
        elif direct:
            await self._command(turn)

    async def mention(self, turn: Turn) -> None:
        """In a thread the bot is spoken to with the same words as `/finetune`, which Slack refuses there."""
        if any(may_be_training_data(file) for file in turn.body["event"].get("files") or []):
            return  # comes as message, too
        conversation = await self._conversation(turn)
        if conversation is not None and find_command(self._first_word(turn)) is None:
            await self._talk(turn, conversation)
        else:
            await self._command(turn)

    async def home_opened(self, turn: Turn) -> None:
        """Somebody opened their direct messages with the bot, where nothing was said yet."""
        self.greeted.add(turn.channel)
        with contextlib.suppress(Denied, PostRefused):  # they asked for nothing, so there is nothing to refuse
            if not self.authority.allows(await self.callers.of(turn), Action.USE):
                return
            history = await self.poster.call("conversations.history", {"channel": turn.channel, "limit": 1})
            if turn.again or not history.get("messages"):
                await self._greet(turn, help_blocks.greeting())

    async def joined(self, turn: Turn) -> None:
        """The bot was invited: it says once what it is for."""
        self.people.forget(turn.channel)
        if turn.user == self.bot_user:
            await self._greet(turn, line(texts.welcome()))

    async def _greet(self, turn: Turn, message: Message) -> None:
        await self.poster.post_once(
            turn.channel, message, mark=turn.key, maybe_posted=turn.again, since=turn.received_at
        )

    async def _conversation(self, turn: Turn) -> Conversation | None:
        """The one in whose thread it was said."""
        return await self.chat.chat.in_thread(turn.channel, turn.body["event"].get("thread_ts"))

    async def _talk(self, turn: Turn, conversation: Conversation) -> None:
        if names := _file_names(turn):
            await turn.answer(chat_blocks.files_left_out(names))
        await self.chat.said(turn, conversation, plain(self._without_mention(turn)))

    async def _command(self, turn: Turn) -> None:
        await self.authority.require(await self.callers.of(turn), Action.USE)
        if names := _file_names(turn):
            await turn.answer(line(texts.unreadable_files(file_names(names))))
        else:
            await self.commands.run(turn, typed(self._without_mention(turn)))

    def _without_mention(self, turn: Turn) -> str:
        return turn.words.replace(f"<@{self.bot_user}>", " ").strip()

    def _first_word(self, turn: Turn) -> str:
        return next(iter(self._without_mention(turn).split(maxsplit=1)), "")


def _file_names(turn: Turn) -> list[str]:
    files = turn.body["event"].get("files") or []
    return [str(file.get("name") or file.get("title") or texts.unnamed_file()) for file in files]

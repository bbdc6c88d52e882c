"""Messages that concern the bot: files, replies in conversations, mentions, direct messages."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from slack_bolt.app.async_app import AsyncApp

from bot.access import Action
from bot.authority import Authority
from bot.compare.comparison import Comparison
from bot.conversations.conversation import Conversation
from bot.errors import Denied
from bot.notices.interfaces import PostRefused
from bot.providers.interface import ProviderError
from graders.files import may_hold_grader
from handlers.agent.listeners import AgentListeners
from handlers.blocks import help as help_blocks
from handlers.blocks.markup import addresses_others, plain, typed
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.blocks.text import file_names
from handlers.bolt_listeners import BoltListeners
from handlers.callers import Callers
from handlers.chat.listeners import ChatListeners
from handlers.commands import Commands, find_command, is_command_like
from handlers.compare import blocks as compare_blocks
from handlers.compare.listeners import CompareListeners
from handlers.datasets.dropped_files import is_training_data, may_be_training_data
from handlers.datasets.listeners import DatasetListeners
from handlers.evaluations.listeners import EvaluationListeners
from handlers.home.listeners import HomeListeners
from handlers.message_changes import SUBTYPES, message_change
from handlers.request import Request
from handlers.web.people import People
from handlers.web.poster import Poster
from texts import messages as texts


@dataclass(frozen=True)
class Messages:
    """`bot_user` is the bot's own Slack id. `greeted`: direct messages that are not empty, so that whoever opens them
    is greeted once."""

    commands: Commands
    chat: ChatListeners
    compare: CompareListeners
    agent: AgentListeners
    home: HomeListeners
    callers: Callers
    authority: Authority
    people: People
    poster: Poster
    bot_user: str
    greeted: set[str]
    datasets: DatasetListeners
    evaluations: EvaluationListeners

    def register(self, app: AsyncApp, bolt: BoltListeners) -> None:
        app.event("message")(bolt.listener(self.message))
        app.event("app_mention")(bolt.listener(self.mention))
        app.event("app_home_opened")(bolt.listener(self.home_opened))
        app.event("member_joined_channel")(bolt.listener(self.joined))

    async def message(self, request: Request) -> None:
        """A message that does not mention the bot, or a direct message to it."""
        event = request.body["event"]
        if event.get("subtype") in SUBTYPES:
            await self._changed(request)
            return
        read: Mapping[str, bytes] = {}
        if _brings_grader(request):
            request, read = await self._without_graders(request)
            if not request.body["event"]["files"]:
                return
        if await self._brings_training_data(request) and await self.datasets.files_dropped(request, read):
            return
        direct = event.get("channel_type") == "im"
        text = str(event.get("text") or "")
        if not direct and f"<@{self.bot_user}>" in text:
            if _brings_grader(request):
                await self._mentioned(request, read)
            return  # else it comes as app_mention, too
        if not direct and addresses_others(text, self.bot_user):
            return
        await self.chat.threads.settled(request.channel, request.thread_ts, request.key)
        conversation = await self._conversation(request)
        if conversation is not None:
            await self._talk(request, conversation, read)
        elif comparison := await self._comparison(request):
            await self._compare(request, comparison)
        elif not direct:
            if not event.get("thread_ts"):
                await self.chat.said_in_channel(request)
        elif find_command(self._first_word(request)) is not None or not await self._asked_directly(request):
            await self._command(request)

    async def _changed(self, request: Request) -> None:
        """A person edited or deleted a message of theirs."""
        change = message_change(request.body["event"])
        if change is None:
            return
        await self.chat.threads.settled(change.channel, change.thread_ts, request.key)
        conversation = await self.chat.chat.in_thread(change.channel, change.thread_ts)
        if conversation is None:
            return
        if change.text is None:
            await self.chat.changes.deleted(conversation, change.ts, change.user, change.at)
        else:
            text = plain(self._without_mention(change.text))
            await self.chat.changes.edited(conversation, change.ts, change.user, text, change.at)

    async def mention(self, request: Request) -> None:
        """In a thread the bot is spoken to with the same words as `/finetune`, which Slack refuses there."""
        if await self._brings_training_data(request) or _brings_grader(request):
            return  # comes as message, too
        await self._mentioned(request)

    async def _mentioned(self, request: Request, read: Mapping[str, bytes] = MappingProxyType({})) -> None:
        conversation = await self._conversation(request)
        if conversation is not None and find_command(self._first_word(request)) is None:
            await self._talk(request, conversation, read)
        elif find_command(self._first_word(request)) is None and (comparison := await self._comparison(request)):
            await self._compare(request, comparison)
        elif conversation is None and (joined := await self._called_in(request)) is not None:
            await self._talk(request, joined)
        else:
            await self._command(request)

    async def _asked_directly(self, request: Request) -> bool:
        """A question in the direct messages, below which its answer goes: by the model that the person talked to there
        last, or by one that they choose; in the thread of a job by its model. Whether it was one, and somebody can
        answer it."""
        words, in_thread = self._without_mention(request.text), bool(request.body["event"].get("thread_ts"))
        if not words or is_command_like(words):
            return False
        if not self.authority.allows(await self.callers.of(request), Action.CHAT):
            return False
        with contextlib.suppress(ProviderError):
            joining = self.chat.joining
            conversation = await (joining.join_job(request) if in_thread else joining.join_last(request))
            if conversation is not None:
                await self._talk(request, conversation)
                return True
            return not in_thread and await self.chat.offer_models(request)
        return False

    async def _called_in(self, request: Request) -> Conversation | None:
        """Whoever asks something in a thread calls in the model that is meant: that of the thread's job, else the only
        one that there is."""
        words = self._without_mention(request.text)
        if not words or is_command_like(words) or not self.chat.joining.is_possible(request):
            return None
        if not self.authority.allows(await self.callers.of(request), Action.CHAT):
            return None
        with contextlib.suppress(ProviderError):
            if (conversation := await self.chat.joining.join_job(request)) is not None:
                return conversation
            model = await self.chat.joining.only_model(request)
            return (await self.chat.joining.join(request, model)).conversation if model else None
        return None

    async def home_opened(self, request: Request) -> None:
        """Somebody opened their Home tab, or their direct messages with the bot. Where nothing was said there yet, they
        are greeted."""
        if request.body.get("event", {}).get("tab") == "home":
            await self.home.opened(request)
            return
        await self.agent.pin_prompts(request)
        if request.channel in self.greeted:
            return
        self.greeted.add(request.channel)
        with contextlib.suppress(Denied, PostRefused):  # they asked for nothing, so there is nothing to refuse
            if not self.authority.allows(await self.callers.of(request), Action.USE):
                return
            history = await self.poster.call("conversations.history", {"channel": request.channel, "limit": 1})
            if request.is_retry or not history.get("messages"):
                await self._greet(request, help_blocks.greeting())

    async def joined(self, request: Request) -> None:
        """The bot was invited: it says once what it is for."""
        self.people.forget(request.channel)
        if request.user == self.bot_user:
            await self._greet(request, line(texts.welcome()))

    async def _greet(self, request: Request, message: Message) -> None:
        await self.poster.post_once(
            request.channel, message, idempotency_key=request.key, may_exist=request.is_retry, since=request.received_at
        )

    async def _without_graders(self, request: Request) -> tuple[Request, Mapping[str, bytes]]:
        """Graders among the files of a message are taken in; the rest may be training data. What a model is asked about
        a grader, in its thread, it is asked with the file. Also the bytes of files that were looked into, by their
        ids."""
        conversation = await self._conversation(request)
        looked = await self.evaluations.dropped.take_in(request, conversation.model if conversation else None)
        event = request.body["event"]
        if conversation is not None and self._first_word(request) and not find_command(self._first_word(request)):
            return request, looked.read
        left = [file for file in event["files"] if str(file.get("id")) not in looked.graders]
        return replace(request, body={**request.body, "event": {**event, "files": left}}), looked.read

    async def _brings_training_data(self, request: Request) -> bool:
        """In a thread with a model most files are for the model."""
        files = request.body["event"].get("files") or []
        if not files:
            return False
        is_meant = is_training_data if await self._conversation(request) else may_be_training_data
        return any(map(is_meant, files))

    async def _conversation(self, request: Request) -> Conversation | None:
        """The one in whose thread it was said."""
        return await self.chat.chat.in_thread(request.channel, request.body["event"].get("thread_ts"))

    async def _comparison(self, request: Request) -> Comparison | None:
        """The one in whose thread it was said."""
        return await self.compare.comparisons.in_thread(request.channel, request.body["event"].get("thread_ts"))

    async def _compare(self, request: Request, comparison: Comparison) -> None:
        if names := _file_names(request):
            await request.answer(compare_blocks.files_left_out(names))
        await self.compare.said(request, comparison, plain(self._without_mention(request.text)))

    async def _talk(
        self, request: Request, conversation: Conversation, read: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        await self.chat.said(request, conversation, plain(self._without_mention(request.text)), read)

    async def _command(self, request: Request) -> None:
        await self.authority.require(await self.callers.of(request), Action.USE)
        if names := _file_names(request):
            await request.answer(line(texts.unreadable_files(file_names(names))))
        else:
            await self.commands.run(request, typed(self._without_mention(request.text)))

    def _without_mention(self, text: str) -> str:
        return text.replace(f"<@{self.bot_user}>", " ").strip()

    def _first_word(self, request: Request) -> str:
        return next(iter(self._without_mention(request.text).split(maxsplit=1)), "")


def _brings_grader(request: Request) -> bool:
    return any(may_hold_grader(name) for name in _file_names(request))


def _file_names(request: Request) -> list[str]:
    files = request.body["event"].get("files") or []
    return [str(file.get("name") or file.get("title") or texts.unnamed_file()) for file in files]

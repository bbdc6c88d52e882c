"""Shortcuts: each asks for what it does not know, and then does what a command or a button does."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.access import Action
from bot.datasets.interfaces import DatasetStore
from bot.datasets.trainable import refuse_errors
from bot.errors import Denied, Invalid, NotFound
from handlers.callers import Callers
from handlers.chat.listeners import ChatListeners
from handlers.datasets.dropped_files import may_be_training_data
from handlers.datasets.listeners import DatasetListeners
from handlers.languages import LanguageOf
from handlers.launcher.listeners import LauncherListeners
from handlers.modals import Modals
from handlers.request import Request
from handlers.shortcuts import blocks
from handlers.start.listeners import StartListeners
from handlers.web.people import People
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import shortcuts as texts
from texts.language import speaking

# Slack's times have microseconds.
_JUST_AFTER: Final = Decimal("0.000001")


@dataclass(frozen=True)
class ShortcutListeners:
    callers: Callers
    people: People
    starting: StartListeners
    chatting: ChatListeners
    launcher: LauncherListeners
    files: DatasetListeners
    datasets: DatasetStore
    modals: Modals
    poster: Poster
    language: LanguageOf

    async def start(self, request: Request) -> None:
        """*Start a fine-tune…*: first where."""
        await self.starting.requests.require(await self.callers.of(request))
        await self.modals.open(request, blocks.where_to_start())

    async def start_there(self, request: Request) -> None:
        """The channel was chosen: its training files, and the modal *Start fine-tuning*."""
        view = request.body["view"]
        async with self.modals.filling(request, texts.start_title(), view["id"]) as fill:
            there = await self._in_channel(request)
            caller = await self.callers.of(there)
            await self.starting.requests.require(caller)
            files = await self.starting.trainable.latest(caller)
            if not files:
                raise NotFound("no_training_file")
            draft = await self.starting.requests.on(caller, files[0])
            await fill(await self.starting.modal.view(there, msgspec.structs.replace(draft, files=files)))

    async def chat(self, request: Request) -> None:
        """*Chat with a model…*: with which, and where."""
        await self.chatting.authority.require(await self.callers.of(request), Action.CHAT)
        await self.modals.open(request, blocks.whom_to_talk_to())

    async def chat_there(self, request: Request) -> None:
        there = await self._in_channel(request)
        await self.chatting.open_model(replace(there, text=blocks.read_model(request.body["view"])))

    async def what_needs_me(self, request: Request) -> None:
        """*What needs me*: at once in a modal, and with its buttons in the person's direct messages."""
        shown = await self.launcher.seen(request)
        await self.modals.open(request, blocks.needing(shown))
        await request.answer(shown)

    async def train(self, request: Request) -> None:
        """*Train on this file*: the modal *Start fine-tuning*; a file that the bot has not seen is checked first."""
        caller, message = await self.callers.of(request), request.body["message"]
        await self.starting.requests.require(caller)
        files = [file for file in message.get("files") or () if may_be_training_data(file)]
        if not files:
            raise Invalid("no_training_file_in_message")
        known = [one for one in await self.datasets.by_file(str(files[0]["id"])) if one.channel == request.channel]
        if known:
            dataset = await self.starting.datasets.get(caller, known[0].id, Action.SUBMIT)
            refuse_errors(dataset)
            await self.starting.modal.open(request, await self.starting.requests.on(caller, dataset))
            return
        await self.callers.origin(request)
        thread_ts = _thread_of(message)
        await request.answer(blocks.under_way(await self.poster.thread_link(request.channel, thread_ts)))
        await self.files.files_dropped(replace(request, thread_ts=thread_ts, body={"event": message}))

    async def ask(self, request: Request) -> None:
        """*Ask a model* about a message: which, and what."""
        message = request.body["message"]
        await self.chatting.authority.require(await self.callers.of(request), Action.CHAT)
        about = blocks.About(request.channel, _thread_of(message), str(message["ts"]))
        await self.modals.open(request, blocks.what_to_ask(about))

    async def asked(self, request: Request) -> None:
        """The model is called into the message's thread, reads it up to the message, and is asked there."""
        view = request.body["view"]
        about, question = blocks.read_about(view), blocks.read_question(view)
        request = replace(request, thread_ts=about.thread_ts)
        joined = await self.chatting.joining.join_at(
            request, blocks.read_model(view), about.thread_ts, str(Decimal(about.message_ts) + _JUST_AFTER)
        )
        with speaking(await self.language(request.channel, request.user)):
            said = blocks.asks(request.user, question)
        ts = await self.poster.post_once(
            request.channel,
            said,
            idempotency_key=f"{request.key}/question",
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=about.thread_ts,
            priority=Priority.CHAT,
        )
        event = {"ts": ts, "thread_ts": about.thread_ts, "channel": request.channel, "user": request.user}
        await self.chatting.said(replace(request, body={"event": event}), joined.conversation, question)

    async def _in_channel(self, request: Request) -> Request:
        """As if it came from the channel that was chosen. Raises Invalid where the bot is not in it, Denied where the
        person is not in one that is private."""
        channel = blocks.read_channel(request.body["view"])
        there = replace(request, channel=channel, thread_ts=None)
        origin = await self.callers.origin(there)
        if origin.private and not await self.people.is_in(channel, request.user):
            raise Denied("not_your_channel")
        return there


def _thread_of(message: dict[str, Any]) -> str:
    return str(message.get("thread_ts") or message["ts"])

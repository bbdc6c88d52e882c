"""Talking to a model in a thread: opening a conversation, asking in it, having a cut-off answer go on."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import structlog
from slack_sdk.models.blocks import Option

from bot.access import Action
from bot.authority import Authority
from bot.conversations.answers import Answers
from bot.conversations.chat import Chat
from bot.conversations.conversation import Attachment, Conversation
from bot.conversations.message_changes import MessageChanges
from bot.conversations.opening import ConversationOpening
from bot.conversations.prompt import another_answer
from bot.conversations.settings import AS_IT_IS, SettingsChange
from bot.conversations.tools import are_tools
from bot.errors import Ambiguous, NotFound
from bot.notices.interfaces import PostError, PostRefused
from bot.spending.model_use import ModelSpending
from handlers.blocks.answer import read_about
from handlers.blocks.markup import plain
from handlers.blocks.model_name import model_id
from handlers.blocks.parts import line
from handlers.callers import Callers
from handlers.chat import blocks
from handlers.chat.attached_files import AttachedFiles
from handlers.chat.command_words import read_command
from handlers.chat.display import AnswerDisplay
from handlers.chat.joining import Joining
from handlers.chat.model_picker import ModelPicker
from handlers.chat.shown_settings import ShownSettings
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.models.blocks import model_choice, model_choice_for
from handlers.request import Request, is_direct
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import chat as texts
from texts.language import speaking

log = structlog.get_logger()


@dataclass(frozen=True)
class ChatListeners:
    callers: Callers
    opening: ConversationOpening
    chat: Chat
    answers: Answers
    spending: ModelSpending
    changes: MessageChanges
    joining: Joining
    shown_settings: ShownSettings
    attached_files: AttachedFiles
    picker: ModelPicker
    authority: Authority
    threads: ChatThreads
    languages: Languages
    poster: Poster
    display: AnswerDisplay

    async def command(self, request: Request) -> None:
        """`/finetune chat [[PROVIDER/]MODEL] [settings]`; where several are meant, they are there to choose from."""
        caller, typed = await self.callers.of(request), read_command(request.text)
        provider, word = await self.picker.at_provider(caller, typed.model)
        if word:
            models = await self.picker.named(caller, word)
        else:
            here = await self.opening.model_of_card(caller, request.thread_ts) if request.thread_ts else None
            models = await self.picker.unnamed(caller, here)
        if not models and not await self.picker.found(caller, ""):
            raise NotFound("nothing_to_talk_to")
        if len(models) == 1:
            await self._open(request, models[0], settings=typed.settings, provider=provider)
        elif typed.settings or provider:  # a choice would forget them
            raise Ambiguous(word, models)
        else:
            await request.answer(model_choice(word, await self.picker.names(caller, models)))

    async def search_models(self, request: Request) -> list[Option]:
        """What is typed into the menu of models."""
        return await self.picker.options(request)

    async def offer_models(self, request: Request) -> bool:
        """Ask which model shall answer what was said; whether any was fine-tuned: before that, people are told what
        there is to do."""
        caller = await self.callers.of(request)
        models = await self.picker.visible(caller, fresh=False)
        if models:
            names = await self.picker.names(caller, models)
            await request.answer(model_choice_for(str(request.body["event"]["ts"]), names))
        return bool(models)

    async def ask_model(self, request: Request) -> None:
        """*Ask it* beside a model that was offered for a question."""
        ts, _, model = request.text.partition(" ")
        await self._ask(request, ts, model)

    async def ask_found_model(self, request: Request) -> None:
        """The same by the menu of all models."""
        await self._ask(request, str(request.body["actions"][0]["block_id"]), request.text)

    async def _ask(self, request: Request, ts: str, model: str) -> None:
        """Call `model` into the thread of a question in the person's direct messages, and ask it that."""
        event = await self._question(request, ts)
        joined = await self.joining.join_below(request, model, ts)
        link = await self.threads.link(joined.conversation)
        await request.replace_message(blocks.conversation_elsewhere(joined.conversation.model, link))
        text = plain(str(event.get("text") or "").replace(f"<@{self.display.bot_user}>", " "))
        await self.said(replace(request, thread_ts=ts, body={"event": event}), joined.conversation, text)

    async def _question(self, request: Request, ts: str) -> dict[str, Any]:
        """As it stands there now. Raises NotFound."""
        if is_direct(request.channel):
            with contextlib.suppress(PostRefused):
                thread = {"channel": request.channel, "ts": ts, "limit": 1}
                page = await self.poster.call("conversations.replies", thread, priority=Priority.CHAT)
                for message in page.get("messages") or ():
                    if message.get("ts") == ts and message.get("user") == request.user:
                        return dict(message)
        raise NotFound("question_gone")

    async def open_job(self, request: Request) -> None:
        """*Chat* on the card of a job."""
        await self._open(request, await self.opening.model_of(await self.callers.of(request), request.text))

    async def open_model(self, request: Request) -> None:
        """*Chat* beside a model."""
        await self._open(request, request.text)

    async def open_anew(self, request: Request) -> None:
        """*New conversation*, where there is one already."""
        provider, model = await self.picker.at_provider(await self.callers.of(request), request.text)
        await self._open(request, model, anew=True, provider=provider)

    async def _open(
        self,
        request: Request,
        model: str,
        *,
        anew: bool = False,
        settings: SettingsChange = AS_IT_IS,
        provider: str | None = None,
    ) -> None:
        if self.joining.is_possible(request):
            joined = await self.joining.join(request, model, settings, provider)
            if not joined.is_new and settings:
                await self.shown_settings.change(request, joined.conversation, settings)
            elif not joined.is_new:
                await request.answer(blocks.conversation_there(model, joined.link))
            return
        origin, caller = await self.callers.origin(request), await self.callers.of(request)
        opened = await self.opening.open(caller, origin, model, anew=anew, settings=settings, provider=provider)
        self.threads.just_opened.add(opened.conversation)
        if opened.is_new:
            await request.answer(blocks.conversation_elsewhere(model, opened.link))
        else:
            await request.answer(blocks.conversation_there(model, opened.link, provider))
        await self.opening.remove_unused(opened.others)

    async def show_id(self, request: Request) -> None:
        """*Model ID*: the id behind a model's short name."""
        await self.authority.require(await self.callers.of(request), Action.USE)
        await request.answer(model_id(request.text))

    async def said(
        self,
        request: Request,
        conversation: Conversation,
        text: str,
        read: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """What somebody said in a conversation's thread goes to the model. `read`: what is known of its files already,
        by their ids."""
        caller = await self.callers.of(request)
        self.threads.just_opened.take(request.channel, request.user)
        event = request.body["event"]
        files = event.get("files") or []
        if files or not text:
            await self.chat.check(caller, conversation)
        attachments: tuple[Attachment, ...] = ()
        if files:
            images = self.chat.takes_images(conversation)
            given, left = await self.attached_files.read(files, read, images=images)
            attachments = tuple(given)
            if left:
                await request.answer(blocks.files_left_out(left))
        if not text and not attachments:
            return
        ts = str(event["ts"])
        if not text and conversation.completion is None and all(map(are_tools, attachments)):
            await self.chat.keep(caller, conversation, ts, attachments)
            await request.answer(blocks.functions_dropped(conversation))
            return
        await request.turn.come()
        async with self.chat.ask(caller, conversation, ts, text, attachments) as answer:
            request.turn.end()
            if answer is not None:
                await self.display.show(request, conversation, answer, after=ts)

    async def ask_again(self, request: Request) -> None:
        """*Answer again*: another answer, which takes the place of this one from now on."""
        conversation_id, asked_ts = read_about(request.text)
        caller = await self.callers.of(request)
        conversation = await self.chat.get(caller, conversation_id)
        async with self.chat.resume(caller, conversation, another_answer(asked_ts)) as answer:
            if answer is None:
                await request.answer(line(texts.again_already()))
            else:
                below = str(request.body["message"]["ts"])
                await self.display.show(request, conversation, answer, after=below)

    async def show_cost(self, request: Request) -> None:
        """*Tokens and cost* of an answer, of its conversation, and of the month."""
        conversation_id, asked_ts = read_about(request.text)
        caller = await self.callers.of(request)
        conversation = await self.chat.get(caller, conversation_id)
        given = await self.answers.get(conversation_id, asked_ts)
        if given is None:
            raise NotFound("no_such_answer")
        used = await self.spending.of(conversation_id)
        month = await self.spending.of_month(caller.at)
        await request.answer(blocks.cost(given.answer.model or conversation.model, given.answer, used, month))

    async def said_in_channel(self, request: Request) -> None:
        """Tell who asks in the channel, having just opened a conversation, where its thread is."""
        opened = self.threads.just_opened.take(request.channel, request.user)
        if opened is None:
            return
        link = await self.threads.link(opened)
        with speaking(await self.languages.person(request.user)):
            pointer = blocks.ask_in_thread(opened.model, link)
        await self.poster.whisper(request.channel, request.user, pointer)

    async def continue_answer(self, request: Request) -> None:
        """*Continue* below an answer that was cut off."""
        conversation = await self.chat.in_thread(request.channel, request.thread_ts)
        if conversation is None:
            raise NotFound("conversation_gone")
        offer = str(request.body["message"]["ts"])
        async with self.chat.resume(await self.callers.of(request), conversation, request.text) as answer:
            if answer is None:
                await request.answer(blocks.went_on())
            else:
                await self.display.show(request, conversation, answer, after=offer)
            with contextlib.suppress(PostError):
                await self.poster.call("chat.delete", {"channel": request.channel, "ts": offer}, priority=Priority.CHAT)

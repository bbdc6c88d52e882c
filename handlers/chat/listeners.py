"""Talking to a model in a thread: opening a conversation, asking in it, having a cut-off answer go on."""

import contextlib
from dataclasses import dataclass
from functools import partial

import structlog
from slack_sdk.models.blocks import Option

from bot.access import Action
from bot.authority import Authority
from bot.conversations.chat import (
    Answer,
    Called,
    Chat,
    Empty,
    Ended,
    Gone,
    Probabilities,
    TextDelta,
    TooLong,
    Trimmed,
    Warming,
)
from bot.conversations.conversation import Attachment, Conversation
from bot.conversations.message_changes import MessageChanges
from bot.conversations.opening import ConversationOpening
from bot.errors import Ambiguous, NotFound
from bot.models.lookup import ModelLookup
from bot.notices.interfaces import PostError
from bot.timing import Timing
from handlers.agent.sessions import AgentSessions
from handlers.blocks.model_name import model_id, model_options
from handlers.callers import Callers
from handlers.chat import blocks
from handlers.chat.attached_files import AttachedFiles
from handlers.chat.joining import Joining
from handlers.chat.probability_chart import probability_chart, probability_line
from handlers.chat.streamed_answer import Recipient, StreamedAnswer
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.models.blocks import model_choice
from handlers.request import Request
from handlers.web import replies
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import chat as texts
from texts.language import speaking

log = structlog.get_logger()


@dataclass(frozen=True)
class ChatListeners:
    """`bot_user` is the bot's own Slack id, `team` the workspace it is installed in."""

    callers: Callers
    opening: ConversationOpening
    chat: Chat
    changes: MessageChanges
    joining: Joining
    attached_files: AttachedFiles
    models: ModelLookup
    authority: Authority
    threads: ChatThreads
    languages: Languages
    poster: Poster
    sessions: AgentSessions
    timing: Timing
    bot_user: str
    team: str

    async def command(self, request: Request) -> None:
        """`/finetune chat [MODEL]`; where several are meant, they are there to choose from."""
        caller, word = await self.callers.of(request), request.text.strip("`")
        try:
            models = [await self.models.named(caller, word)] if word else []
        except Ambiguous as several:
            models = list(several.choices)
        if not word:
            models = [model.id for model in await self.models.visible(caller, caller.posts_in)]
        if not models and not await self.models.search(caller, caller.posts_in, ""):
            raise NotFound("nothing_to_talk_to")
        if len(models) != 1:
            await request.answer(model_choice(word, models))
            return
        await self._open(request, models[0])

    async def search_models(self, request: Request) -> list[Option]:
        """What is typed into the menu of models."""
        caller = await self.callers.of(request)
        if not self.authority.allows(caller, Action.CHAT):
            return []
        return model_options(await self.models.search(caller, caller.posts_in, request.text))

    async def offer_models(self, request: Request) -> bool:
        """Ask which model is meant; whether there is any."""
        caller = await self.callers.of(request)
        models = [model.id for model in await self.models.visible(caller, caller.posts_in, fresh=False)]
        if models:
            await request.answer(model_choice("", models))
        return bool(models)

    async def open_job(self, request: Request) -> None:
        """*Chat* on the card of a job."""
        await self._open(request, await self.opening.model_of(await self.callers.of(request), request.text))

    async def open_model(self, request: Request) -> None:
        """*Chat* beside a model."""
        await self._open(request, request.text)

    async def open_anew(self, request: Request) -> None:
        """*New conversation*, where there is one already."""
        await self._open(request, request.text, anew=True)

    async def _open(self, request: Request, model: str, *, anew: bool = False) -> None:
        if self.joining.is_possible(request):
            joined = await self.joining.join(request, model)
            if not joined.is_new:
                await request.answer(blocks.conversation_there(model, joined.link))
            return
        origin = await self.callers.origin(request)
        opened = await self.opening.open(await self.callers.of(request), origin, model, anew=anew)
        self.threads.just_opened.add(opened.conversation)
        show = blocks.conversation_elsewhere if opened.is_new else blocks.conversation_there
        await request.answer(show(model, opened.link))
        await self.opening.remove_unused(opened.others)

    async def show_id(self, request: Request) -> None:
        """*Model ID*: the id behind a model's short name."""
        await self.authority.require(await self.callers.of(request), Action.USE)
        await request.answer(model_id(request.text))

    async def said(self, request: Request, conversation: Conversation, text: str) -> None:
        """What somebody said in a conversation's thread goes to the model."""
        caller = await self.callers.of(request)
        self.threads.just_opened.take(request.channel, request.user)
        event = request.body["event"]
        files = event.get("files") or []
        if files or not text:
            await self.chat.check(caller, conversation)
        attachments: tuple[Attachment, ...] = ()
        if files:
            images = self.chat.takes_images(conversation)
            read, left = await self.attached_files.read(files, images=images)
            attachments = tuple(read)
            if left:
                await request.answer(blocks.files_left_out(left))
        if not text and not attachments:
            return
        ts = str(event["ts"])
        await request.turn.come()
        async with self.chat.ask(caller, conversation, ts, text, attachments) as answer:
            request.turn.end()
            if answer is not None:
                await self._show(request, conversation, answer, after=ts)

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
                await self._show(request, conversation, answer, after=offer)
            with contextlib.suppress(PostError):
                await self.poster.call("chat.delete", {"channel": request.channel, "ts": offer}, priority=Priority.CHAT)

    async def _show(self, request: Request, conversation: Conversation, answer: Answer, *, after: str) -> None:
        """Stream an answer into the thread, below the message `after`."""
        recipient = Recipient(
            request.channel,
            conversation.thread_ts,
            request.user,
            self.team,
            self.bot_user,
            after,
            await self.languages.person(request.user),
        )
        async with (
            self.sessions.at_work(request, conversation),
            self._streamed(request, conversation, answer, recipient) as shown,
            contextlib.aclosing(answer.events),
        ):
            likely: tuple[tuple[str, float], ...] = ()
            async for event in answer.events:
                match event:
                    case TextDelta(text):
                        shown.add(text)
                    case Probabilities(labels):
                        likely = labels
                    case Ended():
                        await self._end(request, conversation, shown, event, likely)
                    case Called():
                        await shown.close()
                        await request.answer(blocks.nothing_said("tool_calls"))
                    case Trimmed():
                        await request.answer(blocks.beginning_left_out(conversation.model))
                    case Warming():
                        await request.answer(blocks.model_warming(conversation.model))
                    case Empty(finish_reason):
                        await request.answer(blocks.nothing_said(finish_reason))
                    case TooLong():
                        await request.answer(blocks.message_too_long(conversation.model))
                    case Gone():
                        await request.answer(blocks.model_gone(conversation.model))

    def _streamed(
        self, request: Request, conversation: Conversation, answer: Answer, recipient: Recipient
    ) -> StreamedAnswer:
        async def opened(message_ts: str) -> None:
            await self.chat.shown_in(conversation, answer, message_ts)

        async def is_others(message_ts: str) -> bool:
            return await self.chat.shows_another(conversation, answer, message_ts)

        return StreamedAnswer(
            self.poster,
            recipient,
            idempotency_key=f"{request.key}/answer",
            opened=opened,
            is_others=is_others,
            messages=answer.messages,
            doubtful=request.is_retry,
            thinking=None if answer.is_known else partial(self._show_thinking, request, conversation),
            timing=self.timing,
        )

    async def _end(
        self,
        request: Request,
        conversation: Conversation,
        shown: StreamedAnswer,
        end: Ended,
        likely: tuple[tuple[str, float], ...],
    ) -> None:
        """Show what is left of an answer, and how sure the model is; where it could go on, offer it."""
        with speaking(await self.languages.place(request.channel, request.user)):
            note = texts.end_note(end.finish_reason) or (probability_line(likely) if likely else "")
            chart = [probability_chart(likely)] if likely else []
            offer = blocks.cut_off(end.finish_reason, end.rest) if end.rest else None
        await shown.close(note, chart)
        if offer is not None:
            await replies.in_thread(
                self.poster,
                request.channel,
                conversation.thread_ts,
                request.user,
                offer,
                idempotency_key=f"{request.key}/continue",
                may_exist=request.is_retry,
                since=request.received_at,
                backoff=self.timing.reply,
            )

    async def _show_thinking(self, request: Request, conversation: Conversation) -> None:
        """A courtesy, for which no answer waits; a workspace that does not know it is answered all the same."""
        if not self.poster.has_room("assistant.threads.setStatus"):
            return
        with speaking(await self.languages.place(request.channel, request.user)):
            status = texts.thinking()
        arguments = {"channel_id": request.channel, "thread_ts": conversation.thread_ts, "status": status}
        try:
            await self.poster.call("assistant.threads.setStatus", arguments, priority=Priority.CHAT, repeat=False)
        except PostError as error:
            log.debug("no status shown", why=str(error))

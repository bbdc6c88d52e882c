"""Talking to a model in a thread: opening a conversation, asking in it, having a cut-off answer go on."""

import contextlib
from dataclasses import dataclass

import structlog

from bot.access import Action
from bot.authority import Authority
from bot.conversations.chat import Answer, Chat, Empty, Ended, Gone, TooLong, Warming, Words
from bot.conversations.conversation import Conversation
from bot.conversations.opening import ConversationOpening
from bot.errors import Ambiguous, NotFound
from bot.models.lookup import ModelLookup
from bot.notices.interfaces import PostError
from bot.timing import Timing
from handlers.blocks.model_name import model_id
from handlers.callers import Callers
from handlers.chat import blocks
from handlers.chat.streamed_answer import Recipient, StreamedAnswer
from handlers.chat.threads import ChatThreads
from handlers.languages import Languages
from handlers.models.blocks import model_choice
from handlers.turn import Turn
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
    models: ModelLookup
    authority: Authority
    threads: ChatThreads
    languages: Languages
    poster: Poster
    timing: Timing
    bot_user: str
    team: str

    async def command(self, turn: Turn) -> None:
        """`/finetune chat [MODEL]`; where several are meant, they are there to choose from."""
        caller, word = await self.callers.of(turn), turn.words.strip("`")
        try:
            models = [await self.models.named(caller, word)] if word else []
        except Ambiguous as several:
            models = list(several.choices)
        if not word:
            models = [model.id for model in await self.models.visible(caller, caller.posts_in)]
        if not models:
            raise NotFound("nothing_to_talk_to")
        if len(models) > 1:
            await turn.answer(model_choice(word, models))
            return
        await self._open(turn, models[0])

    async def open_job(self, turn: Turn) -> None:
        """*Chat* on the card of a job."""
        await self._open(turn, await self.opening.model_of(await self.callers.of(turn), turn.words))

    async def open_model(self, turn: Turn) -> None:
        """*Chat* beside a model."""
        await self._open(turn, turn.words)

    async def open_anew(self, turn: Turn) -> None:
        """*New conversation*, where there is one already."""
        await self._open(turn, turn.words, anew=True)

    async def _open(self, turn: Turn, model: str, *, anew: bool = False) -> None:
        origin = await self.callers.origin(turn)
        opened = await self.opening.open(await self.callers.of(turn), origin, model, anew=anew)
        self.threads.just_opened.add(opened.conversation)
        show = blocks.conversation_elsewhere if opened.is_new else blocks.conversation_there
        await turn.answer(show(model, opened.link))
        await self.opening.remove_unused(opened.others)

    async def show_id(self, turn: Turn) -> None:
        """*Model id*: what a model's name stands for."""
        await self.authority.require(await self.callers.of(turn), Action.USE)
        await turn.answer(model_id(turn.words))

    async def said(self, turn: Turn, conversation: Conversation, text: str) -> None:
        """What somebody said in a conversation's thread goes to the model."""
        caller = await self.callers.of(turn)
        self.threads.just_opened.take(turn.channel, turn.user)
        if not text:
            await self.chat.check(caller, conversation)
            return
        ts = str(turn.body["event"]["ts"])
        async with self.chat.asked(caller, conversation, ts, text) as answer:
            if answer is not None:
                await self._show(turn, conversation, answer, after=ts)

    async def said_in_channel(self, turn: Turn) -> bool:
        """Tell who asks in the channel, having just opened a conversation, where its thread is; whether that is so."""
        opened = self.threads.just_opened.take(turn.channel, turn.user)
        if opened is None:
            return False
        link = await self.threads.link(opened)
        with speaking(await self.languages.person(turn.user)):
            pointer = blocks.ask_in_thread(opened.model, link)
        await self.poster.whisper(turn.channel, turn.user, pointer)
        return True

    async def continue_answer(self, turn: Turn) -> None:
        """*Continue* below an answer that was cut off."""
        conversation = await self.chat.in_thread(turn.channel, turn.thread_ts)
        if conversation is None:
            raise NotFound("conversation_gone")
        offer = str(turn.body["message"]["ts"])
        async with self.chat.continued(await self.callers.of(turn), conversation, turn.words) as answer:
            if answer is None:
                await turn.answer(blocks.went_on())
            else:
                await self._show(turn, conversation, answer, after=offer)
            with contextlib.suppress(PostError):
                await self.poster.call("chat.delete", {"channel": turn.channel, "ts": offer}, priority=Priority.CHAT)

    async def _show(self, turn: Turn, conversation: Conversation, answer: Answer, *, after: str) -> None:
        """Stream an answer into the thread, below the message `after`."""
        if not answer.is_known:
            await self._show_thinking(turn, conversation)
        recipient = Recipient(
            turn.channel,
            conversation.thread_ts,
            turn.user,
            self.team,
            self.bot_user,
            after,
            await self.languages.person(turn.user),
        )
        async with self._streamed(turn, conversation, answer, recipient) as shown, contextlib.aclosing(answer.events):
            async for event in answer.events:
                match event:
                    case Words(text):
                        shown.add(text)
                    case Ended():
                        await self._end(turn, conversation, shown, event)
                    case Warming():
                        await turn.answer(blocks.model_warming(conversation.model))
                    case Empty(finish_reason):
                        await turn.answer(blocks.nothing_said(finish_reason))
                    case TooLong():
                        await turn.answer(blocks.message_too_long(conversation.model))
                    case Gone():
                        await turn.answer(blocks.model_gone(conversation.model))

    def _streamed(self, turn: Turn, conversation: Conversation, answer: Answer, recipient: Recipient) -> StreamedAnswer:
        async def opened(message_ts: str) -> None:
            await self.chat.shown_in(conversation, answer, message_ts)

        return StreamedAnswer(
            self.poster,
            recipient,
            mark=f"{turn.key}/answer",
            opened=opened,
            messages=answer.messages,
            doubtful=turn.again,
            backoff=self.timing.answer,
        )

    async def _end(self, turn: Turn, conversation: Conversation, shown: StreamedAnswer, end: Ended) -> None:
        """Show what is left of an answer; where the model could go on, offer it."""
        with speaking(await self.languages.place(turn.channel, turn.user)):
            note = texts.end_note(end.finish_reason)
            offer = blocks.cut_off(end.finish_reason, end.rest) if end.rest else None
        await shown.close(note)
        if offer is not None:
            await replies.in_thread(
                self.poster,
                turn.channel,
                conversation.thread_ts,
                turn.user,
                offer,
                mark=f"{turn.key}/continue",
                maybe_posted=turn.again,
                since=turn.received_at,
                backoff=self.timing.reply,
            )

    async def _show_thinking(self, turn: Turn, conversation: Conversation) -> None:
        """A courtesy, for which no answer waits; a workspace that does not know it is answered all the same."""
        if not self.poster.has_room("assistant.threads.setStatus"):
            return
        with speaking(await self.languages.place(turn.channel, turn.user)):
            status = texts.thinking()
        arguments = {"channel_id": turn.channel, "thread_ts": conversation.thread_ts, "status": status}
        try:
            await self.poster.call("assistant.threads.setStatus", arguments, priority=Priority.CHAT, repeat=False)
        except PostError as error:
            log.debug("no status shown", why=str(error))

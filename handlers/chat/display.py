"""Showing a model's answer: in its thread, as it comes, with what can be done below it."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from bot.conversations.answer_events import (
    Answer,
    Called,
    Empty,
    Ended,
    Forgotten,
    Gone,
    Probabilities,
    TextDelta,
    TooLong,
    Trimmed,
    Warming,
)
from bot.conversations.chat import Chat
from bot.conversations.conversation import Conversation
from bot.notices.interfaces import PostError
from bot.providers.chat import ToolCall
from bot.timing import Timing
from handlers.agent.sessions import AgentSessions
from handlers.blocks.answer import footer
from handlers.blocks.message import Message
from handlers.chat import blocks, call_blocks
from handlers.chat.probability_chart import Probabilities as Likely
from handlers.chat.probability_chart import probability_chart, probability_line
from handlers.chat.streamed_answer import Recipient, StreamedAnswer
from handlers.languages import Languages
from handlers.request import Request
from handlers.web import replies
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import chat as texts
from texts.language import speaking

log = structlog.get_logger()


@dataclass(frozen=True)
class AnswerDisplay:
    """`bot_user` is the bot's own Slack id, `team` the workspace it is installed in."""

    chat: Chat
    languages: Languages
    poster: Poster
    sessions: AgentSessions
    timing: Timing
    bot_user: str
    team: str

    async def show(self, request: Request, conversation: Conversation, answer: Answer, *, after: str) -> None:
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
            likely: Likely = ()
            async for event in answer.events:
                match event:
                    case TextDelta(text):
                        shown.add(text)
                    case Probabilities(labels):
                        likely = labels
                    case Ended():
                        await self._end(request, conversation, shown, answer.asked_ts, event, likely)
                    case Called(calls):
                        await self._call(request, conversation, shown, answer.asked_ts, calls)
                    case Trimmed():
                        await request.answer(blocks.beginning_left_out(conversation.model))
                    case Forgotten():
                        await request.answer(blocks.beginning_deleted(conversation.model))
                    case Warming():
                        await request.answer(blocks.model_warming(conversation.model))
                    case Empty(finish_reason):
                        await request.answer(blocks.nothing_said(finish_reason))
                    case TooLong():
                        await request.answer(blocks.message_too_long(conversation.model))
                    case Gone(since):
                        await request.answer(blocks.model_gone(conversation, since))

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
        asked_ts: str,
        end: Ended,
        likely: Likely,
    ) -> None:
        """Show what is left of an answer, how sure the model is, and what can be done with it; where the model could go
        on, offer it."""
        with speaking(await self.languages.place(request.channel, request.user)):
            note = texts.end_note(end.finish_reason) or (probability_line(likely) if likely else "")
            chart = [probability_chart(likely)] if likely else []
            offer = blocks.cut_off(end.finish_reason, end.rest) if end.rest else None
            below = footer(conversation.id, asked_ts)
        await shown.close(note, [*chart, *below])
        if offer is not None:
            await self._post(request, conversation, offer, "continue")

    async def _call(
        self,
        request: Request,
        conversation: Conversation,
        shown: StreamedAnswer,
        asked_ts: str,
        calls: Sequence[ToolCall],
    ) -> None:
        """Show the functions that the model calls, and ask for what they return."""
        with speaking(await self.languages.place(request.channel, request.user)):
            called = call_blocks.calls(conversation.id, asked_ts, calls)
        await shown.close()
        await self._post(request, conversation, called, "calls")

    async def _post(self, request: Request, conversation: Conversation, message: Message, what: str) -> None:
        """Once, however often the answer is shown: found again by `what`."""
        await replies.in_thread(
            self.poster,
            request.channel,
            conversation.thread_ts,
            request.user,
            message,
            idempotency_key=f"{request.key}/{what}",
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

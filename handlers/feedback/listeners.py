"""What people think of an answer: thumbs, and what would have been right."""

from dataclasses import dataclass

from bot.errors import Conflict, Invalid
from bot.feedback.feedback import AnswerFeedback
from handlers.blocks.answer import read_about, read_rating
from handlers.callers import Callers
from handlers.feedback import blocks
from handlers.languages import Languages
from handlers.modals import Modals
from handlers.request import Request
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts.language import speaking


@dataclass(frozen=True)
class FeedbackListeners:
    callers: Callers
    feedback: AnswerFeedback
    modals: Modals
    languages: Languages
    poster: Poster

    async def rate(self, request: Request) -> None:
        """A thumb below an answer. Whoever found it bad is asked what would have been right."""
        caller = await self.callers.of(request)
        good, conversation_id, asked_ts = read_rating(request.text)
        answer = await self.feedback.answer(caller, conversation_id, asked_ts)
        rating = await self.feedback.rate(caller, answer, good=good)
        if rating is False and not answer.answer.tool_calls and not request.is_retry:
            await self.modals.open(request, blocks.correct_modal(answer))
        else:
            await request.answer(blocks.rated(rating))

    async def edit(self, request: Request) -> None:
        """*Edit answer* in the menu below one."""
        answer = await self.feedback.answer(await self.callers.of(request), *read_about(request.text))
        if answer.answer.tool_calls:
            raise Conflict("calls_stay")
        await self.modals.open(request, blocks.correct_modal(answer))

    async def correct(self, request: Request) -> None:
        """*Send* in the modal."""
        caller = await self.callers.of(request)
        about, text = blocks.read(request.body["view"])
        answer = await self.feedback.answer(caller, about.conversation_id, about.asked_ts)
        conversation = answer.conversation
        with speaking(await self.languages.place(conversation.channel, request.user)):
            names, shown = blocks.names(conversation.model), blocks.corrected(request.user, text)
        try:
            done = await self.feedback.correct(caller, answer, text, names)
        except Invalid as error:
            raise Invalid(error.kind, blocks.FIELD, **error.values) from None
        await request.answer(blocks.went_to(done))
        await self.poster.post_once(
            conversation.channel,
            shown,
            idempotency_key=f"{request.key}/corrected",
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=conversation.thread_ts,
            priority=Priority.CHAT,
        )

"""What people think of an answer: thumbs, and what would have been right."""

from dataclasses import dataclass

from bot.conversations.answers import GivenAnswer
from bot.conversations.conversation import Conversation
from bot.errors import Invalid
from bot.feedback.feedback import AnswerFeedback, Corrected, Correction, Names
from handlers.blocks.answer import read_about, read_rating
from handlers.callers import Callers
from handlers.feedback import blocks
from handlers.languages import Languages
from handlers.modals import Modals
from handlers.request import Request
from handlers.thread_examples import agreement
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
        """A thumb below an answer. Whoever found it bad is asked what was wrong, and what would have been right."""
        caller = await self.callers.of(request)
        good, conversation_id, asked_ts = read_rating(request.text)
        answer = await self.feedback.answer(caller, conversation_id, asked_ts)
        rating = await self.feedback.rate(caller, answer, good=good)
        if rating is False and not request.is_retry:
            await self.modals.open(request, blocks.correct_modal(answer, rated_bad=True))
        else:
            await request.answer(blocks.rated(rating, await self.feedback.ratings(answer)))

    async def ratings(self, request: Request) -> None:
        """*Ratings* in the menu below an answer."""
        answer = await self.feedback.answer(await self.callers.of(request), *read_about(request.text))
        await request.answer(blocks.ratings(await self.feedback.ratings(answer)))

    async def edit(self, request: Request) -> None:
        """*Edit answer* in the menu below one."""
        answer = await self.feedback.answer(await self.callers.of(request), *read_about(request.text))
        await self.modals.open(request, blocks.correct_modal(answer, rated_bad=False))

    async def correct(self, request: Request) -> None:
        """*Send* in the modal."""
        caller = await self.callers.of(request)
        entered = blocks.read(request.body["view"])
        about = entered.about
        answer = await self.feedback.answer(caller, about.conversation_id, about.asked_ts)
        correction = entered.correction(answer)
        if entered.why:
            await self.feedback.rate(caller, answer, good=False, why=entered.why)
            if not (entered.is_changed and self.feedback.is_corrected(caller, answer, correction)):
                await request.answer(blocks.reasons_kept())
                return
        if not entered.is_changed:
            raise Invalid("nothing_corrected", blocks.FIELD)
        names = await self._names(request, answer)
        try:
            done = await self.feedback.correct(caller, answer, correction, names, about.seen_at)
        except Invalid as error:
            raise Invalid(error.kind, blocks.field_of(error), **error.values) from None
        await request.answer(blocks.went_to(done))
        await self._tell_thread(request, answer.conversation, correction, done)

    async def _names(self, request: Request, answer: GivenAnswer) -> Names:
        conversation = answer.conversation
        with speaking(await self.languages.place(conversation.channel, request.user)):
            return blocks.names(conversation.model)

    async def _tell_thread(
        self, request: Request, conversation: Conversation, correction: Correction, done: Corrected
    ) -> None:
        """What the conversation goes on from, and who is asked before anything is learned from it."""
        with speaking(await self.languages.place(conversation.channel, request.user)):
            corrected = blocks.corrected(request.user, correction, holds=done.holds)
        await self.poster.post_once(
            conversation.channel,
            corrected,
            idempotency_key=f"{request.key}/corrected",
            may_exist=request.is_retry,
            since=request.received_at,
            thread_ts=conversation.thread_ts,
            priority=Priority.CHAT,
        )
        where, example = (conversation.channel, conversation.thread_ts), done.example
        await agreement.ask(
            self.poster, self.languages.place, request, *where, example.collection.name, example.waits_for
        )

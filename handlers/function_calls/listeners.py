"""What people say that a function returns, and the model that goes on with it."""

from dataclasses import dataclass, replace

import msgspec
import structlog

from bot.conversations.answer_events import FunctionCalls
from bot.conversations.chat import Chat
from bot.conversations.conversation import Conversation
from bot.conversations.prompt import next_part
from bot.errors import Conflict
from bot.notices.interfaces import PostRefused
from handlers.blocks.answer import read_about
from handlers.blocks.message import Message
from handlers.blocks.parts import line
from handlers.callers import Callers
from handlers.chat import call_blocks
from handlers.chat.call_blocks import CallPlace
from handlers.chat.display import AnswerDisplay
from handlers.languages import Languages
from handlers.modals import Modals
from handlers.request import Request
from handlers.web import replies
from handlers.web.poster import Poster
from handlers.web.rate_limits import Priority
from texts import chat as texts
from texts.language import speaking

log = structlog.get_logger()


@dataclass(frozen=True)
class FunctionCallListeners:
    callers: Callers
    chat: Chat
    display: AnswerDisplay
    modals: Modals
    languages: Languages
    poster: Poster

    async def give_result(self, request: Request) -> None:
        """*Give the result*: asks what each function returns that has no result yet."""
        conversation, place = await self._called(request)
        called = await self.chat.function_calls(conversation, place.asked_ts)
        if called.is_over:
            raise Conflict("model_went_on")
        await self.modals.open(request, call_blocks.result_modal(called, place))

    async def results_given(self, request: Request) -> None:
        """The modal was sent off: with the last result the model goes on."""
        view = request.body["view"]
        place = msgspec.json.decode(view["private_metadata"], type=CallPlace)
        caller = await self.callers.of(request)
        conversation = await self.chat.get(caller, place.conversation)
        called = await self.chat.function_calls(conversation, place.asked_ts)
        entered = call_blocks.read_results(view["state"]["values"], called.calls)
        called = await self.chat.give_results(caller, conversation, place.asked_ts, entered)
        if called.waiting:
            await request.answer(line(texts.results_missing(len(called.waiting))))
        else:
            await self._go_on(request, conversation, place, called)

    async def go_on_without(self, request: Request) -> None:
        """*Go on without*: the model is told that there is no result."""
        conversation, place = await self._called(request)
        called = await self.chat.function_calls(conversation, place.asked_ts)
        await self._go_on(request, conversation, place, called)

    async def _called(self, request: Request) -> tuple[Conversation, CallPlace]:
        """Whose calls they are, below which a button was pressed."""
        conversation_id, asked_ts = read_about(request.text)
        conversation = await self.chat.get(await self.callers.of(request), conversation_id)
        message_ts = str(request.body["message"]["ts"])
        return conversation, CallPlace(request.channel, conversation.thread_ts, message_ts, conversation.id, asked_ts)

    async def _go_on(
        self,
        request: Request,
        conversation: Conversation,
        place: CallPlace,
        called: FunctionCalls,
    ) -> None:
        caller = await self.callers.of(request)
        async with self.chat.resume(caller, conversation, next_part(place.asked_ts)) as answer:
            if answer is None and not request.is_retry:
                raise Conflict("model_went_on")
            await self._close(request, place, called)
            if answer is not None:
                await self.display.show(self._in_thread(request, place), conversation, answer, after=place.message_ts)

    async def _close(self, request: Request, place: CallPlace, called: FunctionCalls) -> None:
        """Show in place of the buttons what was given, for everybody."""
        with speaking(await self.languages.place(place.channel, request.user)):
            closed = call_blocks.answered_calls(called, request.user, place)
        try:
            await self.poster.update(place.channel, place.message_ts, closed, priority=Priority.CHAT)
        except PostRefused as error:
            log.info("calls left as they were", why=str(error))

    def _in_thread(self, request: Request, place: CallPlace) -> Request:
        """What is to be said while the model goes on is said in its thread: the modal is gone by then."""

        async def answer(message: Message) -> None:
            await replies.to_button(self.poster, place.channel, request.user, place.thread_ts, message)

        return replace(request, channel=place.channel, thread_ts=place.thread_ts, answer=answer)

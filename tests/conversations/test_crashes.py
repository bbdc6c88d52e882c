"""A conversation in which the process dies at any moment is, once the work was done again, as if it had not died."""

from contextlib import aclosing
from typing import Any, cast

from bot.access import Caller
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority
from bot.conversations.answer_events import Answer
from bot.conversations.chat import Chat
from bot.conversations.conversation import Conversation, ConversationStore
from bot.conversations.message_changes import MessageChanges
from bot.conversations.window import Window
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.spending.model_use import ModelSpending
from bot.store.conversations import SqlConversationStore
from tests.parts import MODEL
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

TUNED = f"ft:{MODEL}:acme:old:abc12345"
TOOL = {"type": "function", "function": {"name": "find_order"}}
TALK = Conversation("cv-1", TUNED, "T0ACME", "C0TRAINING", "1.0", "U0ANA", 1.0, tools=(TOOL,))


class Crash(BaseException):
    """The process dies."""


class Mortal:
    """A store whose process dies at a moment: before its `moment`-th reading or writing, or right after."""

    def __init__(self, store: SqlConversationStore, moment: int) -> None:
        self._store = store
        self._left = moment

    def live(self) -> None:
        if not self._left:
            raise Crash
        self._left -= 1

    def __getattr__(self, name: str) -> Any:
        async def method(*arguments: Any) -> Any:
            self.live()
            result = await getattr(self._store, name)(*arguments)
            self.live()
            return result

        return method


class People:
    """They ask, say what the function returns that the model calls, and edit the question. Slack shows each answer in
    one message. A request is done again, by the same key, until it is done."""

    def __init__(self, chat: Chat, changes: MessageChanges, mortal: Mortal, ts: str) -> None:
        self.chat, self.changes, self.mortal, self.ts = chat, changes, mortal, ts

    async def ask(self, caller: Caller) -> None:
        async with self.chat.ask(caller, TALK, f"{self.ts}.0", "Where is it?") as answer:
            await self.show(answer, f"{self.ts}.1")

    async def give_result(self, caller: Caller) -> None:
        called = await self.chat.give_results(caller, TALK, f"{self.ts}.0", {"call_0": "Sent."})
        assert not called.waiting
        async with self.chat.resume(caller, TALK, f"{self.ts}.0+1") as answer:
            await self.show(answer, f"{self.ts}.2")

    async def edit(self, caller: Caller) -> None:
        await self.changes.edited(TALK, f"{self.ts}.0", "U0ANA", "Where is order 4102?", 99.0)

    async def show(self, answer: Answer | None, message_ts: str) -> None:
        if answer is None:
            return
        assert answer.messages in ((), (message_ts,))
        async with aclosing(answer.events) as events:
            async for number, _ in _numbered(events):
                if not number:
                    await self.chat.shown_in(TALK, answer, message_ts)
                self.mortal.live()


async def _numbered(events: Any) -> Any:
    number = 0
    async for event in events:
        yield number, event
        number += 1


async def test_wherever_it_dies_each_turn_is_there_once_and_no_answer_that_was_kept_is_asked_for_again(
    conversations: SqlConversationStore,
    catalogue: Catalogue,
    lost_models: LostModels,
    authority: Authority,
    channel_models: ChannelModels,
    spending: ModelSpending,
    stand_in: StandInProvider,
) -> None:
    stand_in.tuned.append(TUNED)
    stand_in.calls = [("find_order", "{}")]
    stand_in.answer = "Sent."
    await conversations.open(TALK)

    def people(moment: int) -> People:
        mortal = Mortal(conversations, moment)
        store = cast(ConversationStore, mortal)
        chat = Chat(store, catalogue, lost_models, authority, Window(catalogue, None), channel_models, spending)
        return People(chat, MessageChanges(store), mortal, ts)

    crashes = 0
    for moment in range(1_000):
        ts, crashed = str(moment + 2), False
        alive = people(moment)
        for request in ("ask", "give_result", "edit"):
            key = f"{request}/{ts}"
            try:
                await getattr(alive, request)(a_caller(key=key))
            except Crash:
                crashed = True
                turns = await conversations.turns(TALK.id)
                kept = {turn.ts for turn in turns if turn.role == "assistant" and turn.message_ts == f"{ts}.0"}
                asked = len(stand_in.chats)
                alive = people(10_000)
                await getattr(alive, request)(a_caller(key=key, is_retry=True))
                wanted = {"ask": {f"{ts}.0"}, "give_result": {f"{ts}.0+1"}, "edit": set()}[request]
                assert len(stand_in.chats) - asked == len(wanted - kept)
        turns = [turn for turn in await conversations.turns(TALK.id) if turn.message_ts == f"{ts}.0"]
        assert [(turn.ts, turn.role, turn.content.strip()) for turn in turns] == [
            (f"{ts}.0", "user", "Where is order 4102?"),
            (f"{ts}.0", "assistant", ""),
            (f"{ts}.0", "tool", "Sent."),
            (f"{ts}.0+1", "assistant", "Sent."),
        ]
        for answer_ts, asked_ts in ((f"{ts}.1", f"{ts}.0"), (f"{ts}.2", f"{ts}.0+1")):
            assert await conversations.answer_of(TALK.channel, answer_ts) == (TALK.id, asked_ts)
            assert await conversations.open_answer(TALK.id, asked_ts) is None, "all of it was shown"
        crashes += crashed
        if not crashed:
            break
    assert crashes > 20

"""Asking a model in a conversation, over a real socket: what it is given, and what is kept of its answer."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from copy import copy
from typing import Any

import pytest
from msgspec import structs

from bot.access import Actor, Role
from bot.administration.channel_models import ChannelModels
from bot.authority import Authority, entry
from bot.backoff import Backoff
from bot.claims import Claims
from bot.conversations.answer_events import (
    Called,
    Empty,
    Ended,
    Event,
    Forgotten,
    FunctionCalls,
    Gone,
    Probabilities,
    TextDelta,
    TooLong,
    Trimmed,
    Warming,
)
from bot.conversations.chat import Chat
from bot.conversations.completion import CompletionFormat
from bot.conversations.conversation import BROKEN, STOPPED, Attachment, Conversation, Turn
from bot.conversations.prompt import NO_RESULT, another_answer
from bot.conversations.window import Window
from bot.errors import Conflict, Denied, NotFound
from bot.jobs.job import Loss, Origin
from bot.keyed_locks import KeyedLocks
from bot.models.answer_cost import answer_cost
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.chat import ChatDelta, Parameters, ToolCall, Usage
from bot.providers.interface import Doubtful, Refused
from bot.spending.budget import OverBudget, Scope
from bot.spending.model_use import ModelSpending, UseSum
from bot.store.conversations import SqlConversationStore
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.processes import SqlProcesses
from bot.store.spending import SqlBudgetStore
from tests.parts import MODEL, followed_job, until
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

TUNED = f"ft:{MODEL}:acme:old:abc12345"
TALK = Conversation("cv-1", TUNED, "T0ACME", "C0TRAINING", "1.0", "U0ANA", 1.0)
CHATS = "POST /chat/completions"
GUEST = Actor("U0GIL", "T0ACME", guest=True)


@pytest.fixture
async def chat(
    conversations: SqlConversationStore,
    catalogue: Catalogue,
    lost_models: LostModels,
    authority: Authority,
    stand_in: StandInProvider,
    channel_models: ChannelModels,
    spending: ModelSpending,
    warm_up: Backoff,
) -> Chat:
    stand_in.tuned.append(TUNED)
    await conversations.open(TALK)
    window = Window(catalogue, None)
    return Chat(conversations, catalogue, lost_models, authority, window, channel_models, spending, warm_up=warm_up)


@pytest.fixture
def warm_up() -> Backoff:
    return Backoff(0.01, factor=1, tries=4)


async def ask(
    chat: Chat, ts: str, text: str = "Hello?", talk: Conversation = TALK, **fields: Any
) -> list[Event] | None:
    async with chat.ask(a_caller(**fields), talk, ts, text) as answer:
        return None if answer is None else [event async for event in answer.events]


async def go_on(chat: Chat, rest: str, talk: Conversation = TALK) -> list[Event] | None:
    async with chat.resume(a_caller(), talk, rest) as answer:
        return None if answer is None else [event async for event in answer.events]


def words(events: list[Event] | None) -> str:
    return "".join(event.text for event in events or [] if isinstance(event, TextDelta))


def given(stand_in: StandInProvider) -> list[str]:
    """What the model was given last."""
    return [message["content"] for message in stand_in.chats[-1]["messages"]]


async def test_an_answer_comes_in_words_and_is_kept(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.finish_reason = "stop"
    events = await ask(chat, "2.0")
    assert events is not None
    assert len(events) > 2
    assert words(events).strip() == stand_in.answer
    assert events[-1] == Ended("stop", None)
    question, answer = await conversations.turns(TALK.id)
    assert question == Turn("2.0", "user", "Hello?", user="U0ANA")
    said = Turn("2.0", "assistant", words(events), "stop", user="U0ANA", model=TUNED)
    assert structs.replace(answer, first_token=None) == said


async def test_what_was_said_later_is_not_given_and_people_are_answered_one_after_the_other(
    chat: Chat, stand_in: StandInProvider
) -> None:
    stand_in.chat_open.clear()
    first = asyncio.create_task(ask(chat, "2.0", "From Ana"))
    await until(lambda: stand_in.chats)
    second = asyncio.create_task(ask(chat, "3.0", "From Ben"))
    await asyncio.sleep(0)
    stand_in.chat_open.set()
    await asyncio.gather(first, second)
    assert [chat["messages"][-1]["content"] for chat in stand_in.chats] == ["From Ana", "From Ben"]
    assert given(stand_in) == ["From Ana", stand_in.answer + " ", "From Ben"]


async def test_the_older_half_is_forgotten_until_the_model_can_read_the_rest(
    chat: Chat, stand_in: StandInProvider
) -> None:
    for number in range(5):
        await ask(chat, f"{number + 2}.0", f"Question {number} " + "x" * 60)
    stand_in.context = 600
    events = await ask(chat, "9.0", "And now?")
    assert words(events).strip() == stand_in.answer
    assert (events or []).count(Trimmed()) == 1
    assert stand_in.chats[-1]["messages"][0]["role"] == "user"
    assert given(stand_in)[-1] == "And now?"
    assert 1 < len(given(stand_in)) < 11


async def test_it_is_said_once_that_older_messages_are_no_longer_kept(
    chat: Chat, conversations: SqlConversationStore
) -> None:
    await conversations.update(TALK.id, lambda known: structs.replace(known, forgotten=True))
    events = await ask(chat, "2.0")
    assert (events or [])[0] == Forgotten()
    assert Forgotten() not in (await ask(chat, "3.0") or [])


async def test_a_message_that_alone_is_too_long_is_said_to_be(chat: Chat, stand_in: StandInProvider) -> None:
    stand_in.context = 200
    assert await ask(chat, "2.0", "word " * 100) == [TooLong()]


async def test_a_server_without_the_protocols_code_says_in_words_what_is_too_long(
    chat: Chat, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHATS, status=400, message="Prompt exceeds the context length of 4096.")
    assert await ask(chat, "2.0") == [TooLong()]


async def test_a_model_that_is_not_ready_is_asked_again_and_people_are_told_once(
    chat: Chat, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHATS, status=404, code="model_not_found")
    stand_in.fault(CHATS, times=3, status=503)
    events = await ask(chat, "2.0")
    assert events is not None
    assert [event for event in events if not isinstance(event, TextDelta)] == [Warming(), Ended(None, None)]
    assert words(events).strip() == stand_in.answer


async def test_after_the_last_try_the_providers_error_is_told(chat: Chat, stand_in: StandInProvider) -> None:
    stand_in.fault(CHATS, times=5, status=503)
    with pytest.raises(Doubtful) as doubtful:
        await ask(chat, "2.0")
    assert doubtful.value.no_answer
    assert stand_in.requests.count(CHATS) == 5


async def test_what_the_provider_refuses_is_not_asked_again(chat: Chat, stand_in: StandInProvider) -> None:
    stand_in.fault(CHATS, status=403, code="no_access")
    with pytest.raises(Refused) as refused:
        await ask(chat, "2.0")
    assert refused.value.no_answer
    assert stand_in.requests.count(CHATS) == 1


async def test_a_model_that_is_gone_is_said_to_be_and_its_job_knows(
    chat: Chat, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=TUNED))
    stand_in.tuned.remove(TUNED)
    assert await ask(chat, "2.0") == [Gone()]
    job = await jobs.get("job-1")
    assert job is not None
    assert job.model_lost is Loss.MISSING


async def test_a_model_that_says_nothing_is_not_taken_for_having_answered(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.answer, stand_in.finish_reason = " \n ", "content_filter"
    assert await ask(chat, "2.0") == [Empty("content_filter")]
    assert [turn.role for turn in await conversations.turns(TALK.id)] == ["user"]


async def test_an_answer_that_breaks_off_is_kept_and_goes_on_once_however_often_it_is_asked_for(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHATS, cut=3)
    events = await ask(chat, "2.0")
    assert events is not None
    assert events[-1] == Ended(BROKEN, "2.0+1")
    stand_in.finish_reason = "length"
    going_on = await asyncio.gather(go_on(chat, "2.0+1"), go_on(chat, "2.0+1"))
    assert stand_in.chats[-1]["messages"][-1] == {"role": "assistant", "content": words(events)}
    assert [len(stand_in.chats), going_on.count(None)] == [2, 1]
    assert next(filter(None, going_on))[-1] == Ended("length", "2.0+2")
    assert [turn.ts for turn in await conversations.turns(TALK.id)] == ["2.0", "2.0", "2.0+1"]


async def test_what_was_answered_before_a_crash_is_shown_and_not_asked_again(
    chat: Chat, stand_in: StandInProvider
) -> None:
    async with chat.ask(a_caller(), TALK, "2.0", "Hello?") as answer:
        assert answer is not None
        await chat.shown_in(TALK, answer, "2.1")
        async with aclosing(answer.events) as events:
            while not isinstance(await anext(events), Ended):
                pass  # and before all of it is shown, the process ends
    async with chat.ask(a_caller(is_retry=True), TALK, "2.0", "Hello?") as answer:
        assert answer is not None
        assert (answer.is_known, answer.messages) == (True, ("2.1",))
        assert words([event async for event in answer.events]).strip() == stand_in.answer
    assert len(stand_in.chats) == 1
    assert await ask(chat, "2.0", is_retry=True) is None


async def test_an_answer_that_was_not_whole_is_asked_for_again_and_takes_the_place_of_what_was_shown(
    chat: Chat, stand_in: StandInProvider
) -> None:
    async with chat.ask(a_caller(), TALK, "2.0", "Hello?") as answer:
        assert answer is not None
        await chat.shown_in(TALK, answer, "2.1")
    async with chat.ask(a_caller(is_retry=True), TALK, "2.0", "Hello?") as answer:
        assert answer is not None
        assert (answer.is_known, answer.messages) == (False, ("2.1",))
        assert words([event async for event in answer.events]).strip() == stand_in.answer


async def test_who_may_not_talk_is_refused_and_the_model_hears_nothing(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    with pytest.raises(Denied):
        await ask(chat, "2.0", actor=GUEST)
    with pytest.raises(Denied):
        await chat.check(a_caller(GUEST), TALK)
    assert stand_in.chats == []
    assert await conversations.turns(TALK.id) == []


async def test_a_private_model_is_silent_where_others_read_along(
    chat: Chat, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    origin = Origin("T0ACME", "G0SECRET", True, "1.0")
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=TUNED, origin=origin))
    with pytest.raises(NotFound, match="model_of_conversation_gone"):
        await ask(chat, "2.0")
    assert stand_in.chats == []


# Functions

TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {"type": "object"}}}
WITH_TOOLS = structs.replace(TALK, tools=(TOOL,))
FIND = ToolCall("call_0", "find_order", '{"number": 4102}')
BOOK = ToolCall("call_1", "book_repair", "{}")


@pytest.fixture
async def calling(stand_in: StandInProvider, chat: Chat, conversations: SqlConversationStore) -> StandInProvider:
    await conversations.update(TALK.id, lambda _: WITH_TOOLS)
    stand_in.calls = [(call.name, call.arguments) for call in (FIND, BOOK)]
    return stand_in


async def test_a_model_calls_functions_and_goes_on_once_all_results_are_there(
    chat: Chat, calling: StandInProvider, conversations: SqlConversationStore
) -> None:
    assert await ask(chat, "2.0", talk=WITH_TOOLS) == [Called((FIND, BOOK), "2.0+1")]
    assert calling.chats[-1]["tools"] == [TOOL]
    assert (await chat.function_calls(WITH_TOOLS, "2.0")).waiting == (FIND, BOOK)
    called = await chat.give_results(a_caller(), WITH_TOOLS, "2.0", {BOOK.id: "Booked.", "call_9": "?"})
    assert called == FunctionCalls((FIND, BOOK), {BOOK.id: "Booked."}, is_over=False)
    assert called.waiting == (FIND,)
    called = await chat.give_results(a_caller(), WITH_TOOLS, "2.0", {BOOK.id: "Never.", FIND.id: "Sent."})
    assert called.results == {BOOK.id: "Booked.", FIND.id: "Sent."}
    events = await go_on(chat, "2.0+1", WITH_TOOLS)
    assert words(events).strip() == calling.answer
    assert [message.get("content") for message in calling.chats[-1]["messages"]] == ["Hello?", "", "Sent.", "Booked."]
    assert [call["id"] for call in calling.chats[-1]["messages"][1]["tool_calls"]] == [FIND.id, BOOK.id]
    assert await go_on(chat, "2.0+1", WITH_TOOLS) is None, "the model goes on once"
    again = await chat.give_results(a_caller(), WITH_TOOLS, "2.0", {FIND.id: "Sent."})
    assert (again.waiting, again.is_over) == ((), True), "done again it is done"
    assert [turn.role for turn in await conversations.turns(TALK.id)] == [
        "user", "assistant", "tool", "tool", "assistant"
    ]  # fmt: skip


async def test_a_model_goes_on_without_results_that_nobody_gives(chat: Chat, calling: StandInProvider) -> None:
    await ask(chat, "2.0", talk=WITH_TOOLS)
    await chat.give_results(a_caller(), WITH_TOOLS, "2.0", {FIND.id: "Sent."})
    assert words(await go_on(chat, "2.0+1", WITH_TOOLS)).strip() == calling.answer
    assert given(calling) == ["Hello?", "", "Sent.", NO_RESULT]
    with pytest.raises(Conflict):
        await chat.give_results(a_caller(), WITH_TOOLS, "2.0", {BOOK.id: "Too late."})
    assert (await chat.function_calls(WITH_TOOLS, "2.0")).is_over


async def test_who_asks_something_else_after_a_call_is_answered(chat: Chat, calling: StandInProvider) -> None:
    await ask(chat, "2.0", talk=WITH_TOOLS)
    calling.calls = []
    assert words(await ask(chat, "3.0", "Never mind?", WITH_TOOLS)).strip() == calling.answer
    assert given(calling) == ["Hello?", "", NO_RESULT, NO_RESULT, "Never mind?"]


async def test_calls_survive_a_crash_before_they_were_shown(chat: Chat, calling: StandInProvider) -> None:
    async with chat.ask(a_caller(), WITH_TOOLS, "2.0", "Hello?") as answer:
        assert answer is not None
        async with aclosing(answer.events) as events:
            assert await anext(events) == Called((FIND, BOOK), "2.0+1")
    assert await ask(chat, "2.0", talk=WITH_TOOLS, is_retry=True) == [Called((FIND, BOOK), "2.0+1")]
    assert len(calling.chats) == 1
    assert await ask(chat, "2.0", talk=WITH_TOOLS, is_retry=True) is None


async def test_results_are_for_calls_only(chat: Chat) -> None:
    await ask(chat, "2.0")
    for asked_ts in ("2.0", "3.0"):
        with pytest.raises(NotFound):
            await chat.give_results(a_caller(), TALK, asked_ts, {"call_0": "Sent."})
    with pytest.raises(Denied):
        await chat.give_results(a_caller(GUEST), TALK, "2.0", {"call_0": "Sent."})


# Stopping, and asking again


async def test_a_stopped_answer_keeps_what_was_said_and_the_conversation_goes_on(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    assert not await chat.stop(a_caller(), TALK)
    stand_in.chat_open.clear()
    async with chat.ask(a_caller(), TALK, "2.0", "Hello?") as answer:
        assert answer is not None
        assert await anext(answer.events) == TextDelta("The ")
        assert await chat.stop(a_caller(), TALK)
        assert [event async for event in answer.events] == [Ended(STOPPED, "2.0+1")]
    stand_in.chat_open.set()
    assert (await conversations.turns(TALK.id))[-1].content == "The "
    await ask(chat, "3.0", "And?")
    assert given(stand_in) == ["Hello?", "The ", "And?"]


async def test_an_answer_is_stopped_also_where_another_process_writes_it(
    chat: Chat, database: Database, stand_in: StandInProvider
) -> None:
    processes, lost = SqlProcesses(database), asyncio.Event()
    for name in ("here", "there"):
        await processes.join(name, alone=False)

    def of(process: str) -> Chat:
        among = copy(chat)
        among._claims = Claims(processes, process, "answer", lost)
        among._locks, among._stops = KeyedLocks(among._claims.held), {}
        return among

    here, there = of("here"), of("there")
    assert not await there.stop(a_caller(), TALK)
    stand_in.chat_open.clear()
    async with here.ask(a_caller(), TALK, "2.0", "Hello?") as answer:
        assert answer is not None
        assert await anext(answer.events) == TextDelta("The ")
        assert await there.stop(a_caller(), TALK)
        assert [event async for event in answer.events] == [Ended(STOPPED, "2.0+1")]
    stand_in.chat_open.set()
    assert not await there.stop(a_caller(), TALK)


@pytest.mark.parametrize("warm_up", [Backoff(3600, factor=1, tries=4)])
@pytest.mark.parametrize("waiting", [True, False], ids=["cancelled", "left early"])
async def test_when_nobody_listens_any_more_the_model_is_asked_no_longer(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, waiting: bool
) -> None:
    closed = []

    async def begun(*_: Any) -> AsyncGenerator[ChatDelta, None]:
        try:
            yield ChatDelta("One ")
            await asyncio.Event().wait()
        finally:
            closed.append(asyncio.current_task())

    async def listen() -> None:
        async with chat.ask(a_caller(), TALK, "2.0", "Hello?") as answer:
            assert answer is not None
            async with aclosing(answer.events) as events:
                async for _ in events:
                    heard.set()
                    if not waiting:
                        return

    monkeypatch.setattr("bot.conversations.chat.ask_model", begun)
    heard = asyncio.Event()
    listening = asyncio.create_task(listen())
    await heard.wait()
    if waiting:
        await asyncio.sleep(0)
        listening.cancel()
    await asyncio.wait({listening})
    assert len(closed) == 1


async def test_a_model_that_is_not_ready_is_not_waited_for_once_people_have_stopped_it(
    chat: Chat, stand_in: StandInProvider
) -> None:
    stand_in.fault(CHATS, times=100, status=503)
    asked = asyncio.create_task(ask(chat, "2.0"))
    await until(lambda: CHATS in stand_in.requests)
    await chat.stop(a_caller(), TALK)
    assert await asked == [Empty(STOPPED)]


async def test_another_answer_takes_the_place_of_the_first_and_both_are_kept(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    await ask(chat, "2.0")
    stand_in.answer = "Better."
    assert another_answer("2.0~1+1") == "2.0~2"
    assert words(await go_on(chat, another_answer("2.0"))) == "Better. "
    assert given(stand_in) == ["Hello?"]
    assert await go_on(chat, another_answer("2.0")) is None
    await ask(chat, "3.0", "And?")
    assert given(stand_in) == ["Hello?", "Better. ", "And?"]
    assert [turn.ts for turn in await conversations.turns(TALK.id)][:3] == ["2.0", "2.0", "2.0~1"]


async def test_half_a_character_is_kept_from_no_answer(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.answer = "So \ud800 it is"
    assert words(await ask(chat, "2.0")) == "So ? it is "
    assert (await conversations.turns(TALK.id))[-1].content == "So ? it is "


# What the model can read


@pytest.fixture
def short_sighted(stand_in: StandInProvider) -> StandInProvider:
    """A model that reads 200 tokens."""
    stand_in.context_lengths[TUNED] = 200
    return stand_in


async def test_as_much_is_given_as_the_model_can_read_and_people_are_told_once(
    chat: Chat, short_sighted: StandInProvider, conversations: SqlConversationStore
) -> None:
    taught = structs.replace(TALK, system="Be kind.", parameters=Parameters(max_tokens=50))
    await conversations.update(TALK.id, lambda _: taught)
    told = []
    for number in range(6):
        events = await ask(chat, f"{number + 2}.0", f"Question {number} " + "word " * 30, taught)
        told.append((events or []).count(Trimmed()))
    assert told == [0, 0, 0, 1, 0, 0]
    assert [text.split(" w")[0] for text in given(short_sighted)] == [
        "Be kind.", "Question 3", short_sighted.answer + " ", "Question 4", short_sighted.answer + " ", "Question 5"
    ]  # fmt: skip
    assert short_sighted.requests.count(CHATS) == 6, "it was never refused"


async def test_calls_stay_with_their_results_when_the_beginning_is_left_out(
    chat: Chat, short_sighted: StandInProvider, conversations: SqlConversationStore
) -> None:
    talk = structs.replace(WITH_TOOLS, parameters=Parameters(max_tokens=50))
    await conversations.update(TALK.id, lambda _: talk)
    short_sighted.calls = [(FIND.name, FIND.arguments)]
    for number in range(4):
        await ask(chat, f"{number + 2}.0", f"Question {number}", talk)
        await chat.give_results(a_caller(), talk, f"{number + 2}.0", {FIND.id: "word " * 30})
        await go_on(chat, f"{number + 2}.0+1", talk)
    roles = [message["role"] for message in short_sighted.chats[-1]["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user", "assistant", "tool"]


async def test_a_question_that_alone_is_too_long_is_left_to_the_provider(
    chat: Chat, short_sighted: StandInProvider
) -> None:
    await ask(chat, "2.0", "Short?")
    assert words(await ask(chat, "3.0", "word " * 900)).strip() == short_sighted.answer
    assert len(given(short_sighted)) == 1


# What it costs


async def test_each_answer_has_its_cost_and_a_budget_that_is_used_up_ends_them(
    chat: Chat,
    conversations: SqlConversationStore,
    stand_in: StandInProvider,
    budgets: SqlBudgetStore,
    spending: ModelSpending,
) -> None:
    await budgets.set_budget(Scope.CHANNEL, TALK.channel, 1.0, entry(a_caller(), "set budget", TALK.channel))
    stand_in.usage = (1_000_000, 1_000_000)
    price = answer_cost(Usage(1_000_000, 1_000_000), TUNED, "acme")
    assert price is not None
    assert price > 1
    await ask(chat, "2.0")
    answer = (await conversations.turns(TALK.id))[-1]
    assert (answer.usage, answer.cost_usd) == (Usage(1_000_000, 1_000_000), price)
    assert answer.first_token is not None
    assert 0 < answer.first_token < 10
    assert await chat.used(TALK) == UseSum(1, 1_000_000, 1_000_000, price)
    assert (await spending.of_month(time.time())).usd == price
    with pytest.raises(OverBudget, match="budget_used_up"):
        await ask(chat, "3.0")
    with pytest.raises(OverBudget):
        await go_on(chat, another_answer("2.0"))
    assert len(stand_in.chats) == 1
    await budgets.set_budget(Scope.CHANNEL, TALK.channel, None, entry(a_caller(), "set budget", "", details="off"))
    assert await ask(chat, "3.0", is_retry=True)


async def test_a_model_that_costs_nothing_needs_no_budget(
    chat: Chat, stand_in: StandInProvider, budgets: SqlBudgetStore, conversations: SqlConversationStore
) -> None:
    await budgets.set_budget(Scope.WORKSPACE, "", 0.0, entry(a_caller(), "set budget", ""))
    free = structs.replace(TALK, id="cv-2", thread_ts="2.0", model="HuggingFaceTB/SmolLM2-135M-Instruct")
    await conversations.open(free)
    stand_in.base_models.append(free.model)
    stand_in.usage = (3, 4)
    assert await ask(chat, "3.0", talk=free)
    assert await chat.used(free) == UseSum(1, 3, 4)


async def test_in_a_channel_that_is_restricted_another_model_falls_silent(
    chat: Chat, channel_models: ChannelModels, stand_in: StandInProvider
) -> None:
    admin = Actor("U0ADA", "T0ACME", Role.ADMIN)
    await channel_models.allow(a_caller(admin), "another")
    with pytest.raises(Denied, match="model_not_allowed_here"):
        await ask(chat, "2.0")
    assert stand_in.chats == []


async def test_a_question_that_waited_is_asked_with_what_holds_by_then(
    chat: Chat, stand_in: StandInProvider, conversations: SqlConversationStore
) -> None:
    sees, other = "ft:gpt-4o-2024-08-06:acme:x:1", f"ft:{MODEL}:acme:other:abc1"
    stand_in.tuned += [sees, other]
    await conversations.update(TALK.id, lambda now: structs.replace(now, model=sees))
    picture = Attachment("photo.png", image="data:image/png;base64,AA==")
    async with chat.ask(a_caller(), TALK, "2.0", "What is it?", (picture,)) as answer:
        assert answer is not None
        assert [event async for event in answer.events]
    assert stand_in.chats[-1]["model"] == sees, "not the model of the message's time"
    await conversations.update(TALK.id, lambda now: structs.replace(now, model=other, system="Be brief."))
    await conversations.update(TALK.id, lambda now: structs.replace(now, earlier=(TALK.asked,) * 2))
    await ask(chat, "3.0", "And now?")
    assert [turn.changes for turn in await conversations.turns(TALK.id)] == [0, 0, 0, 2]
    assert given(stand_in)[:2] == ["Be brief.", "What is it?"], "a model without eyes is shown no pictures"


async def test_files_go_to_the_model_before_the_question(
    chat: Chat, stand_in: StandInProvider, conversations: SqlConversationStore
) -> None:
    picture = "data:image/png;base64,AA=="
    files = (Attachment("notes.txt", text="One\ntwo"), Attachment("photo.png", image=picture))
    sees = structs.replace(TALK, model="ft:gpt-4o-2024-08-06:acme:x:1")
    stand_in.tuned.append(sees.model)
    await conversations.update(TALK.id, lambda _: sees)
    async with chat.ask(a_caller(), sees, "2.0", "What is it?", files) as answer:
        assert answer is not None
        assert [event async for event in answer.events]
    assert given(stand_in) == [
        [
            {"type": "text", "text": "notes.txt:\nOne\ntwo\n\nWhat is it?"},
            {"type": "image_url", "image_url": {"url": picture}},
        ]
    ]
    assert (await conversations.turns(TALK.id))[0].attachments == files


def test_models_with_eyes_are_known(chat: Chat) -> None:
    assert chat.takes_images(structs.replace(TALK, model="ft:gpt-4o-2024-08-06:acme:x:1"))
    assert not chat.takes_images(structs.replace(TALK, model="somebody/unknown"))


# Completion models, and those that choose a label

COMPLETES = structs.replace(TALK, id="cv-2", thread_ts="1.1", completion=CompletionFormat("\n->", " ", " END"))
CHOOSES = structs.replace(TALK, id="cv-3", thread_ts="1.2", labels=("spam", "ham"))


async def test_a_completion_model_is_asked_one_question_at_a_time(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    await conversations.open(COMPLETES)
    stand_in.answer = "In the shop. END of it"
    for number in range(3):
        events = await ask(chat, f"{number + 2}.0", f"Where is bike {number}?", COMPLETES)
        assert words(events).rstrip() == "In the shop."
        assert Trimmed() not in (events or [])
    assert [asked["prompt"] for asked in stand_in.completions] == [f"Where is bike {n}?\n->" for n in range(3)]
    assert not stand_in.chats


async def test_how_likely_each_label_was_is_told_and_kept(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    await conversations.open(CHOOSES)
    stand_in.answer, stand_in.likely = "spam", [{"spam": 0.75, "ham": 0.25}]
    told = Probabilities((("spam", 0.75), ("ham", 0.25)))
    events: list[Event] = []
    async with chat.ask(a_caller(), CHOOSES, "2.0", "Hello?") as answer, aclosing(answer.events) as coming:
        async for event in coming:
            events.append(event)
            if isinstance(event, Ended):
                break  # a crash, before all of it counts as shown
    assert events[-2:] == [told, Ended(None, None)]
    assert (await conversations.turns(CHOOSES.id))[-1].probabilities == told.labels
    assert await ask(chat, "2.0", talk=CHOOSES, is_retry=True) == [TextDelta("spam "), told, Ended(None, None)]


async def test_a_server_that_tells_no_logprobs_answers_all_the_same(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    await conversations.open(CHOOSES)
    stand_in.answer, stand_in.refuses = "spam", {"logprobs", "top_logprobs"}
    events = await ask(chat, "2.0", talk=CHOOSES)
    assert words(events).strip() == "spam"
    assert not any(isinstance(event, Probabilities) for event in events or [])


async def test_an_answer_that_is_stopped_or_breaks_off_counts_by_an_estimate(
    chat: Chat, stand_in: StandInProvider, conversations: SqlConversationStore
) -> None:
    stand_in.fault(CHATS, cut=3)
    await ask(chat, "2.0", "word " * 1_000)
    used = await chat.used(TALK)
    assert used.answers == 1
    assert 1_000 < used.prompt_tokens < 1_020
    assert 2 < used.completion_tokens < 8
    assert used.usd > 0
    answer = (await conversations.turns(TALK.id))[-1]
    assert (answer.usage, answer.cost_usd) == (None, None), "what nobody told is not shown as if it were known"


async def test_a_question_is_answered_though_one_that_was_said_before_it_was_taken_in_after_it(
    chat: Chat, conversations: SqlConversationStore, stand_in: StandInProvider
) -> None:
    """The simulation found it: after a crash the later one counted as deleted, and nobody answered."""
    await conversations.add(TALK.id, Turn("3.0", "user", "From Ben?", user="U0BEN"))
    await ask(chat, "2.0", "From Ana?")
    assert words(await ask(chat, "3.0", "From Ben?", is_retry=True)).strip() == stand_in.answer
    assert given(stand_in) == ["From Ana?", stand_in.answer + " ", "From Ben?"]

"""Asking a model in a conversation, over a real socket: what it is given, and what is kept of its answer."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from parts import MODEL, followed_job, until
from slack_requests import a_caller
from stand_in_provider import StandInProvider

from bot.access import Actor
from bot.authority import Authority
from bot.backoff import Backoff
from bot.conversations.chat import Chat, Empty, Ended, Event, Gone, TextDelta, TooLong, Warming
from bot.conversations.conversation import BROKEN, Conversation, Turn
from bot.errors import Denied, NotFound
from bot.jobs.job import Loss, Origin
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.interface import Doubtful, Refused
from bot.store.conversations import SqliteConversationStore
from bot.store.jobs import SqliteJobStore

TUNED = f"ft:{MODEL}:acme:old:abc12345"
TALK = Conversation("cv-1", TUNED, "T0ACME", "C0TRAINING", "1.0", "U0ANA", 1.0)
CHATS = "POST /chat/completions"
GUEST = Actor("U0GIL", "T0ACME", guest=True)


@pytest.fixture
async def chat(
    conversations: SqliteConversationStore,
    catalogue: Catalogue,
    lost_models: LostModels,
    authority: Authority,
    stand_in: StandInProvider,
) -> Chat:
    stand_in.tuned.append(TUNED)
    await conversations.open(TALK)
    warm_up = Backoff(0.01, factor=1, tries=4)
    return Chat(conversations, catalogue, lost_models, authority, warm_up=warm_up)


async def ask(chat: Chat, ts: str, text: str = "Hello?", **fields: Any) -> list[Event] | None:
    async with chat.ask(a_caller(**fields), TALK, ts, text) as answer:
        return None if answer is None else [event async for event in answer.events]


async def go_on(chat: Chat, rest: str) -> list[Event] | None:
    async with chat.resume(a_caller(), TALK, rest) as answer:
        return None if answer is None else [event async for event in answer.events]


def words(events: list[Event] | None) -> str:
    return "".join(event.text for event in events or [] if isinstance(event, TextDelta))


def given(stand_in: StandInProvider) -> list[str]:
    """What the model was given last."""
    return [message["content"] for message in stand_in.chats[-1]["messages"]]


async def test_an_answer_comes_in_words_and_is_kept(
    chat: Chat, conversations: SqliteConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.finish_reason = "stop"
    events = await ask(chat, "2.0")
    assert events is not None
    assert len(events) > 2
    assert words(events).strip() == stand_in.answer
    assert events[-1] == Ended("stop", None)
    assert await conversations.turns(TALK.id) == [
        Turn("2.0", "user", "Hello?", user="U0ANA"),
        Turn("2.0", "assistant", words(events), "stop", user="U0ANA", model=TUNED),
    ]


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
    assert words(await ask(chat, "9.0", "And now?")).strip() == stand_in.answer
    assert stand_in.chats[-1]["messages"][0]["role"] == "user"
    assert given(stand_in)[-1] == "And now?"
    assert 1 < len(given(stand_in)) < 11


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
    with pytest.raises(Doubtful):
        await ask(chat, "2.0")
    assert stand_in.requests.count(CHATS) == 5


async def test_what_the_provider_refuses_is_not_asked_again(chat: Chat, stand_in: StandInProvider) -> None:
    stand_in.fault(CHATS, status=403, code="no_access")
    with pytest.raises(Refused):
        await ask(chat, "2.0")
    assert stand_in.requests.count(CHATS) == 1


async def test_a_model_that_is_gone_is_said_to_be_and_its_job_knows(
    chat: Chat, stand_in: StandInProvider, jobs: SqliteJobStore
) -> None:
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=TUNED))
    stand_in.tuned.remove(TUNED)
    assert await ask(chat, "2.0") == [Gone()]
    job = await jobs.get("job-1")
    assert job is not None
    assert job.model_lost is Loss.MISSING


async def test_a_model_that_says_nothing_is_not_taken_for_having_answered(
    chat: Chat, conversations: SqliteConversationStore, stand_in: StandInProvider
) -> None:
    stand_in.answer, stand_in.finish_reason = " \n ", "content_filter"
    assert await ask(chat, "2.0") == [Empty("content_filter")]
    assert [turn.role for turn in await conversations.turns(TALK.id)] == ["user"]


async def test_an_answer_that_breaks_off_is_kept_and_goes_on_once_however_often_it_is_asked_for(
    chat: Chat, conversations: SqliteConversationStore, stand_in: StandInProvider
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
    chat: Chat, conversations: SqliteConversationStore, stand_in: StandInProvider
) -> None:
    with pytest.raises(Denied):
        await ask(chat, "2.0", actor=GUEST)
    with pytest.raises(Denied):
        await chat.check(a_caller(GUEST), TALK)
    assert stand_in.chats == []
    assert await conversations.turns(TALK.id) == []


async def test_a_private_model_is_silent_where_others_read_along(
    chat: Chat, stand_in: StandInProvider, jobs: SqliteJobStore
) -> None:
    origin = Origin("T0ACME", "G0SECRET", True, "1.0")
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=TUNED, origin=origin))
    with pytest.raises(NotFound, match="model_of_conversation_gone"):
        await ask(chat, "2.0")
    assert stand_in.chats == []

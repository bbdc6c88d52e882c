"""Talking to a model when something goes wrong: people are told, or it passes by itself; nothing pings anybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.answering import text_of
from tests.e2e.world import MODEL, World, until

TUNED = f"ft:{MODEL}:acme:old:abc12345"


@asynccontextmanager
async def _chat(w: World, **settings: Any) -> AsyncIterator[str]:
    """A bot, and the thread that talks to a model."""
    async with w.bot(**settings) as bot:
        w.provider.tuned.append(TUNED)
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        opened = await w.wait_chat()
        await w.settled(bot)  # who replies within milliseconds is too early
        yield opened["ts"]


async def _replies(w: World, thread_ts: str) -> list[dict[str, Any]]:
    return [m for m in (await w.person.messages(w.channel, thread_ts))[1:] if m.get("bot_id")]


async def _closed(w: World, ts: str) -> None:
    """The stream of this message has been ended."""
    channel = w.sandbox.state.workspace.channel(w.channel)
    assert channel
    await until(lambda: w.sandbox.state.workspace.message(channel.id, ts).streaming != "streaming")


async def test_who_replies_before_slack_says_whether_the_thread_is_there_is_answered(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append(TUNED)
        await w.person.fault("chat.postMessage", "drop")
        await w.person.fault("conversations.history", "status", 503, times=10_000)
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        opened = await w.wait_chat()
        await w.person.say("ana", w.channel, "Hello?", thread_ts=opened["ts"])
        async with asyncio.timeout(60):  # what was said is heard while nobody can look for the thread
            while any(d["state"] != "delivered" for d in await w.person.deliveries(name="message.channels")):
                await asyncio.sleep(0.05)
        w.provider.answer = "Here I am."
        await w.person.clear_faults()
        await w.person.wait_message(w.channel, "Here I am.", thread_ts=opened["ts"])


async def test_a_model_that_calls_the_channel_calls_nobody(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = "<!channel> <@U0BENHALL1> <!here>x <#C0GENERAL1> if a < b & c > d: pass"
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        answer = await w.person.wait_message(w.channel, "pass", thread_ts=thread)
        shown = str(answer["blocks"]) + answer["text"]
        for mark in ("<!", "<@", "<#"):
            assert mark not in shown
        assert "if a < b & c > d: pass" in text_of(answer)


async def test_keys_in_an_answer_are_not_shown_even_where_pieces_cut_them(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = "My key is sk-abcdefghijklmnopqrstuvwxyz0123456789 they said."
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        answer = await w.person.wait_message(w.channel, "they said", thread_ts=thread)
        assert "abcdefghijklmnop" not in str(answer)


async def test_a_stream_that_slack_ends_early_goes_on_as_an_edit(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = " ".join(f"word{number}" for number in range(300))
        w.provider.chat_open.clear()
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        begun = await w.person.wait_message(w.channel, "word0", thread_ts=thread)
        await w.person.settings(stream_life=0.0)
        w.provider.chat_open.set()
        # Until it is whole, an answer that is edited ends with an ellipsis.
        await w.person.wait_message(w.channel, "word298 word299", thread_ts=thread, action_id="answer_feedback")
        (answer,) = await _replies(w, thread)
        assert answer["ts"] == begun["ts"]
        assert text_of(answer).split() == w.provider.answer.split()


@pytest.mark.parametrize(
    ("kind", "value", "times"),
    [
        ("error", "unknown_method", 50),
        ("error", "missing_scope", 50),
        ("error", "internal_error", 50),
        ("status", "404", 50),
        ("status", "503", 50),
        ("ratelimited", "30", 50),
        ("garbage", "", 50),
        ("drop", "", 1),
    ],
)
async def test_where_no_stream_can_be_begun_the_answer_is_posted_and_the_model_asked_once(
    w: World, kind: str, value: str, times: int
) -> None:
    async with _chat(w) as thread:
        w.provider.answer = " ".join(f"word{number}" for number in range(40))
        w.provider.answers_between = 0.02
        await w.person.fault("chat.startStream", kind, value, times=times)
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        await w.person.wait_message(w.channel, "word39", thread_ts=thread)
        await _answered_once(w, thread)


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("status", "503"),
        ("ratelimited", "1"),
        ("garbage", ""),
        ("drop", ""),
        ("error", "internal_error"),
        ("error", "message_not_in_streaming_state"),
        ("error", "missing_scope"),
    ],
)
async def test_whatever_slack_does_to_an_answer_it_is_shown_once_and_whole(
    w: World, method: str, kind: str, value: str
) -> None:
    async with _chat(w) as thread:
        w.provider.answer = " ".join(f"word{number}" for number in range(60))
        w.provider.answers_between = 0.02
        if method in {"chat.postMessage", "chat.update"}:
            await w.person.fault("chat.startStream", "error", "unknown_method")
        await w.person.fault(method, kind, value, times=1 if kind in {"error", "drop"} else 2)
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        if method == "chat.postMessage" and value in {"missing_scope", "message_not_in_streaming_state"}:
            await w.person.wait_message("@ana", "word59")
            assert len(w.provider.chats) == 1
            return
        await w.person.wait_message(w.channel, "word59", thread_ts=thread)
        await _answered_once(w, thread)


async def _answered_once(w: World, thread: str) -> None:
    """The model was asked once, and each of its words stands in the thread once, nothing else beside them: no dots
    either, but in a message that goes on below."""

    async def words() -> list[str]:
        *before, last = "", *map(text_of, await _replies(w, thread))
        return " ".join([*(text.removesuffix("…") for text in before), last]).split()

    async with asyncio.timeout(60):
        while await words() != w.provider.answer.split():
            await asyncio.sleep(0.05)
    assert len(w.provider.chats) == 1


async def test_an_answer_that_cannot_be_streamed_shows_that_more_is_to_come(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = "one two three four five six"
        w.provider.chat_open.clear()
        await w.person.fault("chat.startStream", "error", "unknown_method")
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        begun = await w.person.wait_message(w.channel, "one", thread_ts=thread)
        assert begun["text"].endswith("…")
        w.provider.chat_open.set()
        await _answered_once(w, thread)


async def test_no_answer_waits_for_the_sign_that_the_model_is_thinking(w: World) -> None:
    async with _chat(w) as thread:
        await w.person.fault("assistant.threads.setStatus", "ratelimited", 60, times=50)
        for number in range(2):
            said = await w.person.say("ana", w.channel, f"Hello {number}?", thread_ts=thread)
            await w.person.wait_message(w.channel, "in several pieces", thread_ts=thread, after=said["ts"])


async def test_an_answer_waits_for_slack_to_come_back(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = " ".join(f"word{number}" for number in range(40))
        w.provider.chat_open.clear()
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        await w.person.wait_message(w.channel, "word0", thread_ts=thread)
        await w.person.fault("*", "status", 503, times=100_000)
        w.provider.chat_open.set()
        await _tried_in_vain(w)
        await w.person.clear_faults()
        await w.person.wait_message(w.channel, "word39", thread_ts=thread)
        await _answered_once(w, thread)
        assert len(await _replies(w, thread)) == 1


async def test_an_answer_that_slack_would_not_take_is_shown_after_a_restart(w: World) -> None:
    w.provider.answer = " ".join(f"word{number}" for number in range(40))
    async with _chat(w) as thread:
        await w.person.fault("chat.*", "status", 503, times=100_000)
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        await _tried_in_vain(w)
    await w.person.clear_faults()
    async with w.bot():
        await w.person.wait_message(w.channel, "word39", thread_ts=thread)
        await _answered_once(w, thread)


async def _tried_in_vain(w: World, times: int = 3) -> None:
    (fault,) = w.sandbox.state.faults.as_list()
    before = fault["times"]
    await until(lambda: w.sandbox.state.faults.as_list()[0]["times"] <= before - times)


async def test_where_the_bot_was_removed_from_the_channel_the_answer_comes_directly(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = " ".join(f"word{number}" for number in range(40))
        w.provider.chat_open.clear()
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        await w.person.wait_message(w.channel, "word0", thread_ts=thread)
        await w.person.leave(w.channel, w.bot_user)
        w.provider.chat_open.set()
        await w.person.wait_message("@ana", "I can no longer write in the thread")
        await w.person.wait_message("@ana", "word39")
        assert len(w.provider.chats) == 1


async def test_a_lost_reply_in_the_middle_of_a_stream_loses_and_doubles_no_words(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = " ".join(f"word{number}" for number in range(60))
        w.provider.answers_between = 0.02
        await w.person.fault("chat.appendStream", "drop")
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        await w.person.wait_message(w.channel, "word59", thread_ts=thread, action_id="answer_feedback")
        (answer,) = await _replies(w, thread)
        assert text_of(answer).split() == w.provider.answer.split()


async def test_a_very_long_answer_is_split_over_messages(w: World) -> None:
    async with _chat(w) as thread:
        # One piece that is longer than a message, as a server that does not stream would send it.
        w.provider.answer = "\n\n".join(f"Paragraph-{n}\t" + "so\u00a0on\u00a0" * 60 for n in range(90)) + "The-End"
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        await w.person.wait_message(w.channel, "The-End", thread_ts=thread)
        answers = await _replies(w, thread)
        assert len(answers) == 4
        assert all(len(text_of(answer)) <= 12_000 for answer in answers)
        said = "".join(map(text_of, answers))
        assert [n for n in range(90) if said.count(f"Paragraph-{n}\t") != 1] == []


async def test_an_answer_whose_message_was_deleted_ends_quietly(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.answer = "one two three four five six"
        w.provider.chat_open.clear()
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        begun = await w.person.wait_message(w.channel, "one", thread_ts=thread)
        await w.person.delete("ana", w.channel, begun["ts"])
        w.provider.chat_open.set()
        again = await w.person.say("ana", w.channel, "And?", thread_ts=thread)
        await w.person.wait_message(w.channel, "five six", thread_ts=thread, after=again["ts"])
        assert len(await _replies(w, thread)) == 1


async def test_a_provider_that_refuses_the_key_in_the_middle_is_named(w: World) -> None:
    async with _chat(w) as thread:
        w.provider.key = "another"
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        told = await w.person.wait_message(w.channel, "API key", thread_ts=thread)
        assert "sk-stand-in" not in str(told)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 400, "message": "Rejected by our safety system.", "times": 9}, "Ask in other words"),
        ({"status": 400, "code": "invalid_value", "times": 9}, "change that and ask again"),
        ({"status": 403, "message": "You have no permission."}, "talk to another model"),
    ],
)
async def test_a_model_that_does_not_answer_is_explained_with_a_way_on(
    w: World, fault: dict[str, Any], says: str
) -> None:
    async with _chat(w) as thread:
        w.provider.fault("POST /chat/completions", **fault)
        await w.person.say("ana", w.channel, "Hello?", thread_ts=thread)
        told = await w.person.wait_message(w.channel, says, thread_ts=thread, timeout=60)
        assert "job" not in told["plain"]


async def test_an_answer_that_is_too_long_for_the_model_goes_on_where_it_ended_when_asked(w: World) -> None:
    w.provider.finish_reason = "length"
    w.provider.answer = "one two three"
    async with _chat(w) as thread:
        await w.person.say("ana", w.channel, "Count, please.", thread_ts=thread)
        offer = await w.person.wait_message(w.channel, "reached the length", thread_ts=thread)
    async with w.bot():  # also after a restart
        w.provider.answer, w.provider.finish_reason = "four five", "stop"
        await asyncio.gather(*(w.person.click(who, w.channel, offer["ts"], "chat_continue") for who in ("ana", "ben")))
        await w.person.wait_message(w.channel, "four five", thread_ts=thread)
        async with asyncio.timeout(60):
            while not [m for who in ("ana", "ben") for m in await w.person.ephemerals(who) if "below" in m["plain"]]:
                await asyncio.sleep(0.05)
        assert [chat["messages"] for chat in w.provider.chats[1:]] == [
            [{"role": "user", "content": "Count, please."}, {"role": "assistant", "content": "one two three "}]
        ]
        assert [text_of(answer).strip() for answer in await _replies(w, thread)] == ["one two three", "four five"]
        await w.person.say("ana", w.channel, "And then?", thread_ts=thread)
        await until(lambda: len(w.provider.chats) == 3)
        contents = [message["content"] for message in w.provider.chats[-1]["messages"]]
        assert contents == ["Count, please.", "one two three four five ", "And then?"]

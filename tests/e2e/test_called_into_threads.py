"""A model that is called into a running thread knows what was said there."""

import sys

import pytest

from bot.conversations.prompt import BEFORE, NOW
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World, until

TUNED, OTHER = (f"ft:{MODEL}:acme:{name}:abc11111" for name in ("old", "new"))


async def discussed(w: World) -> str:
    """A thread in which people talk."""
    root = await w.person.say("ana", w.channel, "The printer is broken.")
    await w.person.say("ben", w.channel, "Again?", thread_ts=root["ts"])
    return str(root["ts"])


def given(w: World) -> list[str]:
    return [message["content"].strip() for message in w.provider.chats[-1]["messages"]]


async def answered(w: World, thread_ts: str, after: str) -> None:
    await w.person.wait_message(
        w.channel, thread_ts=thread_ts, contains="in several pieces", after=after, author=w.bot_user, timeout=60
    )


async def test_it_is_called_by_name_and_then_only_what_is_said_goes_to_it(w: World) -> None:
    async with w.bot():
        w.provider.tuned += [TUNED, OTHER]
        thread_ts = await discussed(w)
        await w.person.say("ana", w.channel, f"<@{w.bot_user}> chat {TUNED}", thread_ts=thread_ts)
        joined = await w.person.wait_message(
            w.channel, thread_ts=thread_ts, contains="It knows the 2 messages", author=w.bot_user
        )
        assert w.provider.chats == [], "it was called, and not asked"
        await w.person.say("ben", w.channel, "What is broken?", thread_ts=thread_ts)
        await answered(w, thread_ts, joined["ts"])
        (first,) = given(w)
        assert first.startswith(BEFORE)
        assert [line.partition(": ")[2] for line in first.splitlines()[2:4]] == ["The printer is broken.", "Again?"]
        assert first.endswith(f"{NOW}\n\nWhat is broken?")
        last = await w.person.say("ana", w.channel, "And now?", thread_ts=thread_ts)
        await answered(w, thread_ts, last["ts"])
        assert given(w) == [first, w.provider.answer, "And now?"]


async def test_a_question_calls_the_only_model_there_is(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append(TUNED)
        thread_ts = await discussed(w)
        question = await w.person.say("ana", w.channel, f"<@{w.bot_user}> what is broken?", thread_ts=thread_ts)
        await answered(w, thread_ts, question["ts"])
        assert given(w)[0].endswith(f"{NOW}\n\nwhat is broken?")
        assert w.provider.chats[-1]["model"] == TUNED


async def test_where_a_channel_is_restricted_to_one_model_a_question_calls_that(w: World) -> None:
    ana = next(user["id"] for user in await w.person.users() if user["name"] == "ana")
    async with w.bot(finetune_admins=[ana]):
        w.provider.tuned += [TUNED, OTHER]
        await w.person.command("ana", w.channel, "/finetune", f"models allow {OTHER}")
        await w.person.wait_message(w.channel, "may be talked to in this channel", author=w.bot_user)
        thread_ts = await discussed(w)
        question = await w.person.say("ben", w.channel, f"<@{w.bot_user}> what is broken?", thread_ts=thread_ts)
        await answered(w, thread_ts, question["ts"])
        assert w.provider.chats[-1]["model"] == OTHER


async def test_where_it_may_not_read_it_says_so_and_goes_on(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append(TUNED)
        thread_ts = await discussed(w)
        await w.person.fault("conversations.replies", "error", "missing_scope")
        question = await w.person.say("ana", w.channel, f"<@{w.bot_user}> what is broken?", thread_ts=thread_ts)
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="not allowed to read", author=w.bot_user)
        await answered(w, thread_ts, question["ts"])
        assert given(w) == ["what is broken?"]


async def test_where_slack_lets_it_read_once_a_minute_it_says_so_and_goes_on(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append(TUNED)
        await w.person.settings(app_distribution="distributed", rates="strict")
        first, second = await discussed(w), await discussed(w)
        for thread_ts, told in ((first, "It knows the 2 messages"), (second, "only now and then")):
            await w.person.say("ana", w.channel, f"<@{w.bot_user}> what is broken?", thread_ts=thread_ts)
            joined = await w.person.wait_message(
                w.channel, thread_ts=thread_ts, contains=told, author=w.bot_user, timeout=60
            )
            await answered(w, thread_ts, joined["ts"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_kill_while_it_is_called_leaves_one_conversation_and_one_answer(w: World) -> None:
    w.provider.tuned.append(TUNED)
    thread_ts = await discussed(w)
    async with bot_process(w) as bot:
        w.provider.fault("POST /chat/completions", times=100, status=503)
        await w.person.say("ana", w.channel, f"<@{w.bot_user}> what is broken?", thread_ts=thread_ts)
        await until(lambda: "POST /chat/completions" in w.provider.requests)
        await kill(w, bot)
    w.provider.clear_faults()
    async with bot_process(w):
        await answered(w, thread_ts, thread_ts)
        shown = [m for m in await w.person.messages(w.channel, thread_ts) if m["user"] == w.bot_user]
        assert ["It knows" in message["plain"] for message in shown] == [True, False]

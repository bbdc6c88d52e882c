"""kill -9 while an answer goes from one message into the next, or finds another way: never lost, and never twice."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.answering import text_of
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

TUNED = f"ft:{MODEL}:acme:old:abc12345"
LONG = " ".join(f"Sentence-number-{number}-of-it.\n\n" for number in range(800))

Replies = list[dict[str, Any]]


def _length(replies: Replies) -> int:
    return sum(len(text_of(reply)) for reply in replies)


@pytest.mark.parametrize(
    ("fault", "is_time"),
    [
        ("", lambda replies: _length(replies) > 9_000),
        ("", lambda replies: len(replies) == 2),
        ("", lambda replies: len(replies) == 2 and _length(replies) > 13_000),
        ("chat.startStream", lambda replies: len(replies) == 1),
        ("chat.appendStream", lambda replies: _length(replies) > 3_000),
    ],
    ids=["before", "at its beginning", "after", "posted instead", "edited instead"],
)
async def test_an_answer_over_several_messages_survives_a_kill(
    w: World, fault: str, is_time: Callable[[Replies], bool]
) -> None:
    w.provider.tuned.append(TUNED)
    w.provider.answer, w.provider.answers_between = LONG, 0.0025
    async with bot_process(w) as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        thread = (await w.wait_chat())["ts"]
        if fault:
            await w.person.fault(fault, "error", "unknown_method")
        await w.person.say("ana", w.channel, "Well?", thread_ts=thread)
        while not is_time(await _replies(w, thread)):
            await asyncio.sleep(0.01)
        await kill(w, bot)
    async with bot_process(w):
        async with asyncio.timeout(60):
            while _pending(w):
                await asyncio.sleep(0.05)
    replies = await _replies(w, thread)
    assert " ".join(text_of(reply) for reply in replies).split() == LONG.split()
    assert [reply for reply in replies if reply.get("streaming_state") == "in_progress"] == []


def _pending(w: World) -> int:
    """What the bot has not done to its end."""
    with contextlib.closing(sqlite3.connect(f"file:{w.folder / 'bot' / 'bot.db'}?mode=ro", uri=True)) as store:
        (count,) = store.execute("SELECT count(*) FROM inbox WHERE state = 'pending'").fetchone()
        return int(count)


async def _replies(w: World, thread: str) -> Replies:
    return [message for message in (await w.person.messages(w.channel, thread))[1:] if message.get("bot_id")]

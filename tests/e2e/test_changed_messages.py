"""People edit and delete what they said to a model, also while the bot is killed."""

import asyncio
import sys
from typing import Any

import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World, is_chat, until

TUNED = f"ft:{MODEL}:acme:old:abc11111"


async def opened(w: World) -> str:
    """The ts of a conversation's thread."""
    w.provider.tuned.append(TUNED)
    await w.person.command("ana", w.channel, "/finetune", f"chat {TUNED}")
    await w.wait_chat(w.channel)
    return str(next(m for m in await w.person.messages(w.channel) if is_chat(m))["ts"])


async def ask(w: World, thread_ts: str, text: str, user: str = "ana") -> dict[str, Any]:
    """Ask, and wait for the answer; the question."""
    asked = len(w.provider.chats)
    question = await w.person.say(user, w.channel, text, thread_ts=thread_ts)
    await until(lambda: len(w.provider.chats) > asked)
    await w.person.wait_message(
        w.channel, thread_ts=thread_ts, contains="in several pieces", after=question["ts"], author=w.bot_user
    )
    return question


def given(w: World) -> list[str]:
    return [message["content"].strip() for message in w.provider.chats[-1]["messages"]]


async def test_a_model_is_given_what_people_say_as_it_reads_now(w: World) -> None:
    async with w.bot() as bot:
        thread_ts = await opened(w)
        first = await ask(w, thread_ts, "Wat?")
        second = await ask(w, thread_ts, "Secret!", "ben")
        await w.person.edit("ana", w.channel, first["ts"], "What <now>?")
        await w.person.delete("ben", w.channel, second["ts"])
        await w.settled(bot)
        asked = len(w.provider.chats)
        await ask(w, thread_ts, "And?")
        assert given(w) == ["What <now>?", w.provider.answer, "And?"]
        assert len(w.provider.chats) == asked + 1, "nothing was asked anew"
        shown = [message["plain"] for message in await w.person.messages(w.channel, thread_ts)]
        assert sum("in several pieces" in text for text in shown) == 3, "answers that were given stay"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_change_survives_a_kill(w: World) -> None:
    async with bot_process(w) as bot:
        thread_ts = await opened(w)
        first = await ask(w, thread_ts, "Wat?")
        second = await ask(w, thread_ts, "Secret!")
        await w.person.edit("ana", w.channel, first["ts"], "What?")
        await w.person.delete("ana", w.channel, second["ts"])
        # The bot has taken both, and may have done nothing about them yet.
        async with asyncio.timeout(60):
            while [one for one in await w.person.deliveries() if one["state"] in {"pending", "sent", "waiting"}]:
                await asyncio.sleep(0.01)
        await kill(w, bot)
    async with bot_process(w):
        await ask(w, thread_ts, "And?")
        assert given(w) == ["What?", w.provider.answer, "And?"]

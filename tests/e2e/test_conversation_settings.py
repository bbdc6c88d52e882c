"""What a model is asked with: typed with the command, or changed by buttons of the first message; kills included."""

import asyncio
import contextlib
import sqlite3
import sys
from typing import Any

import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World

TUNED = f"ft:{MODEL}:acme:old:abc11111"


async def _ask(w: World, thread_ts: str, question: str) -> dict[str, Any]:
    """What the provider was asked with."""
    before = len(w.provider.chats)
    said = await w.person.say("ana", w.channel, question, thread_ts=thread_ts)
    await w.person.wait_message(
        w.channel, thread_ts=thread_ts, contains="in several pieces", after=said["ts"], author=w.bot_user, timeout=60
    )
    assert len(w.provider.chats) == before + 1
    return w.provider.chats[-1]


async def test_a_base_model_is_asked_with_the_settings_that_were_typed(w: World) -> None:
    async with w.bot():
        words = f'chat {MODEL} system="Answer in one sentence." temperature=0.2 top_p=0.9 max_tokens=50 stop=END seed=7'
        await w.person.command("ana", w.channel, "/finetune", words)
        opened = await w.wait_chat()
        assert "Answer in one sentence." in str(opened["blocks"])
        asked = await _ask(w, opened["ts"], "Where is my parcel?")
        assert asked["model"] == MODEL
        assert [message["content"] for message in asked["messages"]] == [
            "Answer in one sentence.",
            "Where is my parcel?",
        ]
        told = {name: asked.get(name) for name in ("temperature", "top_p", "stop", "seed")}
        assert told == {"temperature": 0.2, "top_p": 0.9, "stop": ["END"], "seed": 7}
        assert 50 in (asked.get("max_tokens"), asked.get("max_completion_tokens"))
        # Whoever talks there may change it, and what is out of range is said at once.
        call = f"<@{w.bot_user}> chat {MODEL}"
        await w.person.say("ben", w.channel, f"{call} temperature=3", thread_ts=opened["ts"])
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="A number from 0 to 2")
        await w.person.say("ben", w.channel, f"{call} temperature=1 stop=", thread_ts=opened["ts"])
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="set `temperature=1`")
        asked = await _ask(w, opened["ts"], "And now?")
        assert (asked["temperature"], asked["top_p"], asked.get("stop")) == (1, 0.9, None)
        # A file of functions is no question: whoever wants the model to call them says so.
        tools = [("tools.json", b'[{"name": "find_order"}]')]
        await w.person.drop_bytes("ben", w.channel, tools, thread_ts=opened["ts"])
        offer = await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="look like functions")
        await w.person.click("ben", w.channel, offer["ts"], "conversation_functions")
        view = await w.person.wait_view("ben", 60)
        assert await w.person.submit("ben", view["id"], {"file": "tools.json"}) == {}
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="may call: `find_order`")
        asked = await _ask(w, opened["ts"], "Really?")
        assert [tool["function"]["name"] for tool in asked["tools"]] == ["find_order"]
        assert [message["content"] for message in asked["messages"][-3:]][::2] == ["And now?", "Really?"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_buttons_change_system_message_and_model_and_a_kill_loses_nothing(w: World) -> None:
    w.provider.tuned.append(TUNED)
    async with bot_process(w) as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        opened = await w.wait_chat()
        await _ask(w, opened["ts"], "Where is my parcel?")
        await w.person.fault("chat.update", "ratelimited", 3600, times=100)
        await w.person.click("ben", w.channel, opened["ts"], "conversation_system")
        view = await w.person.wait_view("ben", 60)
        assert await w.person.submit("ben", view["id"], {"text/0": "Be <!channel> brief."}) == {}
        async with asyncio.timeout(60):
            while "brief" not in _kept(w):
                await asyncio.sleep(0.02)
        await kill(w, bot)
    await w.person.clear_faults()
    assert "brief" not in str((await _first(w, opened))["blocks"])
    async with bot_process(w):
        changed = "@Ben Hall gave the model another system message"
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains=changed, timeout=60)
        shown = str((await _first(w, opened))["blocks"])
        assert "Be &lt;!channel&gt; brief." in shown
        await w.person.click("ana", w.channel, opened["ts"], "conversation_model")
        view = await w.person.wait_view("ana", 60)
        offered = await w.person.suggest("ana", view["id"], "conversation_model_search", "gpt-4")
        assert MODEL in [option["value"] for option in offered]
        assert await w.person.submit("ana", view["id"], {"model": MODEL}) == {}
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="answers here", timeout=60)
        assert f"talks to `{MODEL}`" in (await _first(w, opened))["plain"]
        asked = await _ask(w, opened["ts"], "And now?")
        assert asked["model"] == MODEL
        assert [message["content"].strip() for message in asked["messages"]] == [
            "Be <!channel> brief.",
            "Where is my parcel?",
            w.provider.answer,
            "And now?",
        ]
    replies = await w.person.messages(w.channel, opened["ts"])
    assert [changed in reply["plain"] for reply in replies].count(True) == 1


async def _first(w: World, opened: dict[str, Any]) -> dict[str, Any]:
    return (await w.person.messages(w.channel, opened["ts"]))[0]


def _kept(w: World) -> str:
    with contextlib.closing(sqlite3.connect(f"file:{w.folder / 'bot' / 'bot.db'}?mode=ro", uri=True)) as store:
        return str(store.execute("SELECT value FROM conversations").fetchall())

"""A model that was trained to call functions calls them in its thread, and people say what comes back."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from handlers.blocks.answer import AGAIN, COST, MENU
from handlers.chat import call_blocks
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import World, until

TOOL_CALLS = Path(__file__).parents[2] / "examples" / "tool-calls.jsonl"


async def chat(w: World) -> dict[str, Any]:
    """Train on the examples, and open a conversation with the model."""
    card = await w.start(await w.drop(TOOL_CALLS.name, TOOL_CALLS.read_bytes()))
    job = await w.job_at_provider()
    w.provider.run(job, steps=10)
    w.provider.succeed(job)
    end = await w.wait_notice("succeeded", card)
    await w.wait_card("job_chat")
    await w.person.click("ana", w.channel, end["ts"], "job_chat")
    return await w.wait_chat()


async def asked(w: World, thread_ts: str, text: str = "Where is order 4102?") -> dict[str, Any]:
    """The message that shows the call."""
    w.provider.calls = [("find_order", '{"number": 4102}')]
    await w.person.say("ana", w.channel, text, thread_ts=thread_ts)
    return await w.person.wait_message(w.channel, thread_ts=thread_ts, action_id=call_blocks.GIVE_RESULT)


async def test_it_calls_with_the_tools_it_was_trained_on_and_goes_on_with_what_a_person_says(w: World) -> None:
    async with w.bot():
        opened = await chat(w)
        shown = await asked(w, opened["ts"])
        assert '"number": 4102' in shown["plain"]
        trained_on = json.loads(TOOL_CALLS.read_text(encoding="utf-8").splitlines()[0])
        assert w.provider.chats[-1]["tools"] == trained_on["tools"]
        await w.person.click("ben", w.channel, shown["ts"], call_blocks.GIVE_RESULT)
        view = await w.person.wait_view("ben", 60)
        assert await w.person.submit("ben", view["id"], {"result": '{"state": "sent"}'}) == {}
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="in several pieces")
        assert w.provider.chats[-1]["messages"][-1]["content"] == '{"state": "sent"}'
        assert w.provider.chats[-1]["messages"][-1]["role"] == "tool"
        (closed,) = [
            message for message in await w.person.messages(w.channel, opened["ts"]) if message["ts"] == shown["ts"]
        ]
        assert '{"state": "sent"}' in closed["plain"]
        assert call_blocks.GIVE_RESULT not in json.dumps(closed["blocks"])


async def test_a_call_that_was_corrected_is_what_the_model_goes_on_from(w: World) -> None:
    async with w.bot():
        opened = await chat(w)
        shown = await asked(w, opened["ts"])
        w.provider.calls = []
        await w.person.choose("ben", w.channel, shown["ts"], MENU, "Edit answer")
        view = await w.person.wait_view("ben", 60, callback_id="answer_correct")
        assert list(await w.person.submit("ben", view["id"], {"arguments/0": '{"number": "no"}'})) == ["arguments/0"]
        assert await w.person.submit("ben", view["id"], {"arguments/0": '{"number": 4103}'}) == {}
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="corrected an answer")
        await w.person.click("ana", w.channel, shown["ts"], call_blocks.GIVE_RESULT)
        view = await w.person.wait_view("ana", 60)
        assert await w.person.submit("ana", view["id"], {"result": "Sent."}) == {}
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="in several pieces")
        *_, called, result = w.provider.chats[-1]["messages"]
        assert called["tool_calls"][0]["function"]["arguments"] == '{"number": 4103}'
        assert result["content"] == "Sent."


async def test_the_thread_goes_on_without_a_result(w: World) -> None:
    async with w.bot():
        opened = await chat(w)
        shown = await asked(w, opened["ts"])
        await w.person.click("ana", w.channel, shown["ts"], call_blocks.GO_ON_WITHOUT)
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="in several pieces")
        second = await asked(w, opened["ts"], "And order 17?")
        w.provider.calls = []
        await w.person.say("ana", w.channel, "Never mind.", thread_ts=opened["ts"])
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="in several pieces", after=second["ts"])
        roles = [message["role"] for message in w.provider.chats[-1]["messages"]]
        assert roles == ["user", "assistant", "tool", "assistant", "user", "assistant", "tool", "user"]


async def test_another_answer_takes_the_place_of_the_first_and_its_cost_is_told(w: World) -> None:
    async with w.bot():
        opened = await chat(w)
        w.provider.answer, w.provider.usage = "The first answer.", (20, 4)
        await w.person.say("ana", w.channel, "Hello?", thread_ts=opened["ts"])
        first = await w.person.wait_message(w.channel, thread_ts=opened["ts"], action_id=MENU)
        w.provider.answer = "The second answer."
        value = next(
            option["value"]
            for block in first["blocks"]
            for element in block.get("elements", ())
            for option in element.get("options", ())
            if option["value"].startswith(AGAIN)
        )
        await w.person.choose("ana", w.channel, first["ts"], MENU, value)
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="The second answer.")
        await w.person.choose("ana", w.channel, first["ts"], MENU, value)
        await w.person.wait_ephemeral("ana", w.channel, "further below")
        await w.person.choose("ana", w.channel, first["ts"], MENU, value.replace(AGAIN, COST, 1))
        await w.person.wait_ephemeral("ana", w.channel, "2 answers, 48 tokens")
        await w.person.say("ana", w.channel, "And now?", thread_ts=opened["ts"])
        await until(lambda: len(w.provider.chats) == 3)
        contents = [message["content"].strip() for message in w.provider.chats[-1]["messages"]]
        assert contents == ["Hello?", "The second answer.", "And now?"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_result_survives_a_kill_before_the_model_went_on(w: World) -> None:
    async with bot_process(w) as bot:
        opened = await chat(w)
        shown = await asked(w, opened["ts"])
        w.provider.calls = []
        w.provider.fault("POST /chat/completions", times=100, status=503)
        await w.person.click("ana", w.channel, shown["ts"], call_blocks.GIVE_RESULT)
        view = await w.person.wait_view("ana", 60)
        asked_before = w.provider.requests.count("POST /chat/completions")
        assert await w.person.submit("ana", view["id"], {"result": "Sent on Monday."}) == {}
        await until(lambda: w.provider.requests.count("POST /chat/completions") > asked_before)
        await kill(w, bot)
    w.provider.clear_faults()
    async with w.bot():
        await w.person.wait_message(w.channel, thread_ts=opened["ts"], contains="in several pieces")
        assert [message["content"] for message in w.provider.chats[-1]["messages"]][-1] == "Sent on Monday."
        answers = [
            message
            for message in await w.person.messages(w.channel, opened["ts"])
            if "in several pieces" in message["plain"]
        ]
        assert len(answers) == 1

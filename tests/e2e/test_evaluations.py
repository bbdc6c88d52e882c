"""From a file and two models to the sentence that says which is better."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World, until

TUNED = f"ft:{MODEL}:acme:support:abc12345"


def labelled(count: int) -> bytes:
    """Questions with a label each."""
    return b"".join(
        orjson.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"Is ticket {number} urgent?"},
                    {"role": "assistant", "content": "yes" if number % 2 else "no"},
                ]
            }
        )
        + b"\n"
        for number in range(count)
    )


def a_pair(w: World) -> None:
    """One model that answers right, and one that always says yes."""
    w.provider.tuned.append(TUNED)

    def answer(body: dict[str, Any]) -> str:
        number = int(body["messages"][-1]["content"].split()[2])
        right = "yes" if number % 2 else "no"
        return right if body["model"] == TUNED else "yes"

    w.provider.answer_to = answer


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.02)


def text_of(message: dict[str, Any]) -> str:
    return orjson.dumps(message.get("blocks") or []).decode()


async def asked_before(w: World, words: str) -> dict[str, Any]:
    """The question that a command is answered with."""
    await w.person.command("ana", w.channel, "/finetune", f"evaluate {words}")
    return await w.person.wait_ephemeral("ana", w.channel, action_id="evaluation_confirmed", timeout=60)


async def result(w: World, card: dict[str, Any]) -> dict[str, Any]:
    return await w.person.wait_message(w.channel, thread_ts=card["ts"], payload={"id": "*/result"}, timeout=60)


async def card(w: World) -> dict[str, Any]:
    return await w.person.wait_message(w.channel, payload={"id": "eval-*/card"}, timeout=60)


async def test_two_models_are_asked_after_a_press_and_the_better_one_is_named(w: World) -> None:
    a_pair(w)
    async with w.bot():
        await w.drop("held-back.jsonl", labelled(40))
        question = await asked_before(w, f"{MODEL},support on held-back.jsonl with match")
        assert "80 answers to ask for" in text_of(question)
        assert not w.provider.chats
        await w.person.click("ana", w.channel, question["ts"], "evaluation_confirmed")
        shown = await result(w, await card(w))
        assert "*`support`* is better than" in text_of(shown)
        assert "+50 points" in text_of(shown)
        assert len(w.provider.chats) == 80
        await w.person.click("ana", w.channel, shown["ts"], "evaluation_answers")
        files = await w.person.wait_message(
            w.channel, thread_ts=shown["thread_ts"], contains="All answers of", timeout=60
        )
        assert [file["name"] for file in files["files"]] == ["evaluation.csv", "evaluation.jsonl"]
        await w.person.click("ana", w.channel, shown["ts"], "evaluation_answers")
        await w.person.wait_ephemeral("ana", w.channel, "already", timeout=60)
        await w.person.click("ana", w.channel, shown["ts"], "evaluation_promote")
        await w.person.wait_message(w.channel, thread_ts=shown["thread_ts"], contains="this channel", timeout=60)


async def test_a_finished_job_is_measured_against_what_it_began_with_in_its_thread(w: World) -> None:
    async with w.bot():
        held_back = await w.drop("held-back.jsonl", labelled(30))
        job_card = await w.start(held_back)
        w.provider.succeed(await w.job_at_provider())
        await w.wait_card("job_evaluate")
        w.provider.answer = "no"
        await w.person.click("ana", w.channel, job_card["ts"], "job_evaluate")
        view = await w.person.wait_view("ana")
        file = view["blocks"][1]["element"]["options"][-1]
        await w.person.click_in_view("ana", view["id"], "evaluate_file", value=file["value"])

        async def planned() -> bool:
            return "answers to ask for" in text_of(await w.person.wait_view("ana"))

        await eventually(planned)
        assert await w.person.submit("ana", view["id"], {}) == {}
        shown = await w.person.wait_message(
            w.channel, thread_ts=job_card["ts"], payload={"id": "eval-*/result"}, timeout=60
        )
        assert "did equally well on each example" in text_of(shown)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_kill_costs_no_second_answer_and_shows_nothing_twice(w: World) -> None:
    a_pair(w)
    w.provider.answers_between = 0.02
    async with bot_process(w) as bot:
        await w.drop("held-back.jsonl", labelled(30))
        question = await asked_before(w, f"{MODEL},support on held-back.jsonl with match")
        await w.person.click("ana", w.channel, question["ts"], "evaluation_confirmed")
        await until(lambda: len(w.provider.chats) > 40)
        await kill(w, bot)
    async with bot_process(w):
        began = await card(w)
        await result(w, began)
        asked = [(one["model"], str(one["messages"])) for one in w.provider.chats]
        assert len(set(asked)) == 60
        # What was under way when it was killed is asked for again; the first had been answered by then.
        assert [asked.count(one) for one in asked[:5]] == [1] * 5
        cards = [one for one in await w.person.messages(w.channel) if "eval-" in str(one.get("metadata"))]
        assert len(cards) == 1
        told = await w.person.messages(w.channel, began["ts"])
        assert len([one for one in told if "/result" in str(one.get("metadata"))]) == 1


PROMPTFOO = b"""
description: Opening hours
prompts: ["Is ticket {{number}} urgent?"]
tests:
  - vars: {number: 1}
    assert: [{type: icontains, value: "yes"}]
  - vars: {number: 2}
    assert: [{type: icontains, value: "no"}, {type: javascript, value: "output.length < 9"}]
"""


async def test_a_grader_that_is_dropped_is_told_of_and_evaluates(w: World) -> None:
    a_pair(w)
    async with w.bot():
        dropped = await w.person.drop_bytes("ana", w.channel, [("tickets.yaml", PROMPTFOO)])
        told = await w.person.wait_message(w.channel, thread_ts=dropped["ts"], action_id="evaluate_with", timeout=60)
        assert "`tickets.yaml` is a Promptfoo file with 2 tests." in text_of(told)
        assert "tests[1].assert[1]" in text_of(told)  # javascript is not run
        question = await asked_before(w, f"{MODEL},support on tickets-tests.jsonl with tickets.yaml")
        # Nobody wants to train on its tests, so nothing is said against them as training data.
        replies = await w.person.messages(w.channel, dropped["ts"])
        assert [file["name"] for one in replies[1:] for file in one.get("files", [])] == ["tickets-tests.jsonl"]
        assert len(replies) == 3
        assert not replies[0].get("reactions")
        await w.person.click("ana", w.channel, question["ts"], "evaluation_confirmed")
        shown = await result(w, await card(w))
        assert "100% against 50%" in text_of(shown)


async def test_json_that_is_no_grader_stays_training_data_and_a_wrong_grader_says_why(w: World) -> None:
    async with w.bot():
        rows = orjson.dumps([{"question": f"Number {n}?", "answer": "Yes."} for n in range(12)])
        dropped = await w.person.drop_bytes("ana", w.channel, [("rows.json", rows)])
        await w.wait_report(dropped)
        wrong = b'{"type": "string_check", "name": "x", "input": "{{oops}}", "reference": "a", "operation": "eq"}'
        dropped = await w.person.drop_bytes("ana", w.channel, [("wrong.json", wrong)])
        await w.person.wait_message(w.channel, thread_ts=dropped["ts"], contains="looks like a grader", timeout=60)

        await w.person.wait_message(w.channel, thread_ts=dropped["ts"], contains="looks like a grader", timeout=20)


async def test_a_mention_in_a_thread_is_asked_back_and_shown_there(w: World) -> None:
    a_pair(w)
    async with w.bot():
        dropped = await w.drop("held-back.jsonl", labelled(12))
        thread = dropped["thread_ts"]
        words = f"<@{w.bot_user}> evaluate {MODEL}、support on held-back.jsonl n＝10"
        await w.person.say("ana", w.channel, words, thread_ts=thread)
        question = await w.person.wait_message(
            w.channel, thread_ts=thread, action_id="evaluation_confirmed", timeout=20
        )
        await w.person.click("ben", w.channel, question["ts"], "evaluation_confirmed")
        await w.person.wait_ephemeral("ben", w.channel, "Only the person who typed this", timeout=20)
        await w.person.click("ana", w.channel, question["ts"], "evaluation_confirmed")
        shown = await w.person.wait_message(w.channel, thread_ts=thread, payload={"id": "eval-*/result"}, timeout=20)
        assert "n=10" in text_of(shown)

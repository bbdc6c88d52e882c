"""From a model that shall judge to how far it can be trusted, as a run that can be stopped and goes on."""

import asyncio
import contextlib
import sqlite3
import sys
from typing import Any

import orjson
import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.test_evaluations import TUNED, labelled, text_of
from tests.e2e.test_evaluations import card as evaluation_card
from tests.e2e.test_evaluations import result as evaluation_result
from tests.e2e.world import MODEL, World, until

JUDGE = "gpt-4.1"


def a_judge(w: World) -> None:
    """It finds the tuned model's answers better: they are right, and say why."""
    w.provider.tuned.append(TUNED)
    w.provider.base_models.append(JUDGE)

    def answer(body: dict[str, Any]) -> str:
        said = body["messages"][-1]["content"]
        if "<answer_1>" in said:
            return '{"result": "1"}' if "since" in said.split("</answer_1>")[0] else '{"result": "2"}'
        return "yes, since it says so" if body["model"] == TUNED else "no"

    w.provider.answer_to = answer


async def evaluated(w: World, examples: int) -> str:
    """The ts of the thread of an evaluation of two models that has finished."""
    await w.drop("held-back.jsonl", labelled(examples))
    await w.person.command("ana", w.channel, "/finetune", f"evaluate {MODEL},support on held-back.jsonl with match")
    question = await w.person.wait_ephemeral("ana", w.channel, action_id="evaluation_confirmed", timeout=60)
    await w.person.click("ana", w.channel, question["ts"], "evaluation_confirmed")
    shown = await evaluation_card(w)
    await evaluation_result(w, shown)
    return str(shown["ts"])


async def asked(w: World, thread: str) -> dict[str, Any]:
    """The question with which a mention in the thread is answered."""
    await w.person.say("ana", w.channel, f"<@{w.bot_user}> judge {JUDGE}", thread_ts=thread)
    return await w.person.wait_message(w.channel, thread_ts=thread, action_id="judge_confirmed", timeout=60)


def by_judge(w: World) -> list[str]:
    return [orjson.dumps(one["messages"]).decode() for one in w.provider.chats if one["model"] == JUDGE]


async def card(w: World, thread: str, **wanted: Any) -> dict[str, Any]:
    return await w.person.wait_message(
        w.channel, thread_ts=thread, payload={"id": "judge-*/card"}, timeout=60, **wanted
    )


@pytest.mark.parametrize(
    ("language", "state", "judged", "said"),
    [
        ("en", "Finished", "12 of 12 pairs", "won 12, lost 0, tied 0"),
        ("zh", "已完成", "12 / 12 对", "胜 12，负 0，平 0"),
    ],
)
async def test_a_judge_compares_answers_as_a_run_with_a_price_and_a_card(
    w: World, language: str, state: str, judged: str, said: str
) -> None:
    a_judge(w)
    async with w.bot():
        if language == "zh":
            await w.person.command("ana", w.channel, "/finetune", "language zh")
        thread = await evaluated(w, 12)
        question = await asked(w, thread)
        assert "$0.0" in text_of(question)
        assert "24" in text_of(question)
        assert not by_judge(w)
        await w.person.click("ana", w.channel, question["ts"], "judge_confirmed")
        shown = await w.person.wait_message(w.channel, thread_ts=thread, payload={"id": "judge-*/result"}, timeout=60)
        assert said in text_of(shown)
        assert judged in text_of(await card(w, thread, contains=state))
        assert len(by_judge(w)) == 24
        told = await w.person.messages(w.channel, thread)
        assert len([one for one in told if "judge-" in str(one.get("metadata"))]) == 2


def kept(w: World) -> int:
    """Answers of the judge that the bot has stored."""
    with contextlib.closing(sqlite3.connect(f"file:{w.folder / 'bot' / 'bot.db'}?mode=ro", uri=True)) as store:
        (count,) = store.execute("SELECT count(*) FROM model_answers WHERE model = ?", [JUDGE]).fetchone()
    return int(count)


async def test_it_is_paused_and_resumed_in_its_thread_by_who_started_it(w: World) -> None:
    a_judge(w)
    async with w.bot():
        thread = await evaluated(w, 40)
        question = await asked(w, thread)
        answering = asyncio.Event()
        w.provider.fault("POST /chat/completions", times=1_000, hold=answering)
        await w.person.click("ana", w.channel, question["ts"], "judge_confirmed")
        shown = await card(w, thread, action_id="judge_pause")
        await w.person.click("ben", w.channel, shown["ts"], "judge_pause")
        await w.person.wait_ephemeral("ben", w.channel, "Only the person who started this check", timeout=60)
        await w.person.click("ana", w.channel, shown["ts"], "judge_pause")
        await card(w, thread, action_id="judge_resume")
        w.provider.clear_faults()
        answering.set()
        await w.person.click("ana", w.channel, shown["ts"], "judge_resume")
        await w.person.wait_message(w.channel, thread_ts=thread, payload={"id": "judge-*/result"}, timeout=60)
        assert len(set(by_judge(w))) == len(by_judge(w)) == 80


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_kill_costs_no_second_verdict_and_shows_nothing_twice(w: World) -> None:
    a_judge(w)
    async with bot_process(w) as bot:
        thread = await evaluated(w, 20)
        question = await asked(w, thread)
        w.provider.answers_between = 0.02
        await w.person.click("ana", w.channel, question["ts"], "judge_confirmed")
        await until(lambda: kept(w) > 5)
        await kill(w, bot)
    before, there = len(by_judge(w)), kept(w)
    assert there < 40
    w.provider.answers_between = 0.0
    async with bot_process(w):
        shown = await w.person.wait_message(w.channel, thread_ts=thread, payload={"id": "judge-*/result"}, timeout=60)
        assert "won 20, lost 0, tied 0" in text_of(shown)
        assert len(set(by_judge(w))) == 40
        # What was under way when it was killed is asked for again, and nothing that was there.
        assert len(by_judge(w)) == before + 40 - there
        told = await w.person.messages(w.channel, thread)
        assert len([one for one in told if "judge-" in str(one.get("metadata"))]) == 2

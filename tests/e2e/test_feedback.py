"""Thumbs below an answer, and what would have been right."""

import asyncio
import sqlite3
from typing import Any

import orjson

from tests.e2e.world import MODEL, World, is_chat
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.validate_example import validate

TUNED = f"ft:{MODEL}:acme:voice:abc11111"
RIGHT = "Order 7 left on Monday. Ask lena.k@gmail.com."
Json = dict[str, Any]


async def asked(w: World) -> tuple[str, Json]:
    """The thread of a conversation, and an answer in it."""
    w.provider.tuned.append(TUNED)
    await w.person.command("ana", w.channel, "/finetune", f"chat {TUNED}")
    opening = await w.person.wait_message(w.channel, contains="in this thread", author=w.bot_user, timeout=60)
    assert is_chat(opening)
    await w.person.say("ana", w.channel, "Where is order 7?", thread_ts=opening["ts"])
    answer = await w.person.wait_message(
        w.channel, thread_ts=opening["ts"], action_id="answer_feedback", author=w.bot_user, timeout=60
    )
    return str(opening["ts"]), answer


async def press(w: World, user: str, answer: Json, thumb: str) -> None:
    await w.person.click(user, w.channel, answer["ts"], "answer_feedback", value=thumb)


def rows(w: World, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(w.folder / "bot" / "bot.db") as db:
        return db.execute(query).fetchall()


async def test_each_person_s_rating_is_kept_and_the_same_thumb_withdraws_it(w: World) -> None:
    async with w.bot():
        _, answer = await asked(w)
        await press(w, "ana", answer, "Good answer")
        await w.person.wait_ephemeral("ana", w.channel, "Your rating is kept")
        await press(w, "ben", answer, "Bad answer")
        await w.person.wait_view("ben", 60, callback_id="answer_correct")
        ratings = rows(w, "SELECT good FROM ratings ORDER BY good")
        assert ratings == [(0,), (1,)]
        await press(w, "ana", answer, "Good answer")
        await w.person.wait_ephemeral("ana", w.channel, "withdrawn")
        assert rows(w, "SELECT good FROM ratings ORDER BY good") == [(None,), (0,)]


async def test_a_corrected_answer_goes_on_in_the_conversation_and_becomes_two_examples(w: World) -> None:
    async with w.bot():
        thread_ts, answer = await asked(w)
        await w.person.click("ben", w.channel, answer["ts"], "answer_menu", value="Edit answer")
        view = await w.person.wait_view("ben", 60, callback_id="answer_correct")
        errors = await w.person.submit("ben", view["id"], {"text/0": " "})
        assert list(errors) == ["text/0"], "what is wrong is said at its field"
        assert await w.person.submit("ben", view["id"], {"text/0": RIGHT}) == {}
        told = orjson.dumps(await w.person.wait_view("ben", 60)).decode()
        assert "`/finetune datasets Corrections of voice`" in told
        assert "`/finetune datasets Preferences over voice`" in told
        await w.person.wait_message(w.channel, thread_ts=thread_ts, contains="corrected an answer", timeout=60)
        await w.person.say("ana", w.channel, "Are you sure?", thread_ts=thread_ts)
        async with asyncio.timeout(60):
            while len(w.provider.chats) < 2:
                await asyncio.sleep(0.01)
        assert {"role": "assistant", "content": RIGHT} in w.provider.chats[-1]["messages"]
        kept = [orjson.loads(value)["line"] for (value,) in rows(w, "SELECT value FROM examples ORDER BY seq")]
        example, pair = map(orjson.loads, kept)
        assert example["messages"][-1] == {"role": "assistant", "content": "Order 7 left on Monday. Ask [EMAIL_1]."}
        assert pair["preferred_output"] == [example["messages"][-1]]
        assert pair["non_preferred_output"][0]["content"] not in ("", pair["preferred_output"][0]["content"])
        for one in (example, pair):
            findings = Findings()
            validate(one, 1, findings, DatasetChecks())
            assert not list(findings.first("error"))

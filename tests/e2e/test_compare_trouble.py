"""Comparing while Slack has trouble or the bot is killed: nothing is asked, said or counted twice, nothing is lost."""

import asyncio
import os
import random
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from typing import Any

import pytest

from tests.e2e.bot_process import bot_process, kill, launch
from tests.e2e.test_arena import opened, pairs, revealed
from tests.e2e.test_compare import OLD, a_pair, complete, eventually, shown
from tests.e2e.world import World, examples, until


async def test_a_message_that_slack_took_without_saying_so_is_not_posted_twice(w: World) -> None:
    a_pair(w)
    await w.person.fault("chat.postMessage", "drop", match="cmp-")
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        await complete(w)
        assert len(await shown(w)) == 1
        assert len(w.provider.chats) == 2


async def test_edits_that_slack_does_not_take_at_once_come_later(w: World) -> None:
    a_pair(w)
    await w.person.fault("chat.update", "status", 503, times=8)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        await complete(w)
        assert len(w.provider.chats) == 2


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
async def test_answers_that_slack_does_not_take_as_blocks_come_as_a_file(w: World, error: str) -> None:
    a_pair(w)
    await w.person.fault("chat.postMessage", "error", error, match="cmp-")
    await w.person.fault("chat.update", "error", error, match="s in all", times=5)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        message = await w.person.wait_message(w.channel, contains="compares")
        await eventually(lambda: _at_rest(w))
        assert "compares" in message["text"]
        (file,) = [one for one in await w.person.messages(w.channel, message["ts"]) if one.get("files")]
        assert file["files"][0]["size"] > len("The old answer. The new answer. ")


async def test_a_comparison_that_somebody_deletes_is_not_brought_back(w: World) -> None:
    a_pair(w)
    w.provider.chat_open.clear()
    async with w.bot() as bot:
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        growing = await w.person.wait_message(w.channel, contains="is writing")
        await w.person.delete("ana", w.channel, growing["ts"])
        w.provider.chat_open.set()
        await eventually(lambda: _at_rest(w))
        await w.settled(bot)
        assert await shown(w) == []


async def test_in_a_channel_that_was_archived_it_ends(w: World) -> None:
    a_pair(w)
    w.provider.chat_open.clear()
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        await w.person.wait_message(w.channel, contains="is writing")
        await w.person.archive(w.channel)
        w.provider.chat_open.set()
        await eventually(lambda: _at_rest(w))


async def test_questions_that_come_while_models_answer_are_answered_in_their_order(w: World) -> None:
    a_pair(w)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        first = await complete(w)
        w.provider.chat_open.clear()
        for text in ("One?", "Two?", "Three?"):
            await w.person.say("ben", w.channel, text, thread_ts=first["ts"])
        await until(lambda: len(w.provider.chats) == 4)
        w.provider.chat_open.set()
        await until(lambda: len(w.provider.chats) == 8)
        last = [chat for chat in w.provider.chats if chat["model"] == OLD][-1]
        said = [one["content"] for one in last["messages"] if one["role"] == "user"]
        assert said == ["Who?", "One?", "Two?", "Three?"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.timeout(900)
async def test_what_is_killed_again_and_again_asks_and_counts_everything_once(w: World) -> None:
    seed = os.environ.get("FINETUNE_KILLS_SEED") or str(random.randrange(10**6))
    print(f"Again: FINETUNE_KILLS_SEED={seed} pytest {__file__}")
    rng = random.Random(seed)
    a_pair(w)
    async with bot_process(w) as bot:
        await w.drop("validation.jsonl", examples(12))
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        compared = await w.person.wait_message(w.channel, payload={"id": "cmp-*"})
        card = await opened(w, "arena old new n=6 on validation.jsonl")
        await kill(w, bot)
    given: set[tuple[str, str, str]] = set()
    for number in range(6):
        bot = await launch(w)
        if rng.random() < 0.7:
            await w.person.wait_connected(timeout=120)
            await w.person.say("ben", w.channel, f"And {number}?", thread_ts=compared["ts"])
            for pair in await pairs(w, card, 0):
                await w.person.click(rng.choice(["ana", "ben"]), w.channel, pair["ts"], "arena_tie")
        await asyncio.sleep(rng.uniform(0, 1.5))  # the instant of the kill is drawn
        await kill(w, bot)
        answers = _stored(w, "SELECT comparison_id || question_id, model, value FROM comparison_answers")
        assert given <= set(answers)  # what a model has said stays as it said it
        given = set(answers)
    async with bot_process(w):
        await pairs(w, card, 6)
        await w.person.say("ben", w.channel, "And at last?", thread_ts=compared["ts"])
        await complete(w, compared)
        await eventually(lambda: _at_rest(w, open_arenas=1))
        await w.person.click("ana", w.channel, card["ts"], "arena_reveal")
        await revealed(w, card)
        await eventually(lambda: _at_rest(w))
    keys = [_key(message) for message in await w.person.messages(w.channel, compared["ts"])]
    keys += [_key(message) for message in await w.person.messages(w.channel, card["ts"])]
    assert [key for key, times in Counter(filter(None, keys)).items() if times > 1] == []
    votes = _stored(w, "SELECT question_id, pair, voter FROM comparison_votes")
    assert len(votes) == len(set(votes))
    assert len(_stored(w, "SELECT 1 FROM shown_messages WHERE ts IS NULL OR shown IS NULL")) == 0


def _key(message: dict[str, Any]) -> str:
    key = str(message.get("metadata", {}).get("event_payload", {}).get("id") or "")
    return key if key.startswith("cmp-") else ""


def _stored(w: World, query: str) -> list[Any]:
    with closing(sqlite3.connect(w.folder / "bot" / "bot.db", timeout=10)) as db:
        return db.execute(query).fetchall()


async def _at_rest(w: World, open_arenas: int = 0) -> bool:
    """Whether there is no more work on any comparison; an arena waits for its time."""
    due = await asyncio.to_thread(_stored, w, "SELECT due_at FROM comparisons WHERE due_at IS NOT NULL")
    return len(due) == open_arenas and all(at > 1e9 for (at,) in due)

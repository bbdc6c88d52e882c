"""The blind arena: pairs without names, votes, the reveal, and what the votes say."""

import asyncio
import sys
from typing import Any

import orjson
import pytest

from app.run import Bot
from bot.compare.comparison import Vote
from bot.store.comparisons import SqlComparisonStore
from handlers.compare.listeners import CompareListeners
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World, examples, until

OLD, NEW = f"ft:{MODEL}:acme:old:abc11111", f"ft:{MODEL}:acme:new:abc22222"
WORDS = {OLD: "The word of the elder.", NEW: "The word of the younger."}


def text_of(message: dict[str, Any]) -> str:
    return orjson.dumps(message.get("blocks") or []).decode()


def key_of(message: dict[str, Any]) -> str:
    return str(message.get("metadata", {}).get("event_payload", {}).get("id"))


async def opened(w: World, command: str) -> dict[str, Any]:
    """The card of an arena."""
    w.provider.tuned[:] = [OLD, NEW]
    w.provider.answer_to = lambda body: WORDS.get(body["model"], w.provider.answer)
    await w.person.command("ana", w.channel, "/finetune", command)
    return await w.person.wait_message(w.channel, action_id="arena_reveal")


async def pairs(w: World, card: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The pairs in the thread, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            replies = await w.person.messages(w.channel, card["ts"])
            found = [one for one in replies if "arena_tie" in str(one.get("blocks"))]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def vote_for(w: World, user: str, pair: dict[str, Any], model: str) -> None:
    """For the model's answer, wherever it stands."""
    text = text_of(pair)
    is_first = text.index(WORDS[model]) == min(text.index(words) for words in WORDS.values())
    await w.person.click(user, w.channel, pair["ts"], "arena_first" if is_first else "arena_second")


async def revealed(w: World, card: dict[str, Any]) -> str:
    """What the card says of the votes."""
    message = await w.person.wait_message(w.channel, payload={"id": key_of(card)}, contains="tell a win rate")
    async with asyncio.timeout(60):
        while "arena_reveal" in text_of(message):
            await asyncio.sleep(0.02)
            (message,) = [one for one in await w.person.messages(w.channel) if one["ts"] == card["ts"]]
    return text_of(message)


async def votes_in(bot: Bot) -> list[Vote]:
    store = SqlComparisonStore(bot.services.database)
    return [vote for arena in await store.arenas(await _channel(bot)) for vote in await store.votes(arena.id)]


async def _channel(bot: Bot) -> str:
    rows = await bot.services.database.read(lambda db: db.execute("SELECT channel FROM comparisons").fetchall())
    return str(rows[0][0])


async def test_an_arena_on_prompts_of_a_file_from_the_first_pair_to_the_names(w: World) -> None:
    w.provider.usage = (10, 20)
    async with w.bot() as bot:
        await w.drop("validation.jsonl", examples(12))
        card = await opened(w, "arena old new n=4 on validation.jsonl votes=2")
        assert "4 prompts, drawn from" in text_of(card)
        assert "60% from chance takes about 194 votes, 70% about 47" in text_of(card)
        shown = await pairs(w, card, 4)
        # Each prompt once, nothing that tells the models apart, and neither always first.
        assert len({chat["messages"][-1]["content"] for chat in w.provider.chats}) == 4
        assert len(w.provider.chats) == 8
        for pair in shown:
            for telling in ("old", "new", " s in all", "tokens", "first word", "$"):
                assert telling not in text_of(pair), telling
        for user in ("ana", "ben"):
            for pair in shown[:3]:
                await vote_for(w, user, pair, NEW)
        await w.person.click("ana", w.channel, shown[3]["ts"], "arena_tie")
        await until(lambda: not bot.worker.busy)
        assert "arena_reveal" in str((await w.person.messages(w.channel))[-1]["blocks"])
        # The last vote that was wanted reveals the names.
        await w.person.click("ben", w.channel, shown[3]["ts"], "arena_bad")
        said = await revealed(w, card)
        assert "`new` won 6 of 6 votes that decided: *100%* (95% interval: 54% to 100%)" in said
        assert "people here prefer `new`" in said
        assert "Votes: 8" in said
        result = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="The names are revealed")
        assert "won 6 of 6" in text_of(result)
        named = [await w.person.wait_message(w.channel, thread_ts=card["ts"], payload={"id": key_of(p)}) for p in shown]
        await w.settled(bot)
        async with asyncio.timeout(60):
            while any("arena_tie" in text_of(one) for one in await w.person.messages(w.channel, card["ts"])):
                await asyncio.sleep(0.02)
        last = (await w.person.messages(w.channel, card["ts"]))[1]
        assert last["ts"] == named[0]["ts"]
        assert "`old`" in text_of(last)
        assert " s in all" in text_of(last)
        await w.person.command("ben", w.channel, "/finetune", "arena")
        standings = await w.person.wait_ephemeral("ben", w.channel, "Standings")
        assert "won 6 of 6" in text_of(standings)
        await w.person.click("ben", w.channel, card["ts"], "arena_add_votes")
        await w.person.wait_ephemeral("ben", w.channel, "3 pairs of answers")
        # Others build on these.
        compare = bot.listeners[CompareListeners]
        assert isinstance(compare, CompareListeners)


async def test_a_vote_can_be_changed_until_the_names_are_there_and_counts_once(w: World) -> None:
    async with w.bot() as bot:
        card = await opened(w, "arena old new Who?")
        (pair,) = await pairs(w, card, 1)
        await w.person.click("ben", w.channel, pair["ts"], "arena_first")
        await w.person.wait_ephemeral("ben", w.channel, "1 is better")
        for again in ("arena_first", "arena_bad", "arena_second"):
            await w.person.click("ben", w.channel, pair["ts"], again)
        await w.person.wait_ephemeral("ben", w.channel, "2 is better")
        (vote,) = await votes_in(bot)
        assert vote.choice == "second"
        await w.person.click("ana", w.channel, card["ts"], "arena_reveal")
        assert "Votes: 1 · people: 1" in await revealed(w, card)
        await w.settled(bot)
        named = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Votes: 0 for answer 1, 1 for")
        assert named["ts"] == pair["ts"]
        assert "arena_first" not in text_of(named)


async def test_somebody_elses_reveal_is_refused_kindly(w: World) -> None:
    async with w.bot():
        card = await opened(w, "arena old new Who?")
        await w.person.click("ben", w.channel, card["ts"], "arena_reveal")
        await w.person.wait_ephemeral("ben", w.channel, "Only the person who started this arena")
        await w.person.click("ana", w.channel, card["ts"], "arena_reveal")
        assert "Nobody has voted" in await revealed(w, card)


async def test_three_models_on_one_prompt_are_three_pairs_and_each_is_asked_once(w: World) -> None:
    async with w.bot():
        card = await opened(w, f"arena old new {MODEL} Who?")
        await pairs(w, card, 3)
        assert sorted(chat["model"] for chat in w.provider.chats) == sorted([OLD, NEW, MODEL])


async def test_a_model_that_fails_is_not_given_away_and_can_be_asked_again(w: World) -> None:
    w.provider.fault("POST /chat/completions", status=403, code="bad", message=f"{NEW} is tired")
    async with w.bot():
        card = await opened(w, "arena old new Who?")
        failed = await w.person.wait_message(w.channel, thread_ts=card["ts"], action_id="compare_retry")
        assert "tired" not in text_of(failed)
        await w.person.click("ben", w.channel, failed["ts"], "compare_retry")
        (pair,) = await pairs(w, card, 1)
        assert pair["ts"] == failed["ts"]
        assert len(w.provider.chats) == 2  # what was refused is not among them


async def test_blind_is_a_tick_in_the_modal(w: World) -> None:
    w.provider.tuned += [OLD, NEW]
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare")
        view = await w.person.wait_view("ana")
        values = {"models": [OLD, NEW], "prompt": "Who?", "blind": ["blind"]}
        assert await w.person.submit("ana", view["id"], values) == {}
        await w.person.wait_message(w.channel, action_id="arena_reveal")


async def test_from_the_card_of_a_job_to_an_arena_on_a_file(w: World) -> None:
    async with w.bot():
        await w.start(await w.drop())
        w.provider.succeed(await w.job_at_provider())
        job = await w.wait_card("job_compare")
        await w.person.click("ana", w.channel, job["ts"], "job_compare")
        view = await w.person.wait_view("ana")
        (file,) = view["blocks"][2]["element"]["options"]
        assert await w.person.submit("ana", view["id"], {"file": file["value"]}) == {}
        card = await w.person.wait_message(w.channel, action_id="arena_reveal")
        assert "10 prompts, drawn from `train.jsonl`" in text_of(card)
        assert "was trained on this file and has seen its answers" in text_of(card)
        await pairs(w, card, 2)


async def test_answers_that_are_too_long_are_whole_in_a_file_without_names(w: World) -> None:
    async with w.bot():
        answers = {OLD: "long " * 5_000, NEW: "<!channel>"}
        w.provider.tuned += [OLD, NEW]
        w.provider.answer_to = lambda body: answers[body["model"]]
        await w.person.command("ana", w.channel, "/finetune", "arena old new Who?")
        card = await w.person.wait_message(w.channel, action_id="arena_reveal")
        (pair,) = await pairs(w, card, 1)
        assert "<!channel>" not in text_of(pair)
        async with asyncio.timeout(60):
            while not (files := [m for m in await w.person.messages(w.channel, card["ts"]) if m.get("files")]):
                await asyncio.sleep(0.02)
        assert len(files) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_an_arena_goes_on_after_a_kill_and_asks_nobody_twice(w: World) -> None:
    async with bot_process(w) as bot:
        await w.drop("validation.jsonl", examples(12))
        card = await opened(w, "arena old new n=5 on validation.jsonl")
        shown = await pairs(w, card, 2)
        await w.person.click("ben", w.channel, shown[0]["ts"], "arena_first")
        await w.person.wait_ephemeral("ben", w.channel, "Your vote")
        await kill(w, bot)
    before = len(w.provider.chats)
    async with bot_process(w) as bot:
        await pairs(w, card, 4)
        await kill(w, bot)
    async with bot_process(w):
        shown = await pairs(w, card, 5)
        assert len(shown) == 5
        assert before < len(w.provider.chats) <= 10 + 4  # those that were under way when the bot died
        asked = [(chat["model"], chat["messages"][-1]["content"]) for chat in w.provider.chats]
        assert len(set(asked)) == 10
        await w.person.click("ana", w.channel, card["ts"], "arena_reveal")
        assert "Votes: 1" in await revealed(w, card)

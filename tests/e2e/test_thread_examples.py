"""From talk to a model: threads are added to a training set, it becomes a training file, and words are taken back."""

import asyncio
import sqlite3
import sys
from typing import Any

import orjson
import pytest

from bot.collections.export import FEWEST
from sandbox.seed import LEADS
from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import World

Json = dict[str, Any]


async def thread(w: World, number: int, channel: str = "") -> str:
    asked = await w.person.say("ana", channel or w.channel, f"Where is order {number}? Mail lena.k@gmail.com")
    await w.person.say("ben", channel or w.channel, f"Ana, order {number} left on Monday.", thread_ts=asked["ts"])
    return str(asked["ts"])


async def preview(w: World, ts: str, channel: str = "", user: str = "ana") -> Json:
    await w.person.run_message_shortcut(user, channel or w.channel, ts, "add_to_training_set")
    return await w.person.wait_view(user, 60, callback_id="thread_example")


async def add(w: World, view: Json, user: str = "ana", **values: Any) -> str:
    """Send the preview off and close what it answers."""
    assert await w.person.submit(user, view["id"], values) == {}
    told = await w.person.wait_view(user, 60)
    await w.person.close_view(user, told["id"])
    return orjson.dumps(told).decode()


async def shown(w: World, user: str, words: str, contains: str, channel: str = "") -> Json:
    await w.person.command(user, channel or w.channel, "/finetune", words)
    return await w.person.wait_ephemeral(user, channel or w.channel, contains)


async def pressed(w: World, user: str, message: Json, action_id: str, shows: str) -> Json:
    await w.person.click(user, w.channel, message["ts"], action_id)
    return await w.person.wait_ephemeral(user, w.channel, shows)


async def test_threads_become_a_model_and_a_person_takes_their_words_back(w: World) -> None:
    async with w.bot():
        view = await preview(w, await thread(w, 0))
        said = orjson.dumps(view).decode()
        assert "Where is order 0? Mail [EMAIL_1]" in said
        assert "[NAME_1], order 0 left on Monday." in said
        text = next(block["block_id"] for block in view["blocks"] if block.get("block_id", "").startswith("text/"))
        errors = await w.person.submit("ana", view["id"], {text: " "})
        assert list(errors) == [text], "what is wrong is said at its field"
        told = await add(w, view, **{text: "Where is my order?", "collection": "new", "name": "Orders"})
        assert "*Orders*, which now has 1 example" in told
        for number in range(1, FEWEST):
            view = await preview(w, await thread(w, number))
            await add(w, view)
        listed = await shown(w, "ana", "datasets", "Orders")
        assert f"{FEWEST} examples" in orjson.dumps(listed).decode()
        await w.person.click("ana", w.channel, listed["ts"], "collection_open")
        opened = await w.person.wait_ephemeral("ana", w.channel, "Comes from")
        await w.person.click("ana", w.channel, opened["ts"], "collection_export")
        made = await w.person.wait_message(w.channel, contains="makes a training file", author=w.bot_user, timeout=60)
        report = await w.person.wait_message(
            w.channel, thread_ts=made["ts"], payload={"id": "report/*"}, action_id="start_job", timeout=60
        )
        await w.start(report)
        job = await w.job_at_provider()
        w.provider.run(job, steps=5)
        model = w.provider.succeed(job)
        await w.wait_card("job_chat")
        assert any(b"Where is my order?" in content for _, content in w.provider.files.values())
        assert not any(b"lena.k" in content for _, content in w.provider.files.values())
        asked = await shown(w, "ben", "withdraw", f"{FEWEST} examples hold words of yours")
        assert model in orjson.dumps(asked).decode(), "it is said which model learned from them"
        await w.person.click("ben", w.channel, asked["ts"], "contribution_withdraw")
        gone = await w.person.wait_ephemeral("ben", w.channel, "were erased")
        assert "These models have learned from them already" in orjson.dumps(gone).decode()
        await shown(w, "ana", "datasets", "0 examples")


async def test_private_words_stay_in_their_channel_and_wait_for_those_who_said_them(w: World) -> None:
    await w.person.join(LEADS, "ben")
    async with w.bot():
        ts = await thread(w, 1, LEADS)
        view = await preview(w, ts, LEADS)
        assert "This is private" in orjson.dumps(view).decode()
        assert "It is used once" in await add(w, view, collection="new", name="Leads only")
        asked = await w.person.wait_message(LEADS, thread_ts=ts, action_id="private_words_agree", timeout=60)
        await shown(w, "ben", "datasets", "1 waits for agreement", LEADS)
        await w.person.click("ben", LEADS, asked["ts"], "private_words_agree")
        await w.person.wait_message(LEADS, thread_ts=ts, contains="Agreed: ", timeout=60)
        await w.person.command("ben", LEADS, "/finetune", "datasets")
        await w.person.wait_ephemeral("ben", LEADS, "1 example, made by")
        elsewhere = await shown(w, "ben", "datasets", "There is no training set here yet")
        assert "Leads only" not in orjson.dumps(elsewhere).decode()


async def test_a_training_set_is_reviewed_split_merged_and_cleared_of_what_is_wrong(w: World) -> None:
    async def fill(message: Json, action_id: str, shows: str, **values: Any) -> Json:
        await w.person.click("ana", w.channel, message["ts"], action_id)
        view = await w.person.wait_view("ana", 60, callback_id=action_id)
        assert await w.person.submit("ana", view["id"], values) == {}
        return await w.person.wait_ephemeral("ana", w.channel, shows)

    async with w.bot():
        await add(w, await preview(w, await thread(w, 0)), collection="new", name="Orders")
        orders = await shown(w, "ana", "datasets orders", "Comes from")
        await pressed(w, "ana", orders, "collection_review", "New examples are used only once")
        told = await add(w, await preview(w, await thread(w, 1)))
        assert "once somebody else has accepted it" in told
        waiting = await shown(w, "ben", "datasets orders", "1 example, 1 waits for review")
        queue = await pressed(w, "ben", waiting, "collection_queue", "Where is order 1")
        await pressed(w, "ben", queue, "example_accept", "No example of")
        orders = await shown(w, "ana", "datasets orders", "2 examples, made by")
        found = await fill(orders, "collection_filter", "1 of the 2 examples", text="ORDER 1", name="Later")
        later = await pressed(w, "ana", found, "collection_filter_move", "Later")
        await w.person.click("ana", w.channel, later["ts"], "collection_merge")
        view = await w.person.wait_view("ana", 60, callback_id="collection_merge")
        [option] = view["blocks"][1]["element"]["options"]
        assert await w.person.submit("ana", view["id"], {"into": option["value"]}) == {}
        merged = await w.person.wait_ephemeral("ana", w.channel, "adding all examples of another training set")
        all_of_them = await pressed(w, "ana", merged, "collection_examples", "2 examples of Orders")
        await pressed(w, "ana", all_of_them, "example_remove", "1 example of Orders")
    assert rows(w) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_kill_loses_no_example_and_adds_and_asks_once(w: World) -> None:
    await w.person.join(LEADS, "ben")
    ts = await thread(w, 1, LEADS)
    async with bot_process(w) as bot:
        view = await preview(w, ts, LEADS)
        sending = asyncio.create_task(w.person.submit("ana", view["id"], {"collection": "new", "name": "Leads only"}))
        async with asyncio.timeout(60):
            while not rows(w):
                await asyncio.sleep(0.001)
        await kill(w, bot)
        await asyncio.gather(sending, return_exceptions=True)
    async with bot_process(w):
        await w.person.wait_message(LEADS, thread_ts=ts, action_id="private_words_agree", timeout=60)
        async with asyncio.timeout(60):
            while pending(w):
                await asyncio.sleep(0.02)
    assert rows(w) == 1
    replies = await w.person.messages(LEADS, ts)
    assert len([reply for reply in replies if "private_words_agree" in orjson.dumps(reply).decode()]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_a_kill_splits_a_training_set_once(w: World) -> None:
    async with bot_process(w) as bot:
        for number in range(2):
            await add(w, await preview(w, await thread(w, number)))
        opened = await shown(w, "ana", "datasets", "2 examples")
        opened = await pressed(w, "ana", opened, "collection_open", "Comes from")
        await w.person.click("ana", w.channel, opened["ts"], "collection_filter")
        view = await w.person.wait_view("ana", 60, callback_id="collection_filter")
        assert await w.person.submit("ana", view["id"], {"text": "order 1", "name": "Later"}) == {}
        found = await w.person.wait_ephemeral("ana", w.channel, "1 of the 2 examples")
        pressing = asyncio.create_task(w.person.click("ana", w.channel, found["ts"], "collection_filter_move"))
        async with asyncio.timeout(60):
            while count(w, "collections") < 2:
                await asyncio.sleep(0.001)
        await kill(w, bot)
        await asyncio.gather(pressing, return_exceptions=True)
    async with bot_process(w):
        async with asyncio.timeout(60):
            while pending(w):
                await asyncio.sleep(0.02)
    assert (count(w, "collections"), rows(w)) == (2, 2)
    assert count(w, "audit WHERE act = 'split collection'") == 1
    assert count(w, "examples JOIN collections ON collections.id = collection_id GROUP BY collection_id") == 1


def rows(w: World) -> int:
    return count(w, "examples")


def pending(w: World) -> int:
    return count(w, "inbox WHERE state = 'pending'")


def count(w: World, table: str) -> int:
    with sqlite3.connect(w.folder / "bot" / "bot.db") as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

"""Shortcuts: from anywhere, and on messages."""

import asyncio

from sandbox.seed import BEN, SUPPORT
from tests.e2e.world import MODEL, World, examples, until

TUNED = f"ft:{MODEL}:acme:old:abc12345"


async def test_from_anywhere_a_job_is_started_and_a_model_talked_to(w: World) -> None:
    async with w.bot() as bot:
        w.provider.tuned.append(TUNED)
        await w.person.run_shortcut("ana", "start_a_fine_tune")
        view = await w.person.wait_view("ana", 60, callback_id="start_a_fine_tune")
        await w.person.submit("ana", view["id"], {"channel": SUPPORT})
        await until_shown(w, "no training file")
        await w.person.close_view("ana", view["id"])
        await w.drop()
        await w.person.run_shortcut("ana", "start_a_fine_tune")
        view = await w.person.wait_view("ana", 60, callback_id="start_a_fine_tune")
        await w.person.submit("ana", view["id"], {"channel": SUPPORT})
        view = await w.person.wait_view("ana", 60, callback_id="start_job")
        assert await w.person.submit("ana", view["id"], {}) == {}
        await w.wait_card("job_cancel")
        await w.job_at_provider()

        await w.person.run_shortcut("ben", "chat_with_a_model")
        view = await w.person.wait_view("ben", 60, callback_id="chat_with_a_model")
        await w.person.suggest("ben", view["id"], "model_search", "old")
        assert await w.person.submit("ben", view["id"], {"channel": SUPPORT, "model_search": TUNED}) == {}
        assert "old" in (await w.wait_chat())["plain"]
        await w.settled(bot)


async def test_what_needs_somebody_is_shown_at_once_and_sent_with_its_buttons(w: World) -> None:
    await w.person.set_locale("zh-CN", "ben")
    async with w.bot(finetune_approval_above=0, finetune_approvers=[BEN]):
        await w.start(await w.drop())
        await w.person.run_shortcut("ben", "what_needs_me")
        view = await w.person.wait_view("ben", 60)
        assert view["title"]["text"] == "等你处理"
        assert "✋" in str(view["blocks"])
        assert "actions" not in {block["type"] for block in view["blocks"]}
        sent = await w.person.wait_message("@ben", action_id="job_approve", timeout=60)
        await w.person.click("ben", "@ben", sent["ts"], "job_approve")
        await w.job_at_provider()


async def test_on_a_message_its_file_is_trained_on_also_one_from_before_the_bot_came(w: World) -> None:
    dropped = await w.person.drop_bytes("ben", w.channel, [("early.jsonl", examples(12))])
    async with w.bot() as bot:
        await w.person.run_message_shortcut("ana", w.channel, dropped["ts"], "train_on_this_file")
        await w.person.wait_ephemeral("ana", w.channel, contains="not seen this file yet", timeout=60)
        await w.wait_report(dropped)
        await w.settled(bot)
        await w.person.run_message_shortcut("ana", w.channel, dropped["ts"], "train_on_this_file")
        view = await w.person.wait_view("ana", 60, callback_id="start_job")
        assert "early.jsonl" in str(view["blocks"])
        empty = await w.person.say("ben", w.channel, "No file.")
        await w.person.run_message_shortcut("ana", w.channel, empty["ts"], "train_on_this_file")
        await w.person.wait_ephemeral("ana", w.channel, contains="no training file in this message", timeout=60)


async def test_a_model_is_asked_about_a_message_and_reads_the_thread_up_to_it(w: World) -> None:
    async with w.bot() as bot:
        w.provider.tuned.append(TUNED)
        first = await w.person.say("ana", w.channel, "The parrot is dead.")
        chosen = await w.person.say("ben", w.channel, "It is resting.", thread_ts=first["ts"])
        await w.person.say("ana", w.channel, "Later words.", thread_ts=first["ts"])
        await w.person.run_message_shortcut("ana", w.channel, chosen["ts"], "ask_a_model")
        view = await w.person.wait_view("ana", 60, callback_id="ask_a_model")
        await w.person.suggest("ana", view["id"], "model_search", "old")
        await w.person.submit("ana", view["id"], {"model_search": TUNED, "question": "Who is right?"})
        await until(lambda: bool(w.provider.chats))
        asked = str(w.provider.chats[-1]["messages"])
        assert "parrot is dead" in asked
        assert "resting" in asked
        assert "Who is right?" in asked
        assert "Later words" not in asked
        await w.person.wait_message(w.channel, thread_ts=first["ts"], contains="asks: Who is right?", timeout=60)
        await w.settled(bot)


async def until_shown(w: World, words: str) -> None:
    async with asyncio.timeout(60):
        while words not in str((await w.person.wait_view("ana", 60))["blocks"]):
            await asyncio.sleep(0.02)

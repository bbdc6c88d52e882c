"""People who do not know the bot's words, or speak to somebody else."""

import asyncio
from typing import Any
from unittest.mock import patch

from bot.conversations.conversation import Conversation
from bot.store.conversations import SqlConversationStore
from tests.e2e.world import MODEL, World, examples

TUNED = f"ft:{MODEL}:acme:old:abc12345"


def _buttons(message: dict[str, Any]) -> list[str]:
    return [e["action_id"] for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]]


async def test_whoever_opens_their_direct_messages_is_greeted_once(w: World) -> None:
    async with w.bot() as bot:
        await w.person.open_home("ana", "messages")
        greeting = await w.person.wait_message("@ana", "Welcome!")
        assert _buttons(greeting) == ["ask_overview", "ask_models", "ask_help"]
        await w.person.click("ana", "@ana", greeting["ts"], "ask_help")
        await w.person.wait_ephemeral("ana", "@ana", "/finetune start")
        await w.person.open_home("ana", "messages")
        await w.settled(bot)
    async with w.bot() as bot:
        await w.person.open_home("ana", "messages")
        await w.person.say("ana", "@ana", "jobs")
        await w.person.wait_message("@ana", "No jobs yet")
        await w.settled(bot)
        assert len([m for m in await w.person.messages("@ana") if "Welcome!" in m["plain"]]) == 1


async def test_words_that_are_no_command_are_answered_with_what_there_is(w: World) -> None:
    async with w.bot() as bot:
        await w.person.say("ana", "@ana", "hello")
        told = await w.person.wait_message("@ana", "questions are for models")
        assert _buttons(told) == ["ask_overview", "ask_models", "ask_help"]
        asked = await w.person.say("ben", w.channel, f"<@{bot.services.bot_user}> what can you do?")
        await w.person.wait_message(w.channel, "questions are for models", thread_ts=asked["ts"])
        await w.person.command("ana", w.channel, "/finetune", "dance")
        told = await w.person.wait_ephemeral("ana", w.channel, "I do not know `dance`")
        assert "Did you mean" not in told["plain"]
        await w.person.command("ana", w.channel, "/finetune", "help start")
        await w.person.wait_ephemeral("ana", w.channel, "For example:")


async def test_where_the_bot_is_no_member_it_says_to_invite_it_first(w: World) -> None:
    async with w.bot():
        await w.person.command("ana", "#random", "/finetune", "status")
        await w.person.wait_ephemeral("ana", "#random", "/invite")
        await w.person.command("ana", w.channel, "/finetune", "status")
        told = await w.person.wait_ephemeral("ana", w.channel, "No job was started")
        assert "/invite" not in told["plain"]


async def test_a_file_that_cannot_be_read_is_answered_where_the_bot_was_meant(w: World) -> None:
    async with w.bot() as bot:
        notes = [("notes.txt", b"Remember the milk.")]
        await w.person.drop_bytes("ana", "@ana", notes)
        await w.person.wait_message("@ana", "I cannot read `notes.txt`")
        asked = await w.person.drop_bytes("ana", w.channel, notes, f"<@{bot.services.bot_user}> train on this")
        await w.person.wait_message(w.channel, "I cannot read `notes.txt`", thread_ts=asked["ts"])
        ignored = await w.person.drop_bytes("ana", w.channel, notes, "my notes")
        read = await w.person.drop_bytes("ana", w.channel, [("train.jsonl", examples(12))])
        await w.wait_report(read)
        await w.settled(bot)
        assert len(await w.person.messages(w.channel, ignored["ts"])) == 1


async def test_who_replies_before_the_bot_knows_the_thread_is_answered(w: World) -> None:
    w.provider.tuned.append(TUNED)
    async with w.bot():
        gate, really_open = asyncio.Event(), SqlConversationStore.open

        async def held(store: SqlConversationStore, conversation: Conversation) -> None:
            await gate.wait()
            await really_open(store, conversation)

        with patch.object(SqlConversationStore, "open", held):
            await w.person.command("ana", w.channel, "/finetune", "chat old")
            opened = await w.wait_chat()
            asked = await w.person.say("ana", w.channel, "What is the answer?", thread_ts=opened["ts"])
            async with asyncio.timeout(60):
                while not await _acknowledged(w, asked["ts"]):
                    await asyncio.sleep(0.02)
            gate.set()
            await w.person.wait_message(w.channel, "in several pieces", thread_ts=opened["ts"])


async def _acknowledged(w: World, ts: str) -> bool:
    deliveries = await w.person.deliveries(state="delivered")
    return any(one["payload"].get("event", {}).get("ts") == ts for one in deliveries)

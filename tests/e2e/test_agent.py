"""The bot as Slack's agent: prompts, sessions with a title, and answers that people stop."""

from dataclasses import replace
from typing import Any

from handlers.chat.listeners import ChatListeners
from tests.answering import text_of
from tests.e2e.world import HURRIED, MODEL, World, until

OLD, NEW = f"ft:{MODEL}:acme:old:abc11111", f"ft:{MODEL}:acme:new:abc22222"


async def _long_answer(w: World, channel: str, thread_ts: str) -> dict[str, Any]:
    """Ana asks in the thread, and reads the beginning of an answer that comes to no end by itself."""
    w.provider.chat_open.clear()
    await w.person.say("ana", channel, "Tell me all?", thread_ts=thread_ts)
    return await w.person.wait_message(channel, "The", thread_ts=thread_ts, author=w.bot_user, after=thread_ts)


async def test_prompts_stand_in_the_messages_tab_and_lead_to_a_conversation(w: World) -> None:
    w.provider.tuned += [OLD, NEW]
    async with w.bot() as bot:
        await w.person.open_home("ana", "messages")
        prompts = await w.person.wait_prompts("ana", "Talk to")
        assert {prompt["title"] for prompt in prompts} > {"What is running?", "What can you do?"}
        await w.person.send_prompt("ana", "Talk to old")
        opened = await w.wait_chat("@ana")
        await w.settled(bot)
        await w.person.say("ana", "@ana", "Hello?", thread_ts=opened["ts"])
        await w.person.wait_message("@ana", "in several pieces", thread_ts=opened["ts"])
        session = await w.person.wait_session("@ana", opened["ts"], "active")
        assert session["title"] == "old: Hello?"
        # A question beside the threads goes to the model of the latest; its answer comes below it.
        asked = await w.person.say("ana", "@ana", "And where is my order?")
        await w.person.wait_message("@ana", "in several pieces", thread_ts=asked["ts"])
        await w.person.wait_session("@ana", asked["ts"], "active", "old: And where is my order?")
        assert w.provider.chats[-1]["model"] == OLD


async def test_a_person_stops_an_answer_with_slacks_button_and_the_model_can_go_on(w: World) -> None:
    w.provider.tuned.append(OLD)
    async with w.bot() as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        thread = (await w.wait_chat())["ts"]
        await w.settled(bot)
        answer = await _long_answer(w, w.channel, thread)
        await w.person.wait_session(w.channel, thread, "processing")
        await w.person.stop_session("ben", w.channel, thread)
        offer = await w.person.wait_message(w.channel, "stopped here", thread_ts=thread, action_id="chat_continue")
        await w.person.wait_session(w.channel, thread, "active")
        await w.settled(bot)
        (stopped,) = [m for m in await w.person.messages(w.channel, thread) if m["ts"] == answer["ts"]]
        assert text_of(stopped).strip() == "The"
        w.provider.chat_open.set()
        await w.person.click("ana", w.channel, offer["ts"], "chat_continue")
        await w.person.wait_message(w.channel, "in several pieces", thread_ts=thread)
        assert w.provider.chats[-1]["messages"][-1] == {"role": "assistant", "content": "The "}


async def test_without_sessions_a_button_of_ours_stops_the_answer(w: World) -> None:
    w.provider.tuned.append(OLD)
    await w.person.settings(agent_sessions=False)
    async with w.bot(replace(HURRIED, stop_button=0.0)) as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        thread = (await w.wait_chat())["ts"]
        await w.settled(bot)
        await _long_answer(w, w.channel, thread)
        offer = await w.person.wait_message(w.channel, "still writing", thread_ts=thread, action_id="chat_stop")
        await w.person.click("ben", w.channel, offer["ts"], "chat_stop")
        await w.person.wait_message(w.channel, "stopped here", thread_ts=thread, action_id="chat_continue")
        w.provider.chat_open.set()
        channel = w.sandbox.state.workspace.channel(w.channel)
        assert channel
        await until(lambda: not _is_there(w, channel.id, offer["ts"]))
    await w.person.settings(agent_sessions=True)


async def test_a_title_that_a_person_gives_is_kept(w: World) -> None:
    w.provider.tuned.append(OLD)
    async with w.bot() as bot:
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        thread = (await w.wait_chat())["ts"]
        await w.settled(bot)
        for question, answers in (("Hello?", 1), ("And now?", 2)):
            await w.person.say("ana", w.channel, question, thread_ts=thread)
            await until(lambda answers=answers: len(w.provider.chats) == answers)
            await w.settled(bot)
            await w.person.wait_session(w.channel, thread, "active")
            if answers == 1:
                await w.person.rename_session("ben", w.channel, thread, "Refunds")
                await w.settled(bot)
        await w.person.wait_session(w.channel, thread, "active", "Refunds")
        chats = bot.listeners[ChatListeners]
        assert isinstance(chats, ChatListeners)
        channel = w.sandbox.state.workspace.channel(w.channel)
        assert channel

        async def title() -> str | None:
            conversation = await chats.chat.in_thread(channel.id, thread)
            return conversation.title if conversation else None

        assert await title() == "Refunds"


def _is_there(w: World, channel: str, ts: str) -> bool:
    message = w.sandbox.state.workspace.message(channel, ts)
    return message is not None

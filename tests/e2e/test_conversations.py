"""A person has one conversation with a model in each place, and finds it again."""

from typing import Any

from app.run import Bot
from handlers.chat.listeners import ChatListeners
from tests.e2e.world import MODEL, World, is_chat, until

OLD, NEW = f"ft:{MODEL}:acme:old:abc11111", f"ft:{MODEL}:acme:new:abc22222"


async def _chat(w: World, bot: Bot, user: str, model: str, contains: str = "in this thread") -> dict[str, Any]:
    """Ask for a conversation; the answer, which only they see, and which is the only one."""
    before = len(await w.person.ephemerals(user))
    await w.person.command(user, w.channel, "/finetune", f"chat {model}")
    await until(lambda: not bot.worker.busy)
    (answer,) = (await w.person.ephemerals(user))[before:]
    assert contains in answer["plain"]
    return answer


async def _openings(w: World) -> list[dict[str, Any]]:
    return [message for message in await w.person.messages(w.channel) if is_chat(message)]


async def test_a_conversation_is_found_again_and_the_answer_leads_there(w: World) -> None:
    async with w.bot() as bot:
        w.provider.tuned += [OLD, NEW]
        first = await _chat(w, bot, "ana", OLD)
        (opening,) = await _openings(w)
        assert opening["ts"].replace(".", "") in str(first["blocks"])
        await w.person.say("ana", w.channel, "Hello?", thread_ts=opening["ts"])
        await w.person.wait_message(w.channel, thread_ts=opening["ts"], contains="in several pieces")
        again = await _chat(w, bot, "ana", OLD, "already")
        assert opening["ts"].replace(".", "") in str(again["blocks"])
        assert len(await _openings(w)) == 1
        # Another model, another person: conversations of their own.
        await _chat(w, bot, "ana", NEW)
        await _chat(w, bot, "ben", OLD)
        assert len(await _openings(w)) == 3


async def test_a_new_conversation_takes_the_place_of_one_in_which_nobody_has_said_anything(w: World) -> None:
    async with w.bot() as bot:
        w.provider.tuned += [OLD, NEW]
        await _chat(w, bot, "ana", OLD)
        (empty,) = await _openings(w)
        await _chat(w, bot, "ana", NEW)
        (opening,) = await _openings(w)
        assert opening["ts"] != empty["ts"]
        chats = bot.listeners[ChatListeners]
        assert isinstance(chats, ChatListeners)
        assert await chats.chat.in_thread(opening["channel"], opening["ts"]) is not None
        assert await chats.chat.in_thread(empty["channel"], empty["ts"]) is None

"""Budgets hold answers back, and administrators say which models may be talked to in a channel."""

from tests.e2e.test_changed_messages import TUNED, ask, opened
from tests.e2e.world import MODEL, World

OTHER = f"ft:{MODEL}:acme:new:abc22222"


async def admin(w: World) -> str:
    """Ana's id."""
    return next(user["id"] for user in await w.person.users() if user["name"] == "ana")


async def test_a_budget_that_is_used_up_holds_the_next_answer_back_and_says_what_to_do(w: World) -> None:
    async with w.bot(finetune_admins=[await admin(w)]):
        thread_ts = await opened(w)
        await w.person.command("ana", w.channel, "/finetune", f"budget set {w.channel} 1")
        await w.person.wait_ephemeral("ana", w.channel, "may spend")
        w.provider.usage = (1_000_000, 1_000_000)
        await ask(w, thread_ts, "Hello?")
        asked = len(w.provider.chats)
        await w.person.say("ben", w.channel, "And?", thread_ts=thread_ts)
        told = await w.person.wait_message(w.channel, "this channel's budget is used up", thread_ts=thread_ts)
        assert "ask an administrator" in told["plain"]
        assert len(w.provider.chats) == asked
        await w.person.command("ben", w.channel, "/finetune", "budget")
        await w.person.wait_ephemeral("ben", w.channel, "1 answer of a model")


async def test_a_channel_that_is_restricted_says_so_and_other_models_fall_silent(w: World) -> None:
    async with w.bot(finetune_admins=[await admin(w)]):
        thread_ts = await opened(w)
        w.provider.tuned.append(OTHER)
        await w.person.command("ben", w.channel, "/finetune", f"models allow {OTHER}")
        await w.person.wait_ephemeral("ben", w.channel, "Only administrators")
        await w.person.command("ana", w.channel, "/finetune", f"models allow {OTHER}")
        await w.person.wait_message(w.channel, "which models may be talked to in this channel", author=w.bot_user)
        await w.person.say("ben", w.channel, "Hello?", thread_ts=thread_ts)
        await w.person.wait_message(w.channel, "Use one of them", thread_ts=thread_ts)
        await w.person.command("ben", w.channel, "/finetune", f"chat {TUNED}")
        await w.person.wait_ephemeral("ben", w.channel, "Use one of them")
        assert w.provider.chats == []
        await w.person.command("ana", w.channel, "/finetune", "models allow all")
        await w.person.wait_message(w.channel, "every model may be talked to", author=w.bot_user)
        await ask(w, thread_ts, "Hello?")

"""From corrections to the next model, and to its arena against the one before it."""

import orjson
from e2e.test_settings import modal, shown
from e2e.world import World, examples, until

RIGHT = ["We close at six.", "We open at nine."]


async def corrected(w: World, thread_ts: str, right: str) -> None:
    """Ben asks the model of the thread, and says what would have been right."""
    asked = await w.person.say("ben", w.channel, "When?", thread_ts=thread_ts)
    answer = await w.person.wait_message(
        w.channel, thread_ts=thread_ts, action_id="answer_feedback", after=asked["ts"], author=w.bot_user, timeout=60
    )
    await w.person.click("ben", w.channel, answer["ts"], "answer_feedback", value="Bad answer")
    view = await w.person.wait_view("ben", 60, callback_id="answer_correct")
    await w.submit(view, "Corrections of", "ben", **{"text/0": right})


def messages_in(file: bytes) -> list[str]:
    return [orjson.loads(line)["messages"][-1]["content"] for line in file.splitlines()]


async def test_corrections_become_the_next_model_which_meets_its_parent(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop(), suffix="voice")
        first = await w.job_at_provider()
        w.provider.run(first, steps=2)
        parent = w.provider.succeed(first)
        ended = await w.wait_card("job_chat")
        assert "next_model_arena" not in str(ended["blocks"]), "its base model is no parent"
        await w.person.command("ben", w.channel, "/finetune", f"chat {parent}")
        chat = await w.wait_chat()
        for right in RIGHT:
            await corrected(w, chat["ts"], right)

        await w.person.command("ana", w.channel, "/finetune", "datasets Corrections")
        shown_set = await w.person.wait_ephemeral("ana", w.channel, "Corrections of voice", timeout=60)
        await w.person.click("ana", w.channel, shown_set["ts"], "next_model")
        view = await modal(w, lambda view: "suffix" in str(view))
        assert parent in shown(view)
        assert await w.person.submit("ana", view["id"], {}) == {}
        await until(lambda: len(w.provider.jobs) == 2)
        second = await w.job_at_provider()
        job = w.provider.jobs[second]
        assert (job["model"], job["user_provided_suffix"]) == (parent, "voice-2")
        _, content = w.provider.files[job["training_file"]]
        assert sorted(messages_in(content)) == sorted([*messages_in(examples(12)), *RIGHT])

        w.provider.run(second, steps=2)
        child = w.provider.succeed(second)
        offered = await w.person.wait_message(w.channel, contains="voice-2", action_id="next_model_arena", timeout=60)
        for user in ("ana", "ben"):
            await w.person.click(user, w.channel, offered["ts"], "next_model_arena")
            await w.person.wait_ephemeral(user, w.channel, contains="in this message", timeout=60)
        card = await w.person.wait_message(w.channel, action_id="arena_reveal", timeout=60)
        await w.settled(bot)
        cards = [one for one in await w.person.messages(w.channel) if "arena_reveal" in str(one.get("blocks"))]
        assert [one["ts"] for one in cards] == [card["ts"]], "once, whoever presses"
        assert {chat["model"] for chat in w.provider.chats[-4:]} == {parent, child}

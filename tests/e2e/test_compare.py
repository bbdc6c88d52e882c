"""Models that are asked the same answer in one message; what is said in its thread goes to all of them."""

import asyncio
import sys
from typing import Any

import orjson
import pytest

from tests.e2e.bot_process import bot_process, kill
from tests.e2e.world import MODEL, World, until

OLD, NEW = f"ft:{MODEL}:acme:old:abc11111", f"ft:{MODEL}:acme:new:abc22222"


async def shown(w: World, thread: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The comparisons' messages, in the channel or a thread."""
    messages = await w.person.messages(w.channel, thread["ts"] if thread else None)
    ids = [(str(message.get("metadata", {}).get("event_payload", {}).get("id")), message) for message in messages]
    return [message for key, message in ids if key.startswith("cmp-")]


async def complete(w: World, thread: dict[str, Any] | None = None, count: int = 2) -> dict[str, Any]:
    """Wait until the last message has so many figures of answers."""
    found: list[dict[str, Any]] = []

    async def is_complete() -> bool:
        found[:] = [message for message in await shown(w, thread) if thread is None or message["ts"] != thread["ts"]]
        return bool(found) and text_of(found[-1]).count(" s in all") >= count

    await eventually(is_complete)
    return found[-1]


async def eventually(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not await condition():
            await asyncio.sleep(0.02)


def text_of(message: dict[str, Any]) -> str:
    return orjson.dumps(message.get("blocks") or []).decode()


def asked(w: World) -> list[tuple[str, list[tuple[str, str]]]]:
    """Model and messages of each request, in order of the models."""
    return sorted(
        (chat["model"], [(one["role"], one["content"]) for one in chat["messages"]]) for chat in w.provider.chats
    )


def answer_with(w: World, answers: dict[str, str]) -> None:
    """Each model its own."""
    w.provider.answer_to = lambda body: answers.get(body["model"], w.provider.answer)


def a_pair(w: World) -> None:
    w.provider.tuned += [OLD, NEW]
    answer_with(w, {OLD: "The old answer.", NEW: "The new answer."})


async def test_models_answer_in_one_message_with_what_it_took(w: World) -> None:
    a_pair(w)
    w.provider.usage = (10_000, 200_000)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Where is my *invoice*?")
        message = await complete(w)
        text = text_of(message)
        assert "Where is my *invoice*?" in text
        assert text.index("The old answer.") < text.index("The new answer.")
        assert text.count("10,000 + 200,000 tokens") == 2
        assert text.count("$0.65") == 2  # 0.80 and 3.20 dollars per million
        assert text.count("first word after ") == 2
        assert len(await w.person.messages(w.channel)) == 1
        assert asked(w) == [(model, [("user", "Where is my *invoice*?")]) for model in sorted([OLD, NEW])]


async def test_four_models_and_a_question_that_begins_like_a_name(w: World) -> None:
    a_pair(w)
    other = f"ft:{MODEL}:acme:support:abc33333"
    w.provider.tuned.append(other)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", f"compare old new support {MODEL} Hello?")
        await complete(w, count=4)
        assert [model for model, _ in asked(w)] == sorted([OLD, NEW, other, MODEL])
        await w.person.command("ana", w.channel, "/finetune", 'compare old new "support me"')
        await until(lambda: len(w.provider.chats) == 6)
        assert [chat["messages"][-1]["content"] for chat in w.provider.chats[4:]] == ["support me"] * 2


async def test_questions_in_the_thread_go_to_all_and_each_knows_what_it_said_itself(w: World) -> None:
    a_pair(w)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        first = await complete(w)
        await w.person.say("ben", w.channel, "And & now?", thread_ts=first["ts"])
        second = await complete(w, first)
        assert second["ts"] != first["ts"]
        assert asked(w)[1::2] == [
            (NEW, [("user", "Who?"), ("assistant", "The new answer. "), ("user", "And & now?")]),
            (OLD, [("user", "Who?"), ("assistant", "The old answer. "), ("user", "And & now?")]),
        ]
    async with w.bot():  # the thread is known after a restart, too
        await w.person.say("ana", w.channel, "Still there?", thread_ts=first["ts"])
        await until(lambda: len(w.provider.chats) == 6)


async def test_answers_grow_in_their_message(w: World) -> None:
    a_pair(w)
    w.provider.chat_open.clear()
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        growing = await w.person.wait_message(w.channel, contains="is writing")
        assert "old answer" not in text_of(growing)
        w.provider.chat_open.set()
        whole = await complete(w)
        assert whole["ts"] == growing["ts"]
        assert "is writing" not in text_of(whole)


async def test_a_failed_answer_is_a_sentence_in_its_place_and_can_be_asked_for_again(w: World) -> None:
    a_pair(w)
    w.provider.fault("POST /chat/completions", status=403, code="bad", message="No such <!channel> luck")
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        message = await complete(w, count=1)
        assert "No answer: No such &lt;!channel&gt; luck" in text_of(message)
        failed = OLD if "The old answer." not in text_of(message) else NEW
        before = len(w.provider.chats)
        await w.person.click("ben", w.channel, message["ts"], "compare_retry")
        again = await complete(w)
        assert again["ts"] == message["ts"]
        assert "No answer" not in text_of(again)
        assert "compare_retry" not in text_of(again)
        assert [chat["model"] for chat in w.provider.chats[before:]] == [failed]


async def test_what_a_model_must_not_do_to_a_channel(w: World) -> None:
    models = [f"ft:{MODEL}:acme:{name}:abc" for name in ("calls", "endless", "empty", "broken")]
    w.provider.tuned += models
    said = ["<!channel> <@U0123> ```", "0123456789" * 10_000, "  ", '\ud800 [{"type": "section"}] \udfff']
    answer_with(w, dict(zip(models, said, strict=True)))
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare calls endless empty broken Who?")
        message = await complete(w, count=3)
        text = text_of(message)
        assert "<!channel>" not in text
        assert "No answer: The model had nothing to say." in text
        assert "Shortened here" in text
        (file,) = [one for one in await w.person.messages(w.channel, message["ts"]) if one.get("files")]
        assert file["files"][0]["size"] > 100_000


async def test_a_modal_asks_for_what_is_missing(w: World) -> None:
    a_pair(w)
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "compare old")
        view = await w.person.wait_view("ana")
        assert OLD in orjson.dumps(view["blocks"][0]["element"]["initial_options"]).decode()
        wrong = await w.person.submit("ana", view["id"], {"models": [OLD], "prompt": "Who?"})
        assert "2 to 4" in wrong["models"]
        assert await w.person.submit("ana", view["id"], {"models": [OLD, NEW], "prompt": "Who?"}) == {}
        assert "The old answer." in text_of(await complete(w))


async def test_a_finished_job_is_compared_with_what_it_was_made_from(w: World) -> None:
    async with w.bot():
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.checkpoint(job, 5)
        model = w.provider.succeed(job)
        card = await w.wait_card("job_compare")
        await w.person.click("ana", w.channel, card["ts"], "job_compare")
        view = await w.person.wait_view("ana")
        chosen = [option["value"] for option in view["blocks"][0]["element"]["initial_options"]]
        assert chosen == [MODEL, model]
        assert await w.person.submit("ana", view["id"], {"models": chosen, "prompt": "Question number 3?"}) == {}
        await complete(w)
        # As in chat, the fine-tuned one is told what its examples begin with.
        told = dict(asked(w))
        assert told[model][0] == ("system", "You are a helper.")
        assert told[MODEL] == [("user", "Question number 3?")]
        await w.more("ana", card, "job_checkpoints")
        checkpoints = await w.person.wait_ephemeral("ana", w.channel, action_id="checkpoints_compare")
        await w.person.click("ana", w.channel, checkpoints["ts"], "checkpoints_compare")
        view = await w.person.wait_view("ana")
        assert len(view["blocks"][0]["element"]["initial_options"]) == 2


async def test_a_mention_in_a_thread_is_told_where_the_answers_come(w: World) -> None:
    a_pair(w)
    async with w.bot():
        said = await w.person.say("ana", w.channel, "Which one?")
        await w.person.say("ana", w.channel, f"<@{w.bot_user}> compare old new Who?", thread_ts=said["ts"])
        await complete(w)
        await w.person.wait_message(w.channel, thread_ts=said["ts"], contains="The answers come")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_an_answer_that_was_given_is_not_asked_for_again_after_a_kill(w: World) -> None:
    a_pair(w)
    answer_with(w, {OLD: "Done.", NEW: "The new answer."})
    w.provider.chat_open.clear()  # after its first word the new one goes on when it may
    async with bot_process(w) as bot:
        await w.person.command("ana", w.channel, "/finetune", "compare old new Who?")
        # An answer that is whole, with its figures, is one that is kept.
        half = await complete(w, count=1)
        assert "Done." in text_of(half)
        assert "is writing" in text_of(half)
        await kill(w, bot)
    w.provider.chat_open.set()
    async with bot_process(w):
        whole = await complete(w)
        assert "The new answer." in text_of(whole)
        assert len(await w.person.messages(w.channel)) == 1
        assert sorted(chat["model"] for chat in w.provider.chats) == [NEW, NEW, OLD]


async def test_a_private_model_is_compared_where_it_comes_from_only(w: World) -> None:
    async with w.bot():
        private = (await w.person.create_channel("ana", "secret", private=True, members=["ana"]))["id"]
        await w.person.join(private, w.bot_user)
        public, w.channel = w.channel, private
        await w.start(await w.drop())
        model = w.provider.succeed(await w.job_at_provider())
        await w.wait_card("job_compare", private)
        w.channel = public
        await w.person.command("ana", public, "/finetune", f"compare {model} {MODEL} Who?")
        await w.person.wait_ephemeral("ana", public, "private channel")
        await w.person.command("ben", public, "/finetune", f"compare {model} {MODEL} Who?")
        await w.person.wait_ephemeral("ben", public, "no model")
        assert await shown(w) == []
        assert w.provider.chats == []

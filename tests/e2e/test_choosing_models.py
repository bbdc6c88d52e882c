"""Which model is meant: the one that is named, and where several are, the one that is chosen."""

from typing import Any

from tests.e2e.world import MODEL, World, examples, is_chat, until

VOICES = [f"ft:{MODEL}:acme:voice:abc11111", f"ft:{MODEL}:acme:voice:abc22222"]
GERMAN = f"ft:{MODEL}:acme:voice-german:abc33333"
OPENED = "This thread talks to"


async def _opened(w: World) -> list[str]:
    """The models to which conversations were opened in the channel."""
    found = [message for message in await w.person.messages(w.channel) if is_chat(message)]
    return [_model(message) for message in found]


def _model(message: dict[str, Any]) -> str:
    """What its *Model ID* stands for; a base model goes by its id."""
    elements = [element for block in message["blocks"] for element in block.get("elements", [])]
    ids = [element["value"] for element in elements if element.get("action_id") == "model_id"]
    return ids[0] if ids else message["plain"].partition(OPENED)[2].splitlines()[0].strip(" `.")


async def test_a_base_model_is_talked_to_by_its_name(w: World) -> None:
    async with w.bot():
        w.provider.tuned += VOICES
        await w.person.command("ana", w.channel, "/finetune", f"chat {MODEL}")
        await w.wait_chat()
        assert await _opened(w) == [MODEL]
        # It is the beginning of no other name.
        await w.person.command("ana", w.channel, "/finetune", "chat acme")
        await w.person.wait_ephemeral("ana", w.channel, contains="There is no model acme")
        assert len(await _opened(w)) == 1


async def test_a_short_name_means_its_model_and_a_shared_one_is_chosen_from(w: World) -> None:
    async with w.bot():
        w.provider.tuned += [*VOICES, GERMAN]
        await w.person.command("ana", w.channel, "/finetune", "chat voice-german")
        await w.wait_chat()
        await w.person.command("ben", w.channel, "/finetune", "chat voice")
        choice = await w.person.wait_ephemeral("ben", w.channel, contains="could be any of these")
        assert all(model in choice["plain"] for model in VOICES)
        assert GERMAN not in choice["plain"]
        assert len(await _opened(w)) == 1
        await w.person.click("ben", w.channel, choice["ts"], "model_chat")
        await w.person.wait_message(w.channel, contains="@Ben", author=w.bot_user)
        assert (await _opened(w))[1] in (VOICES[0], VOICES[1])
        for words in ("delete voice", "start model=voice epochs=1"):
            await w.drop(user="ben")
            await w.person.command("ben", w.channel, "/finetune", words)
            await w.person.wait_ephemeral("ben", w.channel, contains="voice could be any of these")


async def test_a_question_in_direct_messages_is_asked_of_the_model_that_is_chosen_once(w: World) -> None:
    async with w.bot():
        w.provider.tuned += VOICES
        question = await w.person.say("ana", "@ana", "Where is my parcel?")
        choice = await w.person.wait_message("@ana", contains="Which model shall answer", after=question["ts"])
        offered = await w.person.suggest_in_message("ana", "@ana", choice["ts"], "chat_ask_search", "gpt-4")
        assert MODEL in [option["value"] for option in offered]
        await w.person.choose("ana", "@ana", choice["ts"], "chat_ask_search", MODEL)
        await w.person.wait_message("@ana", thread_ts=question["ts"], contains="in several pieces", timeout=60)
        (asked,) = w.provider.chats
        assert (asked["model"], asked["messages"]) == (MODEL, [{"role": "user", "content": "Where is my parcel?"}])
        after = next(one for one in await w.person.messages("@ana") if one["ts"] == choice["ts"])
        assert f"Talk to `{MODEL}`" in after["plain"], "in place of the choice"


async def test_without_a_name_what_may_be_seen_here_is_chosen_from(w: World) -> None:
    """The newest is private: it is not opened in public, and not offered there."""
    private = "#support-leads"
    async with w.bot():
        dropped = await w.person.drop_bytes("ana", private, [("secret.jsonl", examples(12))])
        report = await w.wait_report(dropped)
        await w.person.click("ana", private, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        assert await w.person.submit("ana", view["id"], {"suffix": "hush"}) == {}
        hush = w.provider.succeed(await w.job_at_provider())
        await w.wait_card("job_chat", private)
        await w.person.command("ana", w.channel, "/finetune", "chat")
        choice = await w.person.wait_ephemeral("ana", w.channel, contains="Which model")
        offered = await w.person.suggest_in_message("ana", w.channel, choice["ts"], "model_search", "")
        assert [option["value"] for option in offered] == [MODEL]
        assert hush not in str(choice["blocks"])
        w.provider.tuned.append(VOICES[0])
        await w.person.command("ana", w.channel, "/finetune", "chat")
        await w.wait_chat()
        w.provider.tuned.append(GERMAN)
        await w.person.command("ben", w.channel, "/finetune", "chat")
        choice = await w.person.wait_ephemeral("ben", w.channel, contains="Which model")
        assert VOICES[0] in choice["plain"]
        assert GERMAN in choice["plain"]
        assert hush not in choice["plain"]
        # Whose it is may know of it there, and is told where to talk to it.
        await w.person.command("ana", w.channel, "/finetune", "chat hush")
        await w.person.wait_ephemeral("ana", w.channel, contains="Do this where it comes from")
        assert "hush" not in await w.person.text(w.channel)
        assert "Question number 0" not in await w.person.text(w.channel)
        await w.person.command("ana", private, "/finetune", "chat hush")
        opened = await w.wait_chat(private)
        assert "Question number 0" in opened["plain"]


async def test_a_job_is_named_by_its_suffix_or_the_beginning_of_its_id(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        for suffix in ("first", "second"):
            await w.start(report, suffix=suffix)
        await until(lambda: len(w.provider.jobs) == 2)
        second, first = await bot.services.jobs.latest(2)
        for word, job in (("first", first), ("SECOND", second), (second.id[:9], second)):
            await w.person.command("ana", w.channel, "/finetune", f"status {word}")
            await w.person.wait_ephemeral("ana", w.channel, contains=job.id)
        await w.person.command("ana", w.channel, "/finetune", "cancel job-")
        told = await w.person.wait_ephemeral("ana", w.channel, contains="job- could be any of these")
        assert first.id in told["plain"]
        assert second.id in told["plain"]
        assert "second · 20" in told["plain"], "what tells them apart"

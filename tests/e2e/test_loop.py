"""The main job over real sockets: from a file in a channel to a talk with the model."""

import re
from typing import Any

import pytest
from pydantic import SecretStr

from tests.e2e.test_settings import modal, shown
from tests.e2e.world import World, until


async def _from_file_to_chat(w: World) -> None:
    report = await w.drop()
    card = await w.start(report, suffix="support")
    await w.person.wait_message(w.channel, thread_ts=report["thread_ts"], contains="started fine-tuning")
    job = await w.job_at_provider()
    w.provider.run(job, steps=5)
    await w.wait_notice("started", card)
    w.provider.run(job, steps=5)
    model = w.provider.succeed(job)
    end = await w.wait_notice("succeeded", card)
    await w.wait_card("job_chat")
    await w.person.click("ana", w.channel, end["ts"], "job_chat")
    chat = await w.wait_chat()
    await w.person.say("ana", w.channel, "What is the answer?", thread_ts=chat["ts"])
    await w.person.wait_message(w.channel, thread_ts=chat["ts"], contains="in several pieces")
    asked = w.provider.chats[-1]
    assert asked["model"] == model
    assert asked["messages"] == [
        {"role": "system", "content": "You are a helper."},
        {"role": "user", "content": "What is the answer?"},
    ]


async def test_a_dropped_file_becomes_a_model_that_answers_in_a_thread(w: World) -> None:
    async with w.bot():
        await _from_file_to_chat(w)


async def test_the_same_over_signed_http_requests(w: World) -> None:
    async with w.bot(slack_app_token=None, slack_signing_secret=SecretStr(w.sandbox.signing_secret)):
        await _from_file_to_chat(w)


async def test_the_card_shows_progress_and_a_chart_that_slack_has(w: World) -> None:
    async with w.bot():
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=7, valid=True)
        card = await w.person.wait_message(w.channel, contains="Line chart")
        image = next(block for block in card["blocks"] if block["type"] == "image")
        assert image["slack_file"]["id"].startswith("F")
        assert "step 7 of 10" in await w.person.text(w.channel)


async def test_a_job_goes_on_after_the_bot_was_restarted_in_the_middle(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=3)
        await w.wait_notice("started", card)
    w.provider.run(job, steps=7)
    w.provider.succeed(job)
    async with w.bot():
        await w.wait_notice("succeeded", card)
        assert (await w.notices(card)).items() >= {"accepted": 1, "started": 1, "succeeded": 1}.items()
    assert len(w.provider.jobs) == 1


async def test_the_thread_remembers_what_was_said(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append("ft:gpt-4.1-mini-2025-04-14:acme:old:abc12345")
        await w.person.command("ana", w.channel, "/finetune", "chat old")
        chat = await w.wait_chat()
        for question in ("One?", "Two?"):
            asked = await w.person.say("ana", w.channel, question, thread_ts=chat["ts"])
            await w.person.wait_message(w.channel, thread_ts=chat["ts"], contains="pieces", after=asked["ts"])
            await until(lambda question=question: w.provider.chats[-1]["messages"][-1]["content"] == question)
        contents = [message["content"] for message in w.provider.chats[-1]["messages"]]
        assert contents == ["One?", "The answer, in several pieces. ", "Two?"]


@pytest.mark.parametrize("words", ["jobs", "status", "models", "help"])
async def test_commands_answer_their_sender_only(w: World, words: str) -> None:
    async with w.bot():
        await w.start(await w.drop())
        await w.job_at_provider()
        before = len(await w.person.messages(w.channel))
        await w.person.command("ben", w.channel, "/finetune", words)
        answer = await w.person.wait_ephemeral("ben", w.channel)
        assert answer["blocks"]
        assert len(await w.person.messages(w.channel)) == before
        assert await w.person.ephemerals("ana") == []


async def test_in_a_thread_a_mention_takes_the_same_words(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        mention = f"<@{bot.services.bot_user}>"
        words = "start epochs=2 name=by-mention confirm=yes"
        await w.person.say("ben", w.channel, f"{mention} {words}", thread_ts=report["thread_ts"])
        await w.person.wait_message(w.channel, contains="by-mention")
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["user_provided_suffix"] == "by-mention"
        assert job["method"]["supervised"]["hyperparameters"] == {"n_epochs": 2}
        await w.person.say("ben", w.channel, f"{mention} jobs", thread_ts=report["thread_ts"])
        await w.person.wait_message(w.channel, thread_ts=report["thread_ts"], contains="train.jsonl →")


async def test_an_unknown_command_suggests_the_nearest_one(w: World) -> None:
    async with w.bot():
        await w.person.command("ana", w.channel, "/finetune", "modles")
        answer = await w.person.wait_ephemeral("ana", w.channel)
        assert "/finetune models" in answer["text"]


async def test_a_job_that_somebody_else_started_can_be_followed(w: World) -> None:
    async with w.bot():
        foreign = w.provider.add_job()
        w.provider.run(foreign, steps=4)
        await w.person.command("ana", w.channel, "/finetune", f"follow {foreign}")
        card = await w.person.wait_message(w.channel, contains="step 4 of 10")
        ours = str(re.findall(r"`(job-\w+)`", card["plain"])[0])
        for name, known in (
            (foreign, f"I follow {foreign} already, as job {ours}."),
            (ours, f"I follow {ours} already."),
        ):
            await w.person.command("ana", w.channel, "/finetune", f"follow {name}")
            await w.person.wait_ephemeral("ana", w.channel, contains=known)
        w.provider.succeed(foreign)
        await w.wait_notice("succeeded", card)


async def test_the_channel_for_notices_hears_how_a_job_ended(w: World) -> None:
    channels = {channel.get("name"): channel["id"] for channel in await w.person.channels()}
    async with w.bot(finetune_notices_channel=channels["general"]):
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_notice("succeeded/elsewhere", channel="#general")


async def test_a_deleted_model_is_gone_at_the_provider(w: World) -> None:
    async with w.bot(finetune_admins=["U0BEN"]):
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        model = w.provider.succeed(job)
        ending = await w.wait_notice("succeeded", await w.wait_card("job_chat"))
        await w.person.command("ana", w.channel, "/finetune", f"delete {model}")
        await w.confirm("Delete the model", "is deleted")
        assert w.provider.tuned == []
        card = await w.person.wait_message(w.channel, contains="Model deleted", timeout=60)
        assert "Chat" not in [button["text"]["text"] for button in _buttons(card)]
        await w.person.click("ana", w.channel, ending["ts"], "job_chat")
        await w.person.wait_ephemeral("ana", w.channel, contains="nobody can talk to it any more")


async def test_a_model_that_vanished_at_the_provider_is_not_offered_for_a_chat_any_more(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_card("job_chat")
        await bot.services.lost_models.look()
        w.provider.tuned.clear()
        await bot.services.lost_models.look()
        await w.person.wait_message(w.channel, contains="Model no longer at the provider", timeout=60)


async def test_a_run_that_diverged_is_not_celebrated(w: World) -> None:
    channels = {channel.get("name"): channel["id"] for channel in await w.person.channels()}
    async with w.bot(finetune_notices_channel=channels["general"]):
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job)
        for step in range(1, 31):
            data = {"step": step, "total_steps": 30, "train_loss": 3.0 if step < 4 else 20.0}
            w.provider.add_event(job, f"Step {step}/30", type="metrics", data=data)
        w.provider.succeed(job)
        await w.person.wait_message(w.channel, contains="Diverged", timeout=60)
        ending = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Training diverged")
        assert "Start again with a lower learning rate" in ending["plain"]
        assert "style" not in next(one for one in _buttons(ending) if one["action_id"] == "job_chat")
        await w.person.wait_message("#general", contains="Training diverged")
        await w.person.command("ana", w.channel, "/finetune", "jobs")
        await w.person.wait_ephemeral("ana", w.channel, contains="Diverged")


async def test_a_run_that_diverged_is_started_again_with_the_lower_rate_that_is_advised(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop(), lr="100")
        job = await w.job_at_provider()
        w.provider.run(job)
        for step in range(1, 31):
            data = {"step": step, "total_steps": 30, "train_loss": 3.0 if step < 4 else 20.0}
            w.provider.add_event(job, f"Step {step}/30", type="metrics", data=data)
        w.provider.succeed(job)
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="such as 1 (it was 100)", timeout=60)
        await w.person.click("ana", w.channel, card["ts"], "job_retry")
        view = await w.person.wait_view("ana", 60)
        hint = "Training diverged at 100"
        assert hint in shown(view)
        await w.person.click_in_view("ana", view["id"], "start_epochs", value="3")
        view = await modal(w, lambda view: "in 3 epochs" in shown(view))
        assert hint in shown(view), "it stays when something else is chosen"
        assert await w.person.submit("ana", view["id"], {}) == {}
        await until(lambda: len(w.provider.jobs) == 2)
        asked = w.provider.jobs[await w.job_at_provider()]["method"]["supervised"]["hyperparameters"]
        assert asked == {"n_epochs": 3, "learning_rate_multiplier": 1.0}


async def test_a_cancelled_job_is_started_again_from_its_card(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop(), epochs="7")
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.wait_notice("started", card)
        await w.person.click("ana", w.channel, card["ts"], "job_cancel")
        await w.person.wait_message(w.channel, contains="✗ *Cancelled*", timeout=60)
        await w.person.click("ana", w.channel, card["ts"], "job_retry")
        view = await w.person.wait_view("ana", 60)
        assert await w.person.submit("ana", view["id"], {}) == {}
        await until(lambda: len(w.provider.jobs) == 2)
        assert w.provider.jobs[await w.job_at_provider()]["method"]["supervised"]["hyperparameters"]["n_epochs"] == 7


def _buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    elements = [one for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]]
    return [one for one in elements if one["type"] == "button"]


async def test_a_training_file_is_deleted_here_and_at_the_provider(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.start(report)
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_card("job_chat")
        assert len(w.provider.files) == 1
        await w.delete(report)
        assert w.provider.files == {}
        assert list((bot.services.settings.finetune_data / "files").iterdir()) == []


async def test_a_file_deleted_in_slack_offers_to_delete_our_copies(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        thread = await w.person.messages(w.channel, report["thread_ts"])
        await w.person.delete_file("ana", thread[0]["files"][0]["id"])
        await w.person.wait_message("@ana", contains="was deleted in Slack")

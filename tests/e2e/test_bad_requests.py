"""Requests that cannot be carried out, or come twice: a clear answer where the person looks, and nothing half done."""

import asyncio
from typing import Any

import pytest

from sandbox.client import SandboxError
from tests.e2e.world import MODEL, World, examples, until

BEN = "U0BENHALL1"


async def _told(w: World, user: str, channel: str, words: str, contains: str) -> dict[str, Any]:
    await w.person.command(user, channel, "/finetune", words)
    return await w.person.wait_ephemeral(user, channel, contains=contains)


async def test_a_command_where_the_bot_is_not_a_member_says_how_to_invite_it(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append(f"ft:{MODEL}:acme:old:abc12345")
        for words in ("start", "chat old", "follow ftjob-1"):
            await _told(w, "ana", "#random", words, "/invite")
        # What needs no place in the channel works all the same.
        await _told(w, "ben", "#random", "jobs", "job")
        assert await w.person.messages("#random") == []


@pytest.mark.parametrize(("person", "sentence"), [("gil", "Guests cannot"), ("sam", "people of this workspace")])
async def test_guests_and_other_organisations_are_refused_everywhere(w: World, person: str, sentence: str) -> None:
    async with w.bot():
        await w.person.join(w.channel, person)
        report = await w.drop()
        for words in ("jobs", "models", "start", "help"):
            await w.person.command(person, w.channel, "/finetune", words)
        await w.person.click(person, w.channel, report["ts"], "start_job")
        await until_async(w, person, 5)
        assert all(sentence in message["plain"] for message in await w.person.ephemerals(person))
        dropped = await w.person.drop_bytes(person, w.channel, [("theirs.jsonl", b"{}")])
        await w.person.wait_message(w.channel, contains=sentence, thread_ts=dropped["ts"])
        assert await w.person.open_view(person) is None
        assert w.provider.jobs == {}


async def until_async(w: World, person: str, count: int) -> None:
    async with asyncio.timeout(60):
        while len(await w.person.ephemerals(person)) < count:
            await asyncio.sleep(0.02)


async def test_guests_may_where_the_administrator_lets_them(w: World) -> None:
    async with w.bot(finetune_allow_guests=True):
        await w.person.join(w.channel, "gil")
        await _told(w, "gil", w.channel, "models", MODEL)


async def test_a_deactivated_person_is_refused(w: World) -> None:
    async with w.bot():
        w.sandbox.state.workspace.users[BEN].deleted = True
        await _told(w, "ben", w.channel, "jobs", "deactivated")


async def test_what_was_born_in_a_private_channel_is_unknown_elsewhere(w: World) -> None:
    private = "#support-leads"
    async with w.bot(finetune_admins=[BEN]) as bot:
        dropped = await w.person.drop_bytes("ana", private, [("secret.jsonl", examples(12))])
        report = await w.wait_report(dropped)
        await w.person.click("ana", private, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        assert await w.person.submit("ana", view["id"], {"suffix": "hush"}) == {}
        at_provider = await w.job_at_provider()
        w.provider.run(at_provider, steps=2)
        model = w.provider.succeed(at_provider)
        await w.wait_card("job_chat", private)
        (job,) = await bot.services.jobs.latest(1)
        dataset = job.dataset_id
        assert dataset
        # Ben is an administrator of the bot, and not in that channel.
        no_job = (await _told(w, "ben", w.channel, "status job-00000000", "There is no job"))["plain"]
        for words, answer in (
            (f"status {job.id}", no_job.replace("job-00000000", job.id)),
            (f"cancel {at_provider}", no_job.replace("job-00000000", at_provider)),
            (f"start {dataset}", "I have no such training file"),
            (f"chat {model}", "There is no model"),
            ("chat hush", "There is no model hush"),
            (f"chat {job.id}", f"There is no model {job.id}"),
            (f"delete {model}", "There is no fine-tuned model"),
            (f"delete {dataset}", "I have no such training file"),
            (f"follow {at_provider}", f"knows no job {at_provider}"),
            (f"start {job.training_file}", f"has no file {job.training_file}"),
        ):
            await _told(w, "ben", w.channel, words, answer)
        await w.person.command("ben", w.channel, "/finetune", "jobs")
        await w.person.command("ben", w.channel, "/finetune", "models")
        await until_async(w, "ben", 13)
        seen = "".join(message["plain"] for message in (await w.person.ephemerals("ben"))[-2:])
        assert job.id not in seen
        assert model not in seen
        assert "secret.jsonl" not in seen
        # Ana, whose it is, sees it from everywhere.
        await _told(w, "ana", w.channel, f"status {job.id}", "secret.jsonl")


async def test_only_the_requester_or_an_administrator_cancels(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=1)
        await w.wait_notice("started", card)
        await w.person.click("ben", w.channel, card["ts"], "job_cancel")
        refusal = await w.person.wait_ephemeral("ben", w.channel, contains="Only the person who started this job")
        assert not refusal.get("thread_ts"), "in the channel, where Ben pressed"
        assert w.provider.jobs[job]["status"] == "running"
        await _told(w, "ben", w.channel, f"cancel {job}", "Only the person who started this job")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("status job-nope", "There is no job job-nope"),
        ("cancel job-nope", "There is no job job-nope"),
        ("cancel", "There is no job that you can cancel."),
        ("chat nobody", "There is no model nobody"),
        ("chat", "Which model do you want to talk to?"),
        ("delete", "There is no model and no file that you can delete."),
        ("delete ds-nope", "I have no such training file"),
        ("delete ft:nope", "There is no fine-tuned model ft:nope"),
        ("follow ftjob-nope", "knows no job ftjob-nope"),
        ("start ds-nope", "I have no such training file"),
        ("start file-nope", "has no file file-nope"),
        ("start other.jsonl", "There is no file other.jsonl"),
        ("start epochs=lots", "Epochs are a whole number from 1 to 50"),
        ("start lr=-1 batch=0 name='a b'", "learning rate multiplier is a number above 0"),
        ("start colour=blue", "I do not know the setting colour=blue"),
        ("start model=gpt-99", "cannot fine-tune gpt-99"),
        ('start name="unfinished', "A quotation mark is missing"),
        ("start 'o", "A quotation mark is missing"),
        ("<!channel>", "finetune help"),
    ],
)
async def test_what_cannot_be_is_answered_with_what_can(w: World, words: str, answer: str) -> None:
    async with w.bot():
        if words.startswith("start ") and "=" in words:
            await w.drop()
        message = await _told(w, "ana", w.channel, words, answer)
        assert "<!channel>" not in str(message["blocks"])
        assert w.provider.jobs == {}


async def test_bad_values_stand_under_their_fields(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        errors = await w.person.submit(
            "ana", view["id"], {"suffix": "no spaces, please", "epochs": "many", "lr": "-1", "seed": "x"}
        )
        assert set(errors) == {"suffix", "epochs", "lr", "seed"}
        assert "a whole number from 1 to 50" in errors["epochs"]
        assert await w.person.open_view("ana") is not None, "still open, to be corrected"
        assert await w.person.submit("ana", view["id"], {"suffix": "fine", "epochs": "2", "lr": "", "seed": ""}) == {}
        await w.job_at_provider()
        assert len(w.provider.jobs) == 1


async def test_pressing_start_twice_and_sending_both_windows_off_makes_one_job(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        views = []
        for person in ("ana", "ben"):
            await w.person.click(person, w.channel, report["ts"], "start_job")
            views.append((person, (await w.person.wait_view(person))["id"]))
        sent = await asyncio.gather(*(w.person.submit(person, view, {}) for person, view in views))
        assert sent == [{}, {}]
        await w.job_at_provider()
        told = await w.person.views("ana") + await w.person.views("ben")
        assert len([view for view in told if "already being trained" in str(view["blocks"])]) == 1
        assert len(w.provider.jobs) == 1


async def test_the_same_window_sent_off_twice_makes_one_job(w: World) -> None:
    async with w.bot() as bot:
        await w.start(await w.drop())
        await w.job_at_provider()
        sent = (await w.person.deliveries(kind="interactive", state="delivered"))[-1]
        assert sent["payload"]["type"] == "view_submission"
        again = {**sent["payload"], "trigger_id": "another.one"}
        assert await bot.inbox.offer(again)
        await bot.worker.recover(bot.app)
        await until(lambda: not bot.worker.busy)
        assert len(await bot.services.jobs.latest(10)) == 1
        assert len(w.provider.jobs) == 1


async def test_an_event_that_slack_sends_twice_is_answered_once(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        mention = f"<@{bot.services.bot_user}> jobs"
        await w.person.say("ana", w.channel, mention, thread_ts=report["thread_ts"])
        await w.person.wait_message(w.channel, thread_ts=report["thread_ts"], contains="No jobs yet")
        before = len(await w.person.messages(w.channel, report["thread_ts"]))
        events = await w.person.deliveries(kind="events_api")
        for event in events:
            await w.person.redeliver(event["id"])
        async with asyncio.timeout(60):
            while len(done := await w.person.deliveries(kind="events_api", state="delivered")) < 2 * len(events):
                await asyncio.sleep(0.02)
        assert done
        await until(lambda: not bot.worker.busy)
        assert len(await w.person.messages(w.channel, report["thread_ts"])) == before


async def test_a_window_that_could_not_open_in_time_asks_to_press_again(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        await w.person.settings(trigger_life=0.0)
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        await w.person.wait_ephemeral("ana", w.channel, contains="Please press it again")
        await w.person.settings(trigger_life=3.0)
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        assert await w.person.wait_view("ana")


async def test_a_lost_reply_to_opening_the_window_opens_no_second_one(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        await w.person.fault("views.open", "drop")
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        assert await w.person.wait_view("ana")
        await until(lambda: not bot.worker.busy)
        assert len(await w.person.views("ana")) == 1
        assert await w.person.ephemerals("ana") == []


async def test_slack_refuses_commands_in_threads_and_the_bot_hears_nothing(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        reply = await w.person.command("ana", w.channel, "/finetune", "jobs", thread_ts=report["thread_ts"])
        assert reply["acked"] is False


async def test_a_button_of_somebody_elses_whisper_cannot_be_pressed(w: World) -> None:
    async with w.bot():
        w.provider.tuned.append(f"ft:{MODEL}:acme:old:abc12345")
        report = await w.drop()
        await w.person.click("ben", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ben")
        await w.person.command("ana", w.channel, "/finetune", "start epochs=1")
        whisper = await w.person.wait_ephemeral("ana", w.channel, action_id="start_confirmed")
        await w.delete(report)
        # Sent off for a file that was deleted meanwhile.
        await w.submit(view, "no such training file", "ben")
        # And its report has nothing left to press.
        await w.person.wait_message(w.channel, contains="was deleted", thread_ts=report["thread_ts"])
        with pytest.raises(SandboxError):
            await w.person.click("ben", w.channel, report["ts"], "start_job")
        with pytest.raises(SandboxError):
            await w.person.click("ben", w.channel, whisper["ts"], "start_confirmed")

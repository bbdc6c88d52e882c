"""The provider is down, refuses, or loses its replies: nothing is paid for twice, and people hear what is wrong."""

from typing import Any

import pytest

from tests.e2e.world import IMPATIENT, MODEL, World, until

CREATE = "POST /fine_tuning/jobs"


async def test_a_provider_that_is_down_when_a_job_is_submitted_gets_it_when_it_is_back(w: World) -> None:
    async with w.bot(IMPATIENT):
        report = await w.drop()
        await w.provider.down()
        card = await w.start(report)
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="does not take jobs at the moment")
        await w.provider.up()
        await w.wait_notice("accepted", card)
        assert len(w.provider.jobs) == 1
        assert len(w.provider.files) == 1


async def test_a_bot_that_starts_while_the_provider_is_down_reads_files_and_says_why_it_cannot_train(w: World) -> None:
    await w.provider.down()
    async with w.bot():
        report = await w.drop()
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        await w.person.wait_ephemeral("ana", w.channel, contains="Nobody answers at")
        await w.provider.up()
        await w.start(report)
        await w.job_at_provider()


async def test_a_key_that_is_refused_in_the_middle_is_told_under_the_card(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        await w.wait_notice("started", card)
        key, w.provider.key = w.provider.key, "another"
        told = await w.person.wait_message(
            w.channel, thread_ts=card["ts"], contains="refused the bot's API key", timeout=20
        )
        assert "sk-stand-in" not in str(told)
        w.provider.key = key
        w.provider.succeed(job)
        await w.wait_notice("succeeded", card)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"status": 429, "code": "insufficient_quota", "message": "You exceeded your quota"}, "no credit left"),
        (
            {"status": 401, "code": "invalid_api_key", "message": "Incorrect API key provided"},
            "refused the bot's API key",
        ),
        ({"status": 404, "code": "model_not_found", "message": "The model does not exist"}, "does not know this base"),
        (
            {"status": 403, "code": "training_not_available", "message": "Fine-tuning is no longer available"},
            "the trainer that comes with Finetune Bot",
        ),
        ({"status": 400, "code": "invalid_hyperparameters", "message": "n_epochs too large"}, "one of the settings"),
    ],
)
async def test_a_refused_job_says_why_and_what_else_there_is(w: World, fault: dict[str, Any], says: str) -> None:
    async with w.bot():
        report = await w.drop()
        w.provider.fault(CREATE, **fault)
        card = await w.start(report)
        end = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains=says)
        assert fault["message"] in end["plain"], "the provider's own words, too"
        assert w.provider.jobs == {}


async def test_try_again_keeps_the_settings(w: World) -> None:
    async with w.bot():
        report = await w.drop()
        w.provider.fault(CREATE, status=429, code="insufficient_quota")
        card = await w.start(report, suffix="support", epochs="4", batch="2", lr="0.5")
        end = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="no credit left")
        await w.person.click("ana", w.channel, end["ts"], "job_retry")
        view = await w.person.wait_view("ana")
        assert await w.person.submit("ana", view["id"], {}) == {}
        job = w.provider.jobs[await w.job_at_provider()]
        assert job["user_provided_suffix"] == "support"
        assert job["method"]["supervised"]["hyperparameters"] == {
            "n_epochs": 4,
            "batch_size": 2,
            "learning_rate_multiplier": 0.5,
        }


async def test_a_job_that_fails_there_shows_the_error_escaped_and_without_keys(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=1)
        secret = "sk-abcdefghijklmnopqrstuvwxyz0123456789"
        w.provider.fail(
            job, "invalid_training_file", f"<!channel> line 3 of <@U0BENHALL1> was bad, key {secret} ```x```"
        )
        end = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="line 3 of")
        for message in [*await w.person.messages(w.channel), *await w.person.messages(w.channel, card["ts"])]:
            wire = str(message["text"]) + str(message.get("blocks"))
            assert "<!channel>" not in wire
            assert "<@U0BENHALL1>" not in wire
            assert secret not in str(message)
        assert "correct the file" in end["plain"]


async def test_a_lost_reply_to_creating_a_job_creates_no_second_one(w: World) -> None:
    async with w.bot(IMPATIENT):
        report = await w.drop()
        w.provider.fault(CREATE, lost=True)
        card = await w.start(report)
        await w.wait_notice("accepted", card)
        assert w.provider.requests.count(CREATE) == 1
        assert len(w.provider.jobs) == 1


async def _uncertain(w: World, report: dict[str, Any], *, created: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A job of which nobody knows whether it was created: its card, and the question under it."""
    w.provider.fault(CREATE, **({"lost": True} if created else {"status": 500, "message": "boom"}))
    w.provider.fault("GET /fine_tuning/jobs", times=4, status=500)
    card = await w.start(report)
    question = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="I cannot tell whether")
    return card, question


async def test_an_uncertain_job_that_was_created_can_be_adopted(w: World) -> None:
    async with w.bot(IMPATIENT):
        card, question = await _uncertain(w, await w.drop(), created=True)
        await w.person.click("ben", w.channel, question["ts"], "job_adopt")
        await w.person.wait_ephemeral("ben", w.channel, contains="Only the person who started this job")
        await w.person.click("ana", w.channel, question["ts"], "job_adopt")
        await w.wait_notice("accepted", card)
        assert w.provider.requests.count(CREATE) == 1


async def test_an_uncertain_job_that_was_not_created_can_be_submitted_again(w: World) -> None:
    async with w.bot(IMPATIENT):
        card, question = await _uncertain(w, await w.drop(), created=False)
        await w.person.click("ana", w.channel, question["ts"], "job_adopt")
        await w.person.wait_ephemeral("ana", w.channel, contains="lists no job that fits")
        assert w.provider.jobs == {}
        await w.person.click("ana", w.channel, question["ts"], "job_resubmit")
        await w.wait_notice("accepted", card)
        assert len(w.provider.jobs) == 1
        # Pressed once more: it is no longer uncertain.
        await w.person.click("ana", w.channel, question["ts"], "job_resubmit")
        await w.person.wait_ephemeral("ana", w.channel, contains="not uncertain any more")
        assert len(w.provider.jobs) == 1


async def test_submit_again_finds_a_job_that_was_created_after_all(w: World) -> None:
    async with w.bot(IMPATIENT):
        card, question = await _uncertain(w, await w.drop(), created=True)
        await w.person.click("ana", w.channel, question["ts"], "job_resubmit")
        await w.wait_notice("accepted", card)
        assert w.provider.requests.count(CREATE) == 1


async def test_cancelling_when_the_provider_is_down_says_so_and_leaves_the_job(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=1)
        await w.wait_notice("started", card)
        w.provider.fault(f"POST /fine_tuning/jobs/{job}/cancel", status=503, message="overloaded")
        await w.person.click("ana", w.channel, card["ts"], "job_cancel")
        await w.person.wait_ephemeral("ana", w.channel, contains="overloaded")
        assert w.provider.jobs[job]["status"] == "running"


async def test_a_slow_listing_of_models_does_not_keep_the_window_shut(w: World) -> None:
    async with w.bot() as bot:
        report = await w.drop()
        bot.services.catalogue.forget()
        w.provider.fault("GET /models", status=503)
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        assert MODEL in str(view)
        await until(lambda: not bot.worker.busy)

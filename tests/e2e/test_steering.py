"""Pausing, resuming and cancelling: from the card and by command, confirmed, and told in the thread."""

from typing import Any

import orjson
from e2e.world import World, until


async def training(w: World) -> tuple[dict[str, Any], str]:
    """The card of a job that trains, and the provider's id of it."""
    card = await w.start(await w.drop())
    job = await w.job_at_provider()
    w.provider.run(job, steps=3)
    await w.wait_notice("started", card)
    return card, job


async def button_on_card(w: World, text: str) -> dict[str, Any]:
    return await w.person.wait_message(w.channel, contains=text, author=w.bot_user, timeout=30)


async def test_a_job_is_paused_and_resumed_from_its_card(w: World) -> None:
    async with w.bot():
        card, job = await training(w)
        await button_on_card(w, "Training for")
        await w.person.click("ana", w.channel, card["ts"], "job_pause")
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Paused by", timeout=30)
        assert w.provider.jobs[job]["status"] == "paused"
        await button_on_card(w, "● *Paused*")
        await w.person.click("ana", w.channel, card["ts"], "job_resume")
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Resumed by", timeout=30)
        assert w.provider.jobs[job]["status"] == "running"


async def test_what_cannot_be_done_is_refused_before_it_is_asked_back(w: World) -> None:
    async with w.bot():
        _, job = await training(w)
        await w.person.command("ana", w.channel, "/finetune", f"resume {job}")
        await w.person.wait_ephemeral(
            "ana", w.channel, contains="is not paused, so there is nothing to resume", timeout=30
        )
        await w.person.command("ana", w.channel, "/finetune", f"pause {job} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="is paused now", timeout=30)
        await w.person.command("ana", w.channel, "/finetune", f"pause {job}")
        await w.person.wait_ephemeral("ana", w.channel, contains="This job is paused already", timeout=30)


async def test_the_command_asks_back_and_the_answer_takes_the_questions_place(w: World) -> None:
    async with w.bot():
        card, job = await training(w)
        await w.person.command("ana", w.channel, "/finetune", f"pause {job}")
        question = await w.person.wait_ephemeral("ana", w.channel, contains="Pause this job?", timeout=30)
        assert "what was learned is kept" in question["plain"]
        assert w.provider.jobs[job]["status"] == "running"
        await w.person.click("ana", w.channel, question["ts"], "job_pause_asked")
        answer = await w.person.wait_ephemeral("ana", w.channel, contains="is paused now", timeout=30)
        assert answer["ts"] == question["ts"]
        await w.person.command("ana", w.channel, "/finetune", f"cancel {job}")
        question = await w.person.wait_ephemeral("ana", w.channel, contains="Cancel this job?", timeout=30)
        assert "no finished model" in question["plain"]
        await w.person.click("ana", w.channel, question["ts"], "job_cancel_asked")
        await w.wait_notice("cancelled", card)
        assert w.provider.jobs[job]["status"] == "cancelled"


async def test_who_may_not_cancel_may_not_pause_and_both_are_in_the_audit_log(w: World) -> None:
    async with w.bot() as bot:
        card, job = await training(w)
        await button_on_card(w, "Training for")
        await w.person.click("ben", w.channel, card["ts"], "job_pause")
        await w.person.wait_ephemeral("ben", w.channel, contains="Only the person who started", timeout=30)
        await w.person.command("ana", w.channel, "/finetune", f"pause {job} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="is paused now", timeout=30)
        (stored,) = await bot.services.jobs.latest(1)
        entries = [(entry.act, str(entry.outcome)) for entry in await bot.services.audit.about(stored.id)]
        assert ("pause", "refused") in entries
        assert ("pause", "done") in entries


async def test_a_provider_that_does_not_pause_is_told_of_in_a_sentence(w: World) -> None:
    async with w.bot():
        _, job = await training(w)
        w.provider.fault(f"POST /fine_tuning/jobs/{job}/pause", status=404, message="Not Found")
        await w.person.command("ana", w.channel, "/finetune", f"pause {job} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="acme does not offer that for this job", timeout=30)
        await w.person.command("ana", w.channel, "/finetune", f"resume {job} confirm=yes")
        await w.person.wait_ephemeral("ana", w.channel, contains="not paused, so there is nothing", timeout=30)


async def test_the_end_offers_checkpoints_and_the_results_file(w: World) -> None:
    async with w.bot():
        card, job = await training(w)
        w.provider.files["file-results"] = ("step_metrics.csv", b"c3RlcCx0cmFpbl9sb3NzCjEsMC41Cg==")
        w.provider.jobs[job]["result_files"] = ["file-results"]
        w.provider.run(job, steps=2)
        model = w.provider.succeed(job)
        end = await w.wait_notice("succeeded", card)
        await w.person.click("ana", w.channel, end["ts"], "job_results")
        shared = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Results of", timeout=30)
        file = shared["files"][0]
        assert file["name"].endswith(".csv")
        assert file["size"] == len(b"step,train_loss\n1,0.5\n"), "decoded from base64"
        await w.person.click("ana", w.channel, end["ts"], "job_checkpoints")
        listed = await w.person.wait_ephemeral("ana", w.channel, contains="Step 10", timeout=30)
        assert "training loss 0.450 (mean of 2 steps)" in listed["plain"]
        await w.person.click("ana", w.channel, listed["ts"], "checkpoint_continue")
        view = await w.person.wait_view("ana", timeout=30)
        assert "lower the learning rate" in orjson.dumps(view["blocks"]).decode()
        assert await w.person.submit("ana", view["id"], {"suffix": "further"}) == {}
        await until(lambda: len(w.provider.jobs) == 2, 30)
        assert list(w.provider.jobs.values())[-1]["model"] == model

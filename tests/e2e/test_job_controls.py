"""Pausing, resuming and cancelling: from the card and by command, confirmed, and told in the thread."""

from typing import Any

import orjson

from tests.e2e.world import World, until


async def training(w: World) -> tuple[dict[str, Any], str]:
    """The card of a job that trains, and the provider's id of it."""
    card = await w.start(await w.drop())
    job = await w.job_at_provider()
    w.provider.run(job, steps=3)
    await w.wait_notice("started", card)
    return card, job


async def button_on_card(w: World, text: str) -> dict[str, Any]:
    return await w.person.wait_message(w.channel, contains=text, author=w.bot_user)


async def test_a_job_is_paused_from_its_card_goes_on_and_is_cancelled_by_command(w: World) -> None:
    async with w.bot():
        card, job = await training(w)
        await button_on_card(w, "Training for")
        await w.person.click("ana", w.channel, card["ts"], "job_pause")
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Paused by")
        assert w.provider.jobs[job]["status"] == "paused"
        await button_on_card(w, "● *Paused*")
        await w.person.click("ana", w.channel, card["ts"], "job_resume")
        await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Resumed by")
        assert w.provider.jobs[job]["status"] == "running"
        await w.person.command("ana", w.channel, "/finetune", f"cancel {job}")
        question = await w.person.wait_ephemeral("ana", w.channel, contains="Cancel this job?")
        assert "no finished model" in question["plain"]
        await w.person.click("ana", w.channel, question["ts"], "job_cancel_asked")
        answer = await w.person.wait_ephemeral("ana", w.channel, contains="is cancelled")
        assert answer["ts"] == question["ts"]
        await w.wait_notice("cancelled", card)
        assert w.provider.jobs[job]["status"] == "cancelled"


async def test_the_end_offers_checkpoints_and_the_results_file(w: World) -> None:
    async with w.bot():
        card, job = await training(w)
        w.provider.files["file-results"] = ("step_metrics.csv", b"c3RlcCx0cmFpbl9sb3NzCjEsMC41Cg==")
        w.provider.jobs[job]["result_files"] = ["file-results"]
        w.provider.run(job, steps=2)
        model = w.provider.succeed(job)
        end = await w.wait_notice("succeeded", card)
        await w.more("ana", end, "job_results")
        shared = await w.person.wait_message(w.channel, thread_ts=card["ts"], contains="Results of")
        file = shared["files"][0]
        assert file["name"].endswith(".csv")
        assert file["size"] == len(b"step,train_loss\n1,0.5\n"), "decoded from base64"
        await w.more("ana", await w.wait_card("job_chat"), "job_metrics")
        metrics = await w.person.wait_ephemeral("ana", w.channel, action_id="metrics_numbers")
        shown = {block["type"]: block for block in metrics["blocks"]}
        assert shown["image"]["slack_file"]["id"]
        assert shown["data_table"]["rows"][1][0]["text"] == "Loss"
        await w.person.click("ana", w.channel, metrics["ts"], "metrics_numbers")
        numbers = await w.person.wait_message(w.channel, contains="All that was measured")
        assert numbers["files"][0]["name"].endswith("-metrics.csv")
        await w.more("ana", end, "job_checkpoints")
        listed = await w.person.wait_ephemeral("ana", w.channel, contains="Step 10")
        assert "training loss 0.450 (mean of 2 steps)" in listed["plain"]
        await w.person.click("ana", w.channel, listed["ts"], "checkpoint_continue")
        view = await w.person.wait_view("ana")
        assert "lower the learning rate" in orjson.dumps(view["blocks"]).decode()
        assert await w.person.submit("ana", view["id"], {"suffix": "further"}) == {}
        await until(lambda: len(w.provider.jobs) == 2)
        assert list(w.provider.jobs.values())[-1]["model"] == model


async def test_a_checkpoint_that_is_kept_stands_among_the_models_by_its_name_until_it_is_released(w: World) -> None:
    async with w.bot():
        card, job = await training(w)
        w.provider.checkpoint(job, 2)
        checkpoint = w.provider.checkpoints[job][-1]["fine_tuned_model_checkpoint"]
        w.provider.tuned.append(checkpoint)
        w.provider.succeed(job)
        await w.wait_notice("succeeded", card)
        await w.person.command("ana", w.channel, "/finetune", f"checkpoints {job}")
        listed = await w.person.wait_ephemeral("ana", w.channel, action_id="checkpoint_keep", timeout=30)
        await w.person.click("ana", w.channel, listed["ts"], "checkpoint_keep")
        view = await w.person.wait_view("ana", timeout=30)
        assert list(await w.person.submit("ana", view["id"], {"name": "two words"})) == ["name"]
        assert await w.person.submit("ana", view["id"], {"name": "formal"}) == {}
        await w.person.command("ben", w.channel, "/finetune", "models")
        models = await w.person.wait_ephemeral("ben", w.channel, contains="formal", timeout=30)
        assert "checkpoint, kept by @Ana" in models["plain"]
        await w.person.command("ben", w.channel, "/finetune", "chat formal")
        await w.wait_chat()
        await w.person.command("ana", w.channel, "/finetune", f"checkpoints {job} release 2")
        await w.person.wait_ephemeral("ana", w.channel, contains="no longer stands among", timeout=30)
        await w.person.command("ben", w.channel, "/finetune", "chat formal")
        await w.person.wait_ephemeral("ben", w.channel, contains="There is no model formal", timeout=30)

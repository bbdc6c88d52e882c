"""What can be asked about jobs afterwards: events, the timeline, the provider's files; and who hears of endings."""

from typing import Any

from tests.e2e.world import World, until

BEN = "U0BENHALL1"


async def asked(w: World, words: str, contains: str, user: str = "ana", channel: str = "") -> dict[str, Any]:
    await w.person.command(user, channel or w.channel, "/finetune", words)
    return await w.person.wait_ephemeral(user, channel or w.channel, contains=contains)


async def said(w: World, text: str, channel: str = "", **where: Any) -> dict[str, Any]:
    return await w.person.wait_message(channel or w.channel, contains=text, timeout=30, **where)


async def test_the_timeline_tells_what_led_to_what(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=3)
        await w.wait_notice("started", card)
        await w.person.command("ana", w.channel, "/finetune", f"cancel {job} confirm=yes")
        await w.wait_notice("cancelled", card)
        plain = (await asked(w, f"explain {job}", "What led to what"))["plain"]
        if "[Later]" in plain or "Page 1 of 2" in plain:
            plain += (await asked(w, f"explain {job} 2", "Page 2 of 2"))["plain"]
        order = [
            "Requested in Slack by a window.",
            "stored, before anything was sent",
            "The job was sent to acme",
            "Figures of 3 steps",
            "Said in Slack: training has begun",
            "It ended (Cancelled)",
        ]
        for text in order:
            assert text in plain
        assert plain.index(order[1]) < plain.index(order[2]) < plain.index(order[5])


async def test_a_channel_that_subscribed_hears_how_public_jobs_end_until_it_has_enough(w: World) -> None:
    async with w.bot():
        await asked(w, "notify", "No channel is told yet")
        await w.person.command("ana", "#general", "/finetune", "notify here")
        await w.person.wait_ephemeral("ana", "#general", contains="From now on")
        await asked(w, "notify", "is told how all jobs in public channels end")
        await w.start(await w.drop("first.jsonl"))
        first = await w.job_at_provider()
        w.provider.run(first, steps=2)
        w.provider.succeed(first)
        await w.wait_notice("succeeded/elsewhere*", channel="#general")
        await w.person.command("ana", "#general", "/finetune", "notify off")
        await w.person.wait_ephemeral("ana", "#general", contains="its own jobs only")
        await asked(w, "notify", "No channel is told yet")


async def test_what_ends_in_a_private_channel_is_told_nowhere_else(w: World) -> None:
    private = "#support-leads"
    async with w.bot() as bot:
        await w.person.command("ana", "#general", "/finetune", "notify here")
        await w.person.wait_ephemeral("ana", "#general", contains="From now on")
        w.channel = private
        card = await w.start(await w.drop("secret.jsonl"))
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_notice("succeeded", card)
        await w.settled(bot)
        assert not [m for m in await w.person.messages("#general") if "ready" in m["plain"]]


async def test_files_that_no_job_uses_are_deleted_by_their_owner_or_an_administrator(w: World) -> None:
    async with w.bot(finetune_admins=[BEN]):
        w.provider.files["file-foreign"] = ("other.jsonl", b"{}")
        await w.start(await w.drop("mine.jsonl"))
        job = await w.job_at_provider()
        used = w.provider.jobs[job]["training_file"]
        listed = await asked(w, "files", "2 training files at acme")
        assert "mine.jsonl" in listed["plain"]
        assert "used by" in listed["plain"]
        assert "file_delete" not in str(listed["blocks"]), "one is used, the other is not hers"
        w.provider.run(job, steps=1)
        w.provider.succeed(job)
        await w.wait_card("job_chat")
        listed = await asked(w, "files", "2 training files at acme", user="ben")
        await w.person.click("ben", w.channel, listed["ts"], "files_delete_unused")
        await until(lambda: not w.provider.files)
        await w.person.wait_ephemeral("ben", w.channel, contains="no training files")
        assert used not in w.provider.files


async def test_files_of_a_private_channel_are_not_listed_elsewhere(w: World) -> None:
    public, private = w.channel, "#support-leads"
    async with w.bot():
        w.channel = private
        await w.start(await w.drop("secret.jsonl"))
        await w.job_at_provider()
        await asked(w, "files", "no training files that you may see", user="ben", channel=public)
        await asked(w, "files", "secret.jsonl", user="ana", channel=public)


async def test_a_checkpoint_on_the_way_brings_its_chart_into_the_thread(w: World) -> None:
    async with w.bot():
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        w.provider.run(job, steps=6, valid=True)
        w.provider.checkpoint(job, 5)
        told = await said(w, "*Checkpoint at step 5*", thread_ts=card["ts"])
        image = next(block for block in told["blocks"] if block["type"] == "image")
        assert "Training loss falls" in image["alt_text"]
        assert "at step 5" in image["alt_text"], "as far as the checkpoint goes"

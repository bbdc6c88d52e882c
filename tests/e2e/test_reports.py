"""A job's report lies in the thread of its card, as a page and for print."""

from tests.e2e.world import World


async def test_the_end_of_a_job_offers_a_report_that_can_be_handed_on(w: World) -> None:
    async with w.bot() as bot:
        card = await w.start(await w.drop("客服-train.jsonl"))
        job_id = await w.job_at_provider()
        w.provider.run(job_id, steps=8)
        w.provider.succeed(job_id)
        end = await w.wait_notice("succeeded", card)
        await w.more("ana", end, "job_report")
        shared = await w.person.wait_message(w.channel, contains="The report on", thread_ts=card["ts"], timeout=60)
        names = {file["name"].rpartition(".")[2]: file["id"] for file in shared["files"]}
        assert set(names) == {"html", "pdf"}
        page = w.sandbox.state.workspace.files[names["html"]]
        assert page.size > 10_000
        await w.person.command("ana", w.channel, "/finetune", "report")
        told = await w.person.wait_ephemeral("ana", w.channel, contains="The files are in", timeout=60)
        assert f"thread_ts={card['ts']}" in str(told["blocks"])
        await w.settled(bot)

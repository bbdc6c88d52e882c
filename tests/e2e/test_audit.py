"""What people did to jobs and models is in the audit log, and so is what they were refused and what failed."""

from app.run import Bot
from tests.e2e.world import World

ANA, BEN = "U0ANAREED1", "U0BENHALL1"


async def _lines(bot: Bot) -> list[str]:
    """Oldest first."""
    entries = [entry for _, entry in reversed(await bot.services.audit.latest(50))]
    names = {ANA: "ana", BEN: "ben", "settings": "settings"}
    return [f"{names[entry.actor]}: {entry.action} {entry.outcome}" for entry in entries]


async def test_a_job_of_which_somebody_else_presses_cancel_and_then_its_owner(w: World) -> None:
    async with w.bot() as bot:
        card = await w.start(await w.drop())
        at_provider = await w.job_at_provider()
        await w.wait_notice("accepted", card)
        await w.person.click("ben", w.channel, card["ts"], "job_cancel")
        await w.person.wait_ephemeral("ben", w.channel, contains="Only the person who started this job")
        w.provider.fault(f"POST /fine_tuning/jobs/{at_provider}/cancel", status=500)
        await w.person.click("ana", w.channel, card["ts"], "job_cancel")
        await w.person.wait_ephemeral("ana", w.channel, contains="acme answered")
        await w.person.click("ana", w.channel, card["ts"], "job_cancel")
        await w.wait_notice("cancelled", card)
        await w.settled(bot)
        assert await _lines(bot) == [
            "ana: submit done",
            "ben: cancel refused",
            "ana: cancel done",
            "ana: cancel failed",
            "ana: cancel done",
        ]
        (job,) = await bot.services.jobs.latest(1)
        assert len(await bot.services.audit.about(job.id)) == 5


async def test_a_model_that_is_deleted(w: World) -> None:
    async with w.bot(finetune_admins=[BEN]) as bot:
        model = "ft:gpt-4.1-mini-2025-04-14:acme:old:abc12345"
        w.provider.tuned.append(model)
        await w.person.command("ben", w.channel, "/finetune", f"delete {model}")
        await w.confirm("cannot be brought back", "is deleted", "ben")
        assert await _lines(bot) == ["settings: set done", "ben: delete model done"]
        assert [entry.action for entry in await bot.services.audit.about(model)] == ["delete model"]

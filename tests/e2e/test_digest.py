"""A channel asks for a digest, and is told on the next day what became of its jobs."""

import time

from app.features.administration import digests
from bot.digest.sending import SETTLES, DigestSender
from bot.store.digests import SqlDigestPlans
from tests.e2e.world import World

DAY = 24 * 3600.0


async def test_a_channel_is_told_once_what_became_of_its_jobs(w: World) -> None:
    async with w.bot() as bot:
        await w.person.command("ana", w.channel, "/finetune", "digest")
        offered = await w.person.wait_ephemeral("ana", w.channel, contains="This channel has no digest.")
        buttons = [one["value"] for block in offered["blocks"][1:] for one in block["elements"]]
        assert buttons == ["digest daily", "digest weekly"]
        await w.person.command("ana", w.channel, "/finetune", "digest daily at=00:00")
        await w.person.wait_ephemeral("ana", w.channel, contains="every day at 00:00")
        await w.start(await w.drop("mails.jsonl"))
        job = await w.job_at_provider()
        w.provider.run(job, steps=2)
        w.provider.succeed(job)
        await w.wait_card("job_chat")

        plans = SqlDigestPlans(bot.services.database)
        tomorrow = DigestSender(plans, digests(bot.services), clock=lambda: time.time() + DAY + SETTLES)
        await tomorrow.look()
        told = await w.person.wait_message(w.channel, payload={"id": "digest/*"})
        assert "1 job ended" in told["plain"]
        assert "mails.jsonl" in told["plain"]
        assert "/archives/" in str(told["blocks"])  # a link to the card
        await tomorrow.look()
        await w.settled(bot)
        assert len([one for one in await w.person.messages(w.channel) if "1 job ended" in one["plain"]]) == 1
        await w.person.command("ben", w.channel, "/finetune", "digest Off")
        await w.person.wait_ephemeral("ben", w.channel, contains="no digest any more")
        assert await plans.all() == []

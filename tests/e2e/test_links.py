"""A job's link that works outside Slack: shown, followed, and written into a message."""

import dataclasses
from typing import Any

import aiohttp

from sandbox.seed import RANDOM, SUPPORT
from tests.e2e.world import World, until

ADDRESS = "https://finetune.example.com"


async def test_a_jobs_link_leads_to_its_card_and_shows_the_job_where_the_bot_is(w: World) -> None:
    state = w.sandbox.state
    manifest = state.manifest
    state.set_manifest(
        dataclasses.replace(
            manifest,
            scopes=manifest.scopes | {"links:read", "links:write"},
            events=manifest.events | {"link_shared"},
            unfurl_domains=("finetune.example.com",),
        )
    )
    async with w.bot(finetune_public_url=ADDRESS, health_port=0) as bot:
        card = await w.start(await w.drop())
        await w.job_at_provider()
        [job] = await bot.services.jobs.latest(1)
        link = f"{ADDRESS}/jobs/{job.id}"
        await w.person.command("ben", w.channel, "/finetune", "status")
        told = await w.person.wait_ephemeral("ben", w.channel, contains="link for outside Slack", timeout=60)
        assert f"<{link}|" in str(told["blocks"])

        here = f"http://127.0.0.1:{bot.health_port}/jobs/"
        async with aiohttp.ClientSession() as session:
            async with session.get(here + job.id, allow_redirects=False) as answer:
                assert answer.status == 302
                assert f"/archives/{SUPPORT}/p{card['ts'].replace('.', '')}" in answer.headers["Location"]
            async with session.get(f"{here}job-nope", allow_redirects=False) as answer:
                assert answer.status == 404

        elsewhere = await w.person.say("ben", "#random", f"See {link}")
        said = await w.person.say("ben", w.channel, f"See {link}")
        await until(lambda: _below(w, SUPPORT, said["ts"]))
        [shown] = _below(w, SUPPORT, said["ts"])
        assert job.id in str(shown["blocks"])
        assert len(shown["blocks"]) == 1
        await w.settled(bot)
        assert _below(w, RANDOM, elsewhere["ts"]) == []


def _below(w: World, channel: str, ts: str) -> list[dict[str, Any]]:
    message = w.sandbox.state.workspace.message(channel, ts)
    assert message is not None
    return message.attachments or []

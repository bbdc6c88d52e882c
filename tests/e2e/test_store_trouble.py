"""The bot's own store or clock is in trouble: people hear of it, nothing spins, and all goes on when it is over."""

import time
from typing import Any

import pytest

from app.run import Bot
from bot.store.connection import Connection
from tests.e2e.world import World


async def _full(bot: Bot, *, full: bool) -> None:
    """Let the store have no more pages than it has, or as many as it likes."""

    def bound(db: Connection) -> None:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")

    database = bot.services.database
    await database.write(bound)


async def test_a_command_that_cannot_be_stored_is_answered_with_the_reason(w: World) -> None:
    async with w.bot() as bot:
        await _full(bot, full=True)
        answers: list[dict[str, Any]] = []
        # What room there was is used up by and by.
        while not answers and len(await w.person.ephemerals("ana")) < 200:
            await w.person.command("ana", w.channel, "/finetune", "help " + "x" * 3000)
            answers = [m for m in await w.person.ephemerals("ana") if "the disk is full" in m["plain"]]
        assert "try again in a while" in answers[0]["plain"]
        await _full(bot, full=False)
        await w.person.command("ana", w.channel, "/finetune", "models")
        await w.person.wait_ephemeral("ana", w.channel, contains="gpt-4.1-mini")


async def test_a_job_goes_on_where_it_was_when_the_store_has_room_again(w: World) -> None:
    async with w.bot() as bot:
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        await w.wait_notice("accepted", card)
        await _full(bot, full=True)
        w.provider.run(job, steps=400, total=400)  # more than fits
        w.provider.succeed(job)
        w.provider.requests.clear()
        await w.person.wait_connected()
        await _full(bot, full=False)
        await w.wait_notice("succeeded", card, timeout=120)


@pytest.mark.parametrize("hours", [-1, 1, -24 * 400])
async def test_a_clock_that_is_set_anew_keeps_nothing_waiting(
    w: World, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    async with w.bot() as bot:
        card = await w.start(await w.drop())
        job = await w.job_at_provider()
        await w.wait_notice("accepted", card)
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + hours * 3600)
        w.provider.run(job, steps=2)
        await w.wait_notice("started", card, timeout=120)
        w.provider.succeed(job)
        await w.wait_notice("succeeded", card, timeout=120)
        await w.settled(bot)
        assert (await w.notices(card))["succeeded"] == 1

"""How the bot says how it is, to whatever watches over it."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
from pydantic import SecretStr

from app.doctor.health import check_health
from app.health import Health
from app.run import running
from bot.doctor.finding import Level
from bot.membership import Membership
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.processes import SqlProcesses
from tests.e2e.world import world


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def followers(looked_at: float) -> Any:
    return cast(Any, {"openai": SimpleNamespace(looked_at=looked_at)})


async def leading(database: Database) -> Membership:
    membership = Membership(SqlProcesses(database), alone=True)
    await membership.join()
    return membership


async def test_what_does_not_work_is_named(database: Database) -> None:
    this = await leading(database)
    well, unwell = (Health(database, followers(at), this, lambda: 1000.0) for at in (990.0, 0.0))
    well.connected, unwell.connected = yes, no
    assert await well.down() == []
    assert await unwell.down() == ["slack", "jobs at openai"]
    assert await Health(database, {}, this).down() == []  # Slack comes to us


async def test_it_is_ready_while_it_takes_what_slack_sends_whatever_becomes_of_jobs(database: Database) -> None:
    health = Health(database, followers(0.0), await leading(database), lambda: 1000.0)
    health.connected = yes
    ready = [await health.ready()]
    with health.hearing():
        ready.append(await health.ready())
        health.connected = no
        ready.append(await health.ready())
        health.connected = yes
    ready.append(await health.ready())
    assert ready == [False, True, False, False]


async def test_a_store_that_cannot_be_written_is_down(database: Database) -> None:
    this = await leading(database)
    await database.write(lambda db: db.execute("PRAGMA query_only = ON") and None)
    assert await Health(database, {}, this).down() == ["store"]


async def test_a_running_bot_answers_where_a_port_is_set_and_the_doctor_reads_it(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        async with running(w.settings(health_port=0)) as bot, aiohttp.ClientSession() as session:
            address = f"http://127.0.0.1:{bot.health_port}"
            async with session.get(f"{address}/livez") as answer:
                assert answer.status == 200
            async with session.get(f"{address}/readyz") as answer:
                assert answer.status == 200
            async with session.get(f"{address}/healthz") as answer:
                process = bot.services.membership.process
                found = {"status": "ok", "down": [], "process": process, "leads": True, "processes": 1}
                assert (answer.status, await answer.json()) == (200, found)
            settings = w.settings(health_port=bot.health_port)
            (well, nothing) = await check_health(settings, bot_runs_here=True)
            await bot.services.database.write(lambda db: db.execute("PRAGMA query_only = ON") and None)
            async with session.get(f"{address}/healthz") as answer:
                assert answer.status == 503
            (unwell, _) = await check_health(settings, bot_runs_here=True)
            await bot.services.database.write(lambda db: db.execute("PRAGMA query_only = OFF") and None)
        (silent,) = await check_health(settings, bot_runs_here=True)
        assert await check_health(settings, bot_runs_here=False) == ()
    assert [(one.level, one.code) for one in (well, nothing, unwell, silent)] == [
        (Level.OK, "bot_well"),
        (Level.OK, "backlog"),
        (Level.WRONG, "bot_unwell"),
        (Level.WARNING, "bot_silent"),
    ]
    assert unwell.values == {"down": ["store"]}


async def test_the_doctor_says_what_waits_long_and_who_is_silent(tmp_path: Path) -> None:
    async with world(tmp_path) as w, running(w.settings(health_port=0)) as bot:
        hour_ago = time.time() - 3600
        await SqlInbox(bot.services.database).accept("event/Ev1", {}, hour_ago)
        away = SimpleNamespace(provider_name="of another day", looked_at=time.monotonic(), heard_at=hour_ago)
        cast(Any, bot.services.followers)["of another day"] = away
        settings = w.settings(health_port=bot.health_port)
        _, old, silent = await check_health(settings, bot_runs_here=True)
    assert (old.level, old.code, old.values["inbox"]) == (Level.WARNING, "backlog_old", 1)
    assert (silent.level, silent.code, silent.values["provider"]) == (Level.WARNING, "jobs_unheard", "of another day")


async def test_the_doctor_says_which_setting_it_lacks_to_read_what_waits(tmp_path: Path) -> None:
    async with world(tmp_path) as w, running(w.settings(health_port=0, metrics_token=SecretStr("a-token"))) as bot:
        _, unread = await check_health(w.settings(health_port=bot.health_port), bot_runs_here=True)
        token = SecretStr("a-token")
        _, read = await check_health(w.settings(health_port=bot.health_port, metrics_token=token), bot_runs_here=True)
    assert (unread.code, read.code) == ("no_metrics", "backlog")

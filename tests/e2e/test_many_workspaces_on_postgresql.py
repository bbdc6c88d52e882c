"""Two workspaces in one PostgreSQL database, each in a schema of its own: as far apart as in files of their own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest_asyncio

from app.stores import of_workspace, open_store
from bot.store.jobs import SqlJobStore
from bot.worker_processes import WorkerPools
from tests import postgresql_server
from tests.e2e.many_workspaces import A, B, TwoWorkspaces, two_workspaces

SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'finetune_bot%' ORDER BY 1"


@pytest_asyncio.fixture(loop_scope="session")
async def two(tmp_path: Path, pools: WorkerPools) -> AsyncIterator[TwoWorkspaces]:
    async with two_workspaces(tmp_path, pools) as made:
        yield made


async def test_each_workspace_has_a_schema_of_its_own_which_goes_when_the_app_is_removed(two: TwoWorkspaces) -> None:
    with postgresql_server.database() as url, psycopg.connect(url.get_secret_value(), autocommit=True) as server:

        def schemas() -> list[str]:
            return [name for (name,) in server.execute(SCHEMAS)]

        async with two.host(finetune_database=url):
            await two.installed(A, B)
            a = await two.world(A)
            card = await a.start(await a.drop("plan-of-a.jsonl"), suffix="hush-a")
            two.provider.succeed(await a.job_at_provider())
            await a.wait_notice("succeeded", card)
            assert await two.bot_of(B).services.jobs.latest(5) == []
            assert schemas() == ["finetune_bot", f"finetune_bot_{A.lower()}", f"finetune_bot_{B.lower()}"]
            assert list((two.folder / "bot").rglob("*.db")) == []

        async with two.host(finetune_database=url) as running:
            (job,) = await two.bot_of(A).services.jobs.latest(5)
            assert job.state == "succeeded"
            two.slack.uninstall(A)
            async with asyncio.timeout(60):
                while A in [one.team for one in await running.workspaces.all()]:
                    await asyncio.sleep(0.02)
            assert schemas() == ["finetune_bot", f"finetune_bot_{B.lower()}"]
            assert running.hosting.bot_of(B)
            (erased,) = server.execute(
                "SELECT details FROM finetune_bot.audit WHERE act = 'erase workspace'"
            ).fetchall()
            assert "hush-a" in erased[0]  # the model that the provider still has

        left = await open_store(of_workspace(two.settings(finetune_database=url), B))
        assert await SqlJobStore(left).latest(5) == []
        await left.close()

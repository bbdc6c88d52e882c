"""Charts of jobs: drawn by a real process, taken by a Web API behind a real socket, over the real store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from bot.worker_processes import Pool, WorkerPools
from handlers.outgoing.cards import CardKeeper
from handlers.outgoing.charts import Charts
from handlers.web.poster import Poster
from tests.groups import group_messages
from tests.parts import followed_job, measured
from tests.scripted_slack import Slack

STEPS = 8


class World:
    """A bot's part that shows figures, and jobs with a card and figures."""

    def __init__(self, slack: Slack, database: Database) -> None:
        self.jobs = SqlJobStore(database)
        self.cards = SqlCardStore(database)
        self.pools = WorkerPools()
        self.poster = Poster(slack.client)
        self.charts = Charts(self.jobs, self.cards, self.poster, self.pools)
        self.keeper = CardKeeper(
            self.jobs,
            group_messages(database),
            self.cards,
            self.poster,
            self.charts,
            between_edits=0,
        )

    async def measured_job(self, number: int) -> Job:
        job = followed_job(f"ftjob-{number}", id=f"job-{number}", state="running", training_file=f"file-{number}")
        await self.jobs.insert(job)
        await self.cards.posted(job.id, f"{number}.0", None, ())

        def measure(stored: Job) -> JobUpdate:
            events = [measured(step) for step in range(1, STEPS + 1)]
            return JobUpdate(msgspec.structs.replace(stored, latest=events[-1].metrics), events=events)

        changed = await self.jobs.update(job.id, measure)
        assert changed is not None
        return changed

    async def round(self) -> None:
        await self.keeper.round()
        await asyncio.gather(*self.keeper._rounds._under_way.values())

    def spend_all_edits(self) -> None:
        while self.poster.may_update_now():
            pass


@pytest.fixture
async def slack(slack: Slack) -> Slack:
    slack.replies["files.getUploadURLExternal"] = [{"ok": True, "upload_url": f"{slack.url}upload", "file_id": "F1"}]
    slack.replies["chat.getPermalink"] = [{"ok": True, "permalink": "https://acme.slack.com/archives/C0/p1"}]
    slack.replies["files.info"] = [{"ok": True, "file": {"mimetype": "image/png"}}]
    return slack


@pytest.fixture
async def world(slack: Slack, tmp_path: Path) -> AsyncIterator[World]:
    database = await Database.open(tmp_path)
    made = World(slack, database)
    yield made
    made.pools.close()
    await database.close()


async def test_a_chart_is_drawn_in_a_process_of_its_own(slack: Slack, world: World) -> None:
    file_id, alt = await world.charts.chart(await world.measured_job(1))
    assert file_id == "F1"
    assert alt.startswith("Line chart by training step. Training loss falls from 3 to 0.402")
    assert list(world.pools.processes()) == [Pool.CHARTS]
    (upload,) = slack.called("files.getUploadURLExternal")
    assert int(upload["length"]) > 10_000
    assert upload["alt_txt"] == alt


async def test_where_nothing_can_be_drawn_the_card_goes_on_without(slack: Slack, world: World) -> None:
    job = await world.measured_job(1)
    drawing = asyncio.create_task(world.charts.chart(job))
    while not drawing.done():
        for process in world.pools.processes().values():
            process.kill()
        await asyncio.sleep(0.01)
    assert await drawing == (None, "")
    assert slack.called("files.getUploadURLExternal") == []


async def test_nothing_is_drawn_for_an_edit_that_cannot_be_made(slack: Slack, world: World) -> None:
    await world.measured_job(1)
    world.spend_all_edits()
    await world.round()
    assert slack.calls == []
    assert world.pools.processes() == {}
    world.poster.need_not_update()
    await world.round()
    (edit,) = slack.called("chat.update")
    assert '"F1"' in msgspec.json.encode(edit["blocks"]).decode()


async def test_an_edit_that_would_change_nothing_costs_nothing(slack: Slack, world: World) -> None:
    await world.jobs.insert(followed_job("ftjob-1", state="paused"))
    await world.round()
    await world.jobs.update("job-1", JobUpdate)
    world.spend_all_edits()
    world.poster.need_not_update()
    await world.round()
    assert await world.cards.dirty(1) == []
    assert slack.called("chat.update") == []
    assert world.poster.may_update_now()


async def test_while_a_chart_is_made_other_cards_go_on_without(world: World) -> None:
    one, other = await world.measured_job(1), await world.measured_job(2)
    making = asyncio.create_task(world.charts.chart(one))
    await asyncio.sleep(0)
    assert not await world.charts.is_due(other)
    await making
    assert await world.charts.is_due(other)


async def test_how_a_job_ended_does_not_wait_for_its_chart(slack: Slack, world: World) -> None:
    job = await world.measured_job(1)
    assert await world.jobs.update(job.id, lambda stored: JobUpdate(msgspec.structs.replace(stored, state="failed")))
    await world.round()
    (first,) = slack.called("chat.update")
    assert first["text"].endswith("Failed")
    assert "image" not in [block["type"] for block in first["blocks"]]
    for _ in range(3):
        await world.round()
    _, second = slack.called("chat.update")
    assert "image" in [block["type"] for block in second["blocks"]]
    assert await world.cards.dirty(1) == []

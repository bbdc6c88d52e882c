"""As many jobs train at once as the runner has devices for. Their runs are stand-ins, the store is real."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from tests.tiny_model import MODEL_ID
from trainer.activity import ChatActivity
from trainer.base_models import read_table
from trainer.catalogue import Catalogue
from trainer.cli import app
from trainer.jobs.supervisor import Supervisor
from trainer.loops import Loops
from trainer.objects import CHANNEL, File, Job
from trainer.settings import load as load_settings
from trainer.store import Store
from trainer.training.messages import Command, Go, Hold, NeedsDevices, OutOfLine, Pause, Report, Started, Stopped
from trainer.training.plan import Plan
from trainer.training.runners.gpus import gpus_here

STARTED = Started(1, 2, 1.0, 0.1, 0, 0, 256, {})


class StandInRun:
    """Reports what the test puts into it, and ends when it is told to."""

    def __init__(self, plan: Plan, *first: Report) -> None:
        self.plan = plan
        self.commands: list[Command] = []
        self.reports: asyncio.Queue[Report | None] = asyncio.Queue()
        self.killed = self.closed = False
        for report in first:
            self.reports.put_nowait(report)

    def send(self, command: Command) -> None:
        self.commands.append(command)
        if command == Pause():
            self.end(Stopped())

    def end(self, *last: Report) -> None:
        for report in (*last, None):
            self.reports.put_nowait(report)

    async def messages(self) -> AsyncIterator[Report]:
        while (report := await self.reports.get()) is not None:
            yield report

    async def wait(self) -> int | None:
        return -9

    async def kill(self) -> None:
        self.killed = True

    def close(self) -> None:
        self.closed = True


class StandInRunner:
    """Runs say at once that they have begun; on a cluster, where `devices` is None, nothing of themselves."""

    def __init__(self, devices: int | None) -> None:
        self.devices = devices
        self.runs: dict[str, StandInRun] = {}
        self.large: dict[str, int] = {}
        """Jobs that need so many devices."""
        self.found: dict[str, StandInRun] = {}
        """Runs of an earlier server."""
        self.stopped = False

    def prepare(self) -> None: ...

    async def ready(self) -> None: ...

    async def start(self, plan: Plan, folder: Path) -> StandInRun:
        needs = self.large.get(plan.job_id, 1)
        first = STARTED if plan.devices >= needs else NeedsDevices(needs)
        run = self.runs[plan.job_id] = StandInRun(plan, *(() if self.devices is None else (first,)))
        if plan.devices < needs:
            run.end()
        return run

    def find(self, folder: Path) -> StandInRun | None:
        run = self.found.get(folder.name)
        return run if run is not None and not run.closed else None

    def tidy(self, folder: Path) -> None: ...

    async def stop(self) -> None:
        self.stopped = True

    async def until_begun(self, *ids: str) -> None:
        async with asyncio.timeout(60):
            while list(self.runs) != list(ids):
                await asyncio.sleep(0.005)


class Place:
    """A supervisor over a real store."""

    def __init__(self, folder: Path, table: Path) -> None:
        self.settings = load_settings(folder, cache=folder / "cache", base_models=table)
        self.settings.uploads.mkdir(parents=True)
        self.store = Store(folder / "trainer.db")
        self.catalogue = Catalogue(self.settings, self.store, read_table(table))
        self.activity = ChatActivity()
        self.loops = Loops(first=0.01)
        self.queued = time.time()

    def queue(self, *ids: str, **fields: Any) -> None:
        for id in ids:
            file = f"file-{id}"
            (self.settings.uploads / file).write_text("{}")
            self.store.add_file(File(file, "a.jsonl", "fine-tune", 2, 1))
            self.queued += 1
            self.store.add_job(Job(id, 1, "queued", MODEL_ID, MODEL_ID, file, 1, queued_at=self.queued, **fields))

    async def supervise(
        self, devices: int | None, found: dict[str, StandInRun] | None = None, **large: int
    ) -> tuple[Supervisor, StandInRunner]:
        runner = StandInRunner(devices)
        runner.large, runner.found = large, found or {}
        supervisor = Supervisor(self.settings, self.store, self.catalogue, cast(Any, runner), self.activity, self.loops)
        await supervisor.start()
        return supervisor, runner

    def running(self) -> list[str]:
        return [job.id for job in self.store.jobs_with_status("running")]

    def job(self, id: str) -> Job:
        job = self.store.job(id)
        assert job is not None
        return job

    async def until_running(self, *ids: str) -> None:
        async with asyncio.timeout(60):
            while self.running() != list(ids):
                await asyncio.sleep(0.005)


@pytest.fixture
def place(tmp_path: Path, table: Path) -> Iterator[Place]:
    place = Place(tmp_path / "data", table)
    yield place
    place.store.close()


async def test_as_many_jobs_train_at_once_as_there_are_devices(place: Place) -> None:
    place.queue("a", "b", "c")
    supervisor, runner = await place.supervise(devices=2)
    await place.until_running("a", "b")
    assert place.job("c").status == "queued"
    runner.runs["a"].end()
    await place.until_running("b", "c")
    assert place.job("a").status == "failed", "it ended without a word"
    await supervisor.stop()


async def test_a_cluster_is_handed_the_next_job_when_the_last_one_has_its_node(place: Place) -> None:
    """So the order is that of the queue, and whoever needs a whole node gets it."""
    place.queue(*"abc")
    place.queue("urgent", priority="high")
    supervisor, runner = await place.supervise(devices=None)
    await runner.until_begun("urgent")
    runner.runs["urgent"].reports.put_nowait(OutOfLine())
    await runner.until_begun("urgent", "a")
    assert place.running() == [], "it has its node, and loads its model"
    runner.runs["a"].reports.put_nowait(STARTED)
    await runner.until_begun("urgent", "a", "b")
    supervisor.pause(place.job("b"))
    await runner.until_begun("urgent", "a", "b", "c")
    assert runner.runs["b"].killed
    assert runner.runs["b"].commands == [Go()], "it was not asked to save"
    assert place.running() == ["a"]
    await supervisor.stop()


async def test_who_waits_on_a_cluster_makes_room_for_a_higher_priority_alone(place: Place) -> None:
    place.queue("a", priority="low", owner="ana")
    supervisor, runner = await place.supervise(devices=None)
    await runner.until_begun("a")
    waited = runner.runs["a"]
    place.queue("b", priority="low", owner="ben")
    place.queue("c", owner="ben")
    supervisor.pause(place.job("c"))
    supervisor.resume(place.job("c"))
    await runner.until_begun("a", "c")
    async with asyncio.timeout(60):
        while not waited.killed:
            await asyncio.sleep(0.005)
    assert (place.job("a").status, place.job("a").attempts) == ("queued", 0)
    runner.runs["c"].reports.put_nowait(OutOfLine())
    async with asyncio.timeout(60):
        while runner.runs["a"] is waited:
            await asyncio.sleep(0.005)
    assert "b" not in runner.runs
    await supervisor.stop()


async def test_on_a_cluster_jobs_are_charged_from_when_they_have_their_node(place: Place) -> None:
    def charged() -> set[str]:
        return {owner for owner, _ in place.store.device_seconds(since=0, until=time.time() + 1)}

    async def until_charged(*owners: str) -> None:
        async with asyncio.timeout(60):
            while charged() != set(owners):
                await asyncio.sleep(0.005)

    place.queue("a", owner="ana")
    place.queue("b", owner="ben")
    supervisor, runner = await place.supervise(devices=None)
    await runner.until_begun("a")
    runner.runs["a"].reports.put_nowait(OutOfLine(placed=False))
    await runner.until_begun("a", "b")
    assert not charged(), "there is no node for one, and the other waits"
    runner.runs["b"].reports.put_nowait(OutOfLine())
    await until_charged("ben")
    runner.runs["a"].reports.put_nowait(STARTED)
    await until_charged("ana", "ben")
    await supervisor.stop()


async def test_what_a_cluster_was_handed_by_an_earlier_server_is_heard_and_waited_for(place: Place) -> None:
    place.queue(*"abc")
    before = StandInRun(cast(Any, None))
    supervisor, runner = await place.supervise(devices=None, found={"b": before})
    async with asyncio.timeout(60):
        while not before.commands:
            await asyncio.sleep(0.005)
    assert not runner.runs
    before.reports.put_nowait(OutOfLine())
    await runner.until_begun("a")
    await supervisor.stop()


async def test_what_is_asked_of_one_job_does_not_reach_another(place: Place) -> None:
    place.queue("a", "b", "c")
    supervisor, runner = await place.supervise(devices=3)
    await place.until_running("a", "b", "c")
    supervisor.cancel(place.job("a"))
    supervisor.pause(place.job("b"))
    await place.until_running("c")
    async with asyncio.timeout(60):
        while not (runner.runs["a"].killed and runner.runs["b"].killed):
            await asyncio.sleep(0.005)
    assert (place.job("a").status, place.job("b").status) == ("cancelled", "paused")
    assert runner.runs["c"].commands == [Go()]
    first = runner.runs["b"]
    supervisor.resume(place.job("b"))
    await place.until_running("b", "c")
    assert runner.runs["b"] is not first
    await supervisor.stop()


async def test_all_of_them_give_way_to_a_chat_and_outlive_their_turns_when_the_server_stops(place: Place) -> None:
    place.queue("a", "b")
    supervisor, runner = await place.supervise(devices=2)
    await place.until_running("a", "b")
    place.activity.begin()
    async with asyncio.timeout(60):
        while any(Hold() not in run.commands for run in runner.runs.values()):
            await asyncio.sleep(0.005)
    place.activity.end()
    await supervisor.stop()
    assert runner.stopped
    for run in runner.runs.values():
        assert not run.killed, "to end them is for the runner"
    assert place.running() == ["a", "b"]


async def test_one_job_that_meets_trouble_leaves_the_others_running(place: Place) -> None:
    place.queue("a", "b")
    supervisor, runner = await place.supervise(devices=2)
    await place.until_running("a", "b")
    (place.settings.uploads / "file-c").unlink(missing_ok=True)
    place.store.add_job(Job("c", 1, "queued", MODEL_ID, MODEL_ID, "file-c", 1))
    runner.runs["a"].end()
    async with asyncio.timeout(60):
        while place.job("c").status == "queued":
            await asyncio.sleep(0.005)
    assert (place.job("c").error or {})["code"] == "file_deleted"
    assert place.running() == ["b"]
    await supervisor.stop()


async def test_a_job_for_several_devices_waits_for_them_and_nobody_goes_past_it(place: Place) -> None:
    place.queue("a", "b")
    place.queue("large", devices=2)
    place.queue("c")
    supervisor, runner = await place.supervise(devices=2)
    await place.until_running("a", "b")
    runner.runs["a"].end()
    async with asyncio.timeout(60):
        while place.job("a").status == "running":
            await asyncio.sleep(0.005)
    await asyncio.sleep(0)
    assert place.running() == ["b"]
    runner.runs["b"].end()
    await place.until_running("large")
    assert place.job("c").status == "queued"
    await supervisor.stop()


async def test_a_job_is_given_the_devices_that_it_asked_for_and_where_some_are_gone_all_others(place: Place) -> None:
    place.queue("a", devices=2)
    place.queue("b", devices=4)
    supervisor, runner = await place.supervise(devices=2)
    await place.until_running("a")
    assert runner.runs["a"].plan.devices == 2
    runner.runs["a"].end()
    await place.until_running("b")
    await supervisor.stop()


async def test_that_a_job_needs_more_devices_is_told_once_also_where_it_is_heard_again(place: Place) -> None:
    place.queue("a", devices=2)  # written down by a server that was killed right then
    before = StandInRun(cast(Any, None), NeedsDevices(2))
    before.end()
    supervisor, runner = await place.supervise(devices=2, found={"a": before})
    await place.until_running("a")
    assert runner.runs["a"].plan.devices == 2
    told = [event.message for event in place.store.events("a", after=None, limit=100)[0]]
    assert not [message for message in told if "is not enough" in message]
    await supervisor.stop()


async def test_a_job_that_does_not_fit_one_device_waits_for_as_many_as_it_needs(place: Place) -> None:
    place.queue("a", "b")
    supervisor, runner = await place.supervise(devices=2, b=2)
    await place.until_running("a")
    async with asyncio.timeout(60):
        while place.job("b").devices == 1:
            await asyncio.sleep(0.005)
    assert (place.job("b").status, place.job("b").attempts) == ("queued", 0)
    runner.runs["a"].end()
    await place.until_running("b")
    assert runner.runs["b"].plan.devices == 2
    events, _ = place.store.events("b", after=None, limit=10)
    assert "The memory of one GPU is not enough for this job: it trains on 2" in [event.message for event in events]
    await supervisor.stop()


async def test_a_job_from_before_that_several_devices_cannot_train_fails_and_says_so(place: Place) -> None:
    place.queue("a", devices=2, method="dpo")
    supervisor, _ = await place.supervise(devices=2)
    async with asyncio.timeout(60):
        while place.job("a").status == "queued":
            await asyncio.sleep(0.005)
    error = place.job("a").error or {}
    assert error["message"].startswith("Only supervised fine-tuning trains on several GPUs at once, not dpo.")
    await supervisor.stop()


async def test_turns_go_by_priority_and_to_the_channel_that_trained_less(place: Place) -> None:
    of = {name: {"metadata": {CHANNEL: name}, "owner": "bot"} for name in ("C1", "C2")}
    place.queue("first", "second", **of["C1"])
    place.queue("other", **of["C2"])
    place.queue("urgent", priority="high", **of["C1"])
    supervisor, runner = await place.supervise(devices=1)
    order = []
    for _ in range(4):
        async with asyncio.timeout(60):
            while not place.running():
                await asyncio.sleep(0.005)
        order += place.running()
        runner.runs[order[-1]].end()
        async with asyncio.timeout(60):
            while place.running() == order[-1:]:
                await asyncio.sleep(0.005)
    assert order == ["urgent", "other", "first", "second"]
    await supervisor.stop()


def test_what_was_used_lately_is_told_by_key_and_channel(place: Place) -> None:
    place.queue("a", owner="bot", metadata={CHANNEL: "C1"}, devices=2)
    place.queue("b", owner="script")
    place.store.begin_turn(place.job("a"), 100.0)
    place.store.begin_turn(place.job("b"), 100.0)
    place.store.end_turn("b", 150.0)
    assert place.store.device_seconds(since=120.0, until=200.0) == {("bot", "C1"): 160.0, ("script", ""): 30.0}
    place.store.end_turns_of_resting_jobs(180.0)
    assert place.store.device_seconds(since=160.0, until=200.0) == {("bot", "C1"): 40.0}


def test_the_command_line_lists_what_trains_and_what_waits(place: Place) -> None:
    command = ["queue", "--data", str(place.settings.data)]
    assert "Nothing trains" in CliRunner().invoke(app, command).stdout
    place.queue("ftjob-slow", priority="low", owner="script")
    place.queue("ftjob-next", owner="bot", metadata={CHANNEL: "C1"})
    place.queue("ftjob-busy", owner="bot")
    place.store.change_job("ftjob-busy", status="running")
    lines = [line.split() for line in CliRunner().invoke(app, command).stdout.splitlines()]
    assert [line[:2] for line in lines[1:]] == [["trains", "ftjob-busy"], ["1", "ftjob-next"], ["2", "ftjob-slow"]]
    assert lines[2][3:6] == ["bot", "C1", "normal"]


def test_the_gpus_of_a_machine_are_those_that_nvidias_tool_lists_or_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 0; echo 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert gpus_here() == ("0", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1, GPU-5f")
    assert gpus_here() == ("1", "GPU-5f")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert gpus_here() == ()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert gpus_here() == ()

"""How many devices a job has on a Ray cluster. `test_ray` has one that gets them of a real one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from tests.stand_in_cluster import StandInCluster
from tests.trainer_process import wait_for
from trainer.training.messages import Failed, NeedsDevices, OutOfLine, Report
from trainer.training.plan import Plan
from trainer.training.runners import attempts, bucket_attempts, mailbox
from trainer.training.runners.attempts import MARK
from trainer.training.runners.bucket import Bucket
from trainer.training.runners.ray_cluster import Node, Resources, Submission, most_devices
from trainer.training.runners.ray_jobs import RayRunner

EACH = Resources(cpus=2, gpus=1, memory=8 * 10**9)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return tmp_path / "states" / "ftjob-1"


def asking(plan: Plan, devices: int) -> Plan:
    Path(plan.training_file).write_text("to learn")
    return msgspec.structs.replace(plan, devices=devices, validation_file=None)


async def heard(runner: RayRunner, plan: Plan, job: Path) -> list[Report]:
    run = await runner.start(plan, job)
    return [report async for report in run.messages()]


async def first_of(runner: RayRunner, plan: Plan, job: Path) -> Report:
    run = await runner.start(plan, job)
    return await anext(run.messages())


async def until_submitted(cluster: StandInCluster, hearing: asyncio.Task[list[Report]]) -> None:
    await asyncio.to_thread(wait_for, lambda: cluster.submitted or hearing.done())


@pytest.mark.parametrize(
    ("each", "gpus", "devices", "takes", "may_ask_for"),
    [
        (EACH, (0, 2, 4), 1, EACH, 4),
        (EACH, (0, 2, 4), 3, Resources(cpus=6, gpus=3, memory=24 * 10**9), 4),
        (EACH, (16,), 1, EACH, 8),  # for more its processors and memory would not do
        (Resources(gpus=0.5), (2,), 1, Resources(gpus=0.5), 2),
        (Resources(gpus=0.5), (2,), 2, Resources(cpus=2, gpus=2), 2),
        (Resources(), (0,), 2, Resources(cpus=2), 1),
        (EACH, (0, 0), 2, Resources(cpus=4, gpus=2, memory=16 * 10**9), 1),  # its nodes may be away
    ],
)
async def test_a_job_takes_as_much_for_each_of_its_devices_and_may_ask_for_as_many_as_a_node_has(
    plan: Plan,
    tmp_path: Path,
    job: Path,
    each: Resources,
    gpus: tuple[int, ...],
    devices: int,
    takes: Resources,
    may_ask_for: int,
) -> None:
    cluster = StandInCluster(*gpus)
    runner = cluster.runner(tmp_path, each)
    hearing = asyncio.create_task(heard(runner, asking(plan, devices), job))
    await until_submitted(cluster, hearing)
    assert [one.resources for one in cluster.submitted] == [takes]
    handed = attempts.plan_of(job / "1")
    assert handed is not None
    assert (handed.devices, handed.most_devices, runner.most_devices) == (devices, may_ask_for, may_ask_for)
    hearing.cancel()


async def test_a_job_that_asks_for_more_than_any_node_has_fails_and_says_so(
    plan: Plan, tmp_path: Path, job: Path
) -> None:
    cluster = StandInCluster(2, 4)
    (failed,) = await heard(cluster.runner(tmp_path, EACH), asking(plan, 8), job)
    assert isinstance(failed, Failed)
    assert failed.code == "not_enough_gpus"
    assert "has 8 GPUs for one job" in failed.message
    assert "the most is 4." in failed.message
    assert not cluster.submitted


@pytest.mark.parametrize("with_bucket", [False, True])
async def test_a_job_that_holds_something_waits_for_a_node_like_the_one_that_was_lost(
    plan: Plan, tmp_path: Path, job: Path, with_bucket: bool
) -> None:
    """What was trained on eight is kept until there are eight again."""
    (tmp_path / "bucket").mkdir()
    bucket = Bucket(f"file://{tmp_path}/bucket") if with_bucket else None
    plan = asking(plan, 8)
    attempts.begin(job, plan)
    if bucket is not None:
        bucket.put(f"{bucket_attempts.key_of(job)}/1/checkpoint-5/{MARK}", b"{}")
    else:
        (job / "1" / "checkpoint-5").mkdir()
        (job / "1" / "checkpoint-5" / MARK).write_text("{}")
    cluster = StandInCluster(4)
    hearing = asyncio.create_task(heard(cluster.runner(tmp_path, EACH, bucket), plan, job))
    await until_submitted(cluster, hearing)
    assert [(one.id, one.resources.gpus) for one in cluster.submitted] == [("ftjob-1-2", 8)]
    hearing.cancel()


async def test_others_wait_behind_a_job_until_it_has_its_node(plan: Plan, tmp_path: Path, job: Path) -> None:
    cluster = StandInCluster(8)
    cluster.job = Submission("PENDING")
    first = asyncio.create_task(first_of(cluster.runner(tmp_path, EACH), asking(plan, 8), job))
    await asyncio.to_thread(wait_for, lambda: cluster.looks > 3 or first.done())
    assert not first.done()
    cluster.job = Submission("RUNNING")
    assert await first == OutOfLine()


async def test_nobody_waits_behind_a_job_that_no_node_could_take(plan: Plan, tmp_path: Path, job: Path) -> None:
    cluster = StandInCluster(0)
    cluster.job = Submission("PENDING")
    assert await first_of(cluster.runner(tmp_path, EACH), asking(plan, 1), job) == OutOfLine(placed=False)
    assert len(cluster.submitted) == 1, "it is there in case a node is started for it"


async def test_of_a_worker_that_asked_for_devices_nobody_says_that_it_ended_without_a_word(
    plan: Plan, tmp_path: Path, job: Path
) -> None:
    cluster = StandInCluster(2)
    hearing = asyncio.create_task(heard(cluster.runner(tmp_path, EACH), asking(plan, 1), job))
    await until_submitted(cluster, hearing)
    (job / "1" / mailbox.REPORTS).write_bytes(msgspec.json.encode(NeedsDevices(2)) + b"\n")
    cluster.job = Submission("SUCCEEDED")
    assert await hearing == [OutOfLine(), NeedsDevices(2)]


def test_a_node_that_does_not_suit_a_job_gives_it_no_devices() -> None:
    nodes = [Node("ALIVE", {"CPU": 8.0, "GPU": 8.0}, {"zone": "a"}), Node("ALIVE", {"CPU": 8.0, "GPU": 2.0})]
    assert most_devices(nodes, Resources(gpus=1, labels={"zone": "!a"})) == 2
    assert most_devices(nodes, Resources(gpus=1, custom={"a100": 1})) == 0

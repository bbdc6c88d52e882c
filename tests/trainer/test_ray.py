"""Training on a Ray cluster: a real one, of a head and two nodes on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import stand_in_worker
from ray_cluster import TOKEN, RayCluster
from trainer_process import Trainer, some_examples, wait_for

KILLS = int(os.environ.get("FINETUNE_KILLS", "8"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    if "CI" not in os.environ and importlib.util.find_spec("ray") is None:
        pytest.skip("needs the extra `cluster`")
    running = RayCluster()
    for name in ("one", "two"):
        running.add_node(name)
    yield running
    running.stop()


def start(cluster: RayCluster, folder: Path, table: Path, **more: str) -> Trainer:
    environment = {
        "TRAINER_RUNNER": "ray",
        "TRAINER_SHARED": str(folder / "shared"),
        "TRAINER_SAVE_SECONDS": "0",
        "TRAINER_RAY_PYTHON": sys.executable,
        "RAY_ADDRESS": cluster.address,
        "RAY_AUTH_TOKEN": TOKEN,
    }
    return Trainer(folder / "data", table, folder / "cache", **{**environment, **more})


def attempt_of(trainer: Trainer, job_id: str) -> int:
    path = Path(trainer.environment["TRAINER_SHARED"]) / "states" / job_id / "attempt.json"
    return int(json.loads(path.read_bytes())["number"])


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def trainer(cluster: RayCluster, tmp_path: Path, table: Path) -> Iterator[Trainer]:
    """Its jobs are done by the stand-in."""
    running = start(cluster, tmp_path, table, TRAINER_RAY_PYTHON=str(stand_in_worker.executable(tmp_path)))
    yield running
    running.kill_all()


def test_a_job_trains_on_the_cluster_while_its_server_and_its_worker_are_killed(
    cluster: RayCluster, tmp_path: Path, table: Path
) -> None:
    trainer = start(cluster, tmp_path, table)
    try:
        job = trainer.train(some_examples(30), hyperparameters={"n_epochs": 8})
        wait_for(lambda: trainer.steps(job.id) > 3)
        trainer.kill()
        trainer.start()
        wait_for(lambda: trainer.steps(job.id) > 10)
        ended = trainer.ended(job.id)
        assert ended.status == "succeeded", ended.error
        steps = [event.data["step"] for event in trainer.events(job.id) if event.type == "metrics"]
        assert steps == sorted(set(steps))
        # One attempt, which the new server found; its states are removed, its weights are where models are.
        wait_for((tmp_path / "data" / "logs" / "training.log").is_file)
        assert job.id in (tmp_path / "data" / "logs" / "training.log").read_text()
        shared = tmp_path / "shared"
        wait_for(lambda: not (shared / "states" / job.id).exists())
        assert {one.name for one in (shared / "models" / job.id).iterdir()} == {"step-90", "step-105", "step-120"}
        wait_for(lambda: job.id not in cluster.jobs())
    finally:
        trainer.kill_all()


def test_a_paused_job_leaves_the_cluster_and_goes_on_where_it_was(
    cluster: RayCluster, trainer: Trainer, witness: Path
) -> None:
    jobs = trainer.client.fine_tuning.jobs
    job = trainer.train()
    wait_for(lambda: trainer.steps(job.id) > 2)
    jobs.pause(job.id)
    wait_for(lambda: not cluster.jobs(job.id))
    before = stand_in_worker.read(witness)[-1]
    assert before.what == "saved"
    jobs.resume(job.id)
    (after,) = wait_for(lambda: [one for one in stand_in_worker.read(witness) if one.attempt == 2][:1])
    assert after.step == before.step + 1
    jobs.cancel(job.id)
    wait_for(lambda: not cluster.jobs(job.id))


def test_no_job_is_lost_or_trained_twice_at_once_whatever_is_killed(
    cluster: RayCluster, trainer: Trainer, tmp_path: Path, witness: Path
) -> None:
    """A worker, a node, the head with all it knew, the server: killed in turns while one job trains."""
    chance = random.Random(KILLS)
    job = trainer.train()

    def trains_after(lines: int, attempt: int) -> bool:
        return any(line.what == "saved" and line.attempt >= attempt for line in stand_in_worker.read(witness)[lines:])

    wait_for(lambda: trains_after(0, 1))
    kinds = ("worker", "node", "server", "head")
    further = chance.choices(kinds, weights=(4, 4, 7, 1), k=KILLS)
    for kill in (*kinds, *further)[:KILLS]:
        number = attempt_of(trainer, job.id)
        match kill:
            case "worker":
                os.kill(stand_in_worker.read(witness)[-1].pid, signal.SIGKILL)
            case "node":
                node = chance.choice(sorted(cluster.nodes))
                cluster.kill_node(node)
                cluster.add_node(node)
            case "head":
                cluster.kill_head()
                cluster.start()
                cluster.add_node("one")
                cluster.add_node("two")
            case "server":
                trainer.kill()
                trainer.start()
        seen = len(stand_in_worker.read(witness))
        wait_for(lambda: trains_after(seen, number + (kill in ("worker", "head"))))  # noqa: B023 - at once
    (tmp_path / "finish").touch()
    ended = trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error

    lines = stand_in_worker.read(witness)
    for one, next in pairwise(lines):
        if next.attempt == one.attempt:
            assert next.pid == one.pid
            continue
        # No line of an earlier attempt comes after one of a later; the later goes on from what the earlier saved.
        assert next.attempt > one.attempt
        saved = [line.step for line in lines if line.attempt <= one.attempt and line.what == "saved"]
        assert next.step == max(saved, default=0) + 1
    told = [event.data["step"] for event in trainer.events(job.id) if event.type == "metrics"]
    assert told == sorted(set(told))

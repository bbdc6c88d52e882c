"""Training on a Ray cluster: a real one, of a head and two nodes on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import stand_in_worker
from tests.ray_cluster import TOKEN, RayCluster
from tests.s3_server import s3_server
from tests.stand_in_worker import Line
from tests.trainer_process import Trainer, some_examples, wait_for
from trainer.errors import TrainerError
from trainer.training.runners.bucket import Bucket, BucketRefused
from trainer.training.runners.ray_cluster import Cluster, Resources

KILLS = int(os.environ.get("FINETUNE_KILLS", "20"))
# A new head and its nodes cost most of a minute's work of ten workers.
TURNS = (
    *("worker", "node", "server", "worker", "server", "server", "node", "worker", "server", "head"),
    *("server", "worker", "node", "server", "worker", "node", "server", "worker", "worker", "server"),
)


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
    environment: dict[str, Any] = {
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


def worker_of(trainer: Trainer, job_id: str) -> psutil.Process | None:
    """The process that trains the present attempt."""
    folder = Path(trainer.environment["TRAINER_SHARED"]) / "states" / job_id / str(attempt_of(trainer, job_id))
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if command[-1:] == [str(folder)] and "sh" not in command[0]:
            return process
    return None


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
        job = trainer.train(some_examples(30), hyperparameters={"n_epochs": 4})
        wait_for(lambda: trainer.steps(job.id) > 3)
        worker = worker_of(trainer, job.id)
        assert worker is not None
        worker.suspend()  # or it would be done before a server on a busy machine is back
        trainer.kill()
        trainer.start()
        seen = trainer.steps(job.id)
        worker.resume()
        wait_for(lambda: trainer.steps(job.id) > seen)
        assert attempt_of(trainer, job.id) == 1
        worker.kill()
        ended = trainer.ended(job.id)
        assert ended.status == "succeeded", ended.error
        steps = [event.data["step"] for event in trainer.events(job.id) if event.type == "metrics"]
        assert steps == list(range(1, 61))
        # Its states are removed, its weights are where models are, its print is in the log.
        log = tmp_path / "data" / "logs" / "training.log"
        wait_for(lambda: log.is_file() and f"--- {job.id}-2" in log.read_text())
        shared = tmp_path / "shared"
        wait_for(lambda: not (shared / "states" / job.id).exists())
        assert {one.name for one in (shared / "models" / job.id).iterdir()} == {"step-30", "step-45", "step-60"}
        wait_for(lambda: not cluster.jobs(job.id))
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


def test_jobs_get_their_nodes_in_the_order_of_the_queue_whoever_serves_it(
    cluster: RayCluster, trainer: Trainer
) -> None:
    """Two nodes have room for one job each; one job waits there, all others here."""

    def status(job: Any) -> str | None:
        """Of its last attempt; None where it was not handed over."""
        attempts = cluster.jobs(job.id)
        return attempts[max(attempts, key=lambda id: (len(id), id))] if attempts else None

    def cancel(*jobs: Any) -> None:
        for job in jobs:
            trainer.client.fine_tuning.jobs.cancel(job.id)

    training = [trainer.train(), trainer.train()]
    wait_for(lambda: all(trainer.steps(job.id) for job in training))
    usual, later = trainer.train(), trainer.train()
    wait_for(lambda: status(usual) == "PENDING")
    wait_for(lambda: [event for event in trainer.events(later.id) if "place 2 in the queue" in event.message])
    urgent = trainer.train(metadata={"priority": "high"})
    wait_for(lambda: status(urgent) == "PENDING")
    trainer.kill()
    trainer.start()
    cancel(training[0])
    # Ray ends what waits only once it has room; that attempt counts no more.
    wait_for(lambda: status(urgent) == "RUNNING" and attempt_of(trainer, usual.id) == 2 and status(usual) == "PENDING")
    assert status(later) is None
    cancel(training[1])
    wait_for(lambda: status(usual) == "RUNNING" and status(later) == "PENDING")
    cancel(usual, later, urgent)
    wait_for(lambda: not any(status(job) in ("PENDING", "RUNNING") for job in (usual, later, urgent)))


def test_a_job_goes_on_while_its_head_cannot_be_reached(
    cluster: RayCluster, trainer: Trainer, tmp_path: Path, witness: Path
) -> None:
    def complaints() -> list[str]:
        return [one.message for one in trainer.events(job.id) if "cannot be reached" in one.message]

    def state() -> dict[str, Any]:
        return trainer.client.get("/x/cluster", cast_to=dict[str, Any])

    job = trainer.train()
    wait_for(lambda: trainer.steps(job.id) > 2)
    assert (state()["trouble"], state()["suited"]) == (None, 2)
    assert state()["nodes"] >= 3  # a head that took too long to start left another without room
    cluster.fall_silent()
    try:
        wait_for(complaints)
        assert state()["trouble"]
        seen = trainer.steps(job.id)
        wait_for(lambda: trainer.steps(job.id) > seen)
    finally:
        cluster.answer_again()
    (tmp_path / "finish").touch()
    ended = trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error
    assert len(complaints()) == 1
    assert {line.attempt for line in stand_in_worker.read(witness)} == {1}


def test_a_job_that_finds_one_gpu_too_small_goes_on_with_as_many_as_it_needs(
    cluster: RayCluster, tmp_path: Path, table: Path, witness: Path
) -> None:
    """Its node is lost to it after some steps, and the next has smaller GPUs. Another asks for more than there are."""
    python = stand_in_worker.executable(tmp_path)
    each = {"TRAINER_RAY_PYTHON": str(python), "TRAINER_RAY_GPUS": "1", "TRAINER_RAY_CPUS": "0.5"}
    trainer = start(cluster, tmp_path, table, **each)
    try:
        state = trainer.client.get("/x/cluster", cast_to=dict[str, Any])
        assert (state["suited"], state["most_gpus"]) == (1, 2)
        job = trainer.train()
        wait_for(lambda: any(line.what == "saved" for line in stand_in_worker.read(witness)))
        (tmp_path / "needs").write_text("2")
        psutil.Process(stand_in_worker.read(witness)[-1].pid).kill()
        wait_for(lambda: stand_in_worker.read(witness)[-1].attempt == 3)
        assert cluster.jobs(job.id).get(f"{job.id}-3") == "RUNNING"
        assert [(tmp_path / f"gpus-{attempt}").read_text() for attempt in (1, 2, 3)] == ["0", "0", "0,1"]
        (tmp_path / "finish").touch()
        assert trainer.ended(job.id).status == "succeeded"
        ((_, resumed),) = changes_of_attempt(witness)
        assert resumed.step == max(saved_before(witness, resumed)) + 1
        told = [event.message for event in trainer.events(job.id) if "one GPU" in event.message]
        assert told == ["The memory of one GPU is not enough for this job: it trains on 2"]
        failed = trainer.ended(trainer.train(metadata={"gpus": "3"}).id)
        assert (failed.status, failed.error.code) == ("failed", "not_enough_gpus")
    finally:
        trainer.kill_all()


def changes_of_attempt(witness: Path) -> list[tuple[Line, Line]]:
    """The last line of each attempt and the first of the next; no line of an earlier one comes after those of a later,
    and each attempt is one process."""
    lines = stand_in_worker.read(witness)
    changes = [(one, other) for one, other in pairwise(lines) if other.attempt != one.attempt]
    assert all(other.attempt > one.attempt for one, other in changes)
    assert all(one.pid == other.pid for one, other in pairwise(lines) if one.attempt == other.attempt)
    return changes


def saved_before(witness: Path, line: Line) -> list[int]:
    """The steps of what earlier attempts saved."""
    lines = stand_in_worker.read(witness)
    return [one.step for one in lines if one.what == "saved" and one.attempt < line.attempt]


def assert_told_once(trainer: Trainer, job_id: str) -> None:
    told = [event.data["step"] for event in trainer.events(job_id) if event.type == "metrics"]
    assert told == sorted(set(told))


@pytest.mark.timeout(600 + 30 * KILLS)
def test_no_job_is_lost_or_trained_twice_at_once_whatever_is_killed(
    cluster: RayCluster, trainer: Trainer, tmp_path: Path, witness: Path
) -> None:
    """A worker, a node, the head with all it knew, the server: killed in turns while one job trains; now and then the
    server before the job goes on."""
    chance = random.Random(KILLS)
    job = trainer.train()

    def trains(*, after: int = 0, attempt: int = 1) -> bool:
        lines = stand_in_worker.read(witness)[after:]
        return any(line.what == "saved" and line.attempt >= attempt for line in lines)

    wait_for(trains)
    turns = list(islice(cycle(TURNS), KILLS))
    for turn, (kind, next) in enumerate(zip(turns, [*turns[1:], None], strict=True), 1):
        attempt = attempt_of(trainer, job.id)
        match kind:
            case "worker":
                psutil.Process(stand_in_worker.read(witness)[-1].pid).kill()
                attempt += 1
            case "node":
                node = chance.choice(sorted(cluster.nodes))
                attempt += cluster.node_of(job.id if attempt == 1 else f"{job.id}-{attempt}") == node
                cluster.kill_node(node)
                cluster.add_node(node)
            case "head":
                cluster.kill_head()
                cluster.start()
                cluster.add_node("one")
                cluster.add_node("two")
                attempt += 1
            case "server":
                trainer.kill()
                trainer.start()
        if next == "server" and chance.random() < 0.4:
            continue
        seen = len(stand_in_worker.read(witness))
        wait_for(partial(trains, after=seen, attempt=attempt))
        print(f"{turn}: {kind}, attempt {attempt_of(trainer, job.id)}")
    (tmp_path / "finish").touch()
    ended = trainer.ended(job.id)
    assert ended.status == "succeeded", ended.error

    for _, other in changes_of_attempt(witness):
        assert other.step == max(saved_before(witness, other), default=0) + 1
    assert_told_once(trainer, job.id)


def test_server_and_nodes_share_a_bucket_instead_of_a_folder(
    cluster: RayCluster, tmp_path: Path, table: Path, witness: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server and a worker are killed, and the disk of a node is full."""
    with s3_server("finetune") as access:
        python = stand_in_worker.executable(tmp_path, FINETUNE_CACHE=str(tmp_path / "node"), **access)
        shared = {"TRAINER_SHARED": "s3://finetune/team", "TRAINER_RAY_PYTHON": str(python), **access}
        trainer = start(cluster, tmp_path, table, **shared)
        try:
            job = trainer.train()
            wait_for(lambda: trainer.steps(job.id) > 2)
            trainer.kill()
            trainer.start()
            psutil.Process(stand_in_worker.read(witness)[-1].pid).kill()
            wait_for(lambda: stand_in_worker.read(witness)[-1].attempt == 2)
            wait_for(lambda: cluster.node_of(f"{job.id}-2"))
            node = cluster.node_of(f"{job.id}-2")
            (tmp_path / "full").touch()
            wait_for(lambda: stand_in_worker.read(witness)[-1].attempt == 3)
            assert cluster.node_of(f"{job.id}-3") not in (node, None)
            (tmp_path / "finish").touch()
            ended = trainer.ended(job.id)
            assert ended.status == "succeeded", ended.error
            last = stand_in_worker.read(witness)[-1].step
            assert (tmp_path / "data" / "models" / job.id / f"step-{last}" / "adapter_config.json").is_file()
            for _, other in changes_of_attempt(witness):
                # From a state that had come as far as the bucket.
                assert other.step - 1 in [0, *saved_before(witness, other)]
            assert_told_once(trainer, job.id)
            for name, value in access.items():
                monkeypatch.setenv(name, value)
            with pytest.raises(BucketRefused):
                Bucket("s3://another/team").put("probe", b"")
            bucket = Bucket("s3://finetune/team")
            wait_for(lambda: not bucket.list("states"))
            assert all(key.startswith("bases/") for key in bucket.list("")), "what was somebody's is gone"
        finally:
            trainer.kill_all()


# Which cluster, and where on it


@pytest.fixture
async def asked(cluster: RayCluster) -> AsyncIterator[Cluster]:
    asked = Cluster(cluster.address, TOKEN)
    yield asked
    await asked.close()


@pytest.mark.parametrize(
    ("name", "resources"),
    [
        ("memory", Resources(memory=500 << 20)),
        ("resources", Resources(custom={"two": 1})),
        ("labels", Resources(labels={"name": "!one"})),
    ],
)
async def test_a_job_gets_a_node_that_has_what_it_asks_for(
    cluster: RayCluster, asked: Cluster, name: str, resources: Resources
) -> None:
    for _ in range(2):  # as after an answer that was lost
        await asked.submit(f"for-{name}", "true", resources, {}, {})
    await asked.wait(f"for-{name}", look=0.1)
    assert cluster.node_of(f"for-{name}") == "two"
    await asked.delete(f"for-{name}")


@pytest.mark.parametrize(("token", "said"), [("wrong", "does not accept this token"), (None, "asks for a token")])
async def test_a_token_that_is_wrong_or_missing_is_told(cluster: RayCluster, token: str | None, said: str) -> None:
    asked = Cluster(cluster.address, token)
    with pytest.raises(TrainerError, match=said):
        await asked.ensure_safe()
    await asked.close()

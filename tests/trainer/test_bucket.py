"""Attempts of which server and node share a bucket and no folder. `test_ray` has them on a cluster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from tests.stand_in_cluster import StandInCluster
from tests.trainer_process import wait_for
from trainer.training.messages import Done, Measured, Pause, Report, Saved, SavedModel, Stopped, Told
from trainer.training.plan import Plan
from trainer.training.runners import attempts, bucket_attempts, mailbox
from trainer.training.runners.attempts import MARK, Attempt
from trainer.training.runners.bucket import Bucket, BucketError
from trainer.training.runners.interface import Run
from trainer.training.runners.ray_cluster import Submission


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    (tmp_path / "bucket").mkdir()
    return Bucket(f"file://{tmp_path}/bucket")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return tmp_path / "data" / "states" / "ftjob-1"


@pytest.fixture
def planned(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("FINETUNE_CACHE", str(tmp_path / "node" / "cache"))
    Path(plan.training_file).write_text("to learn")
    adapter = tmp_path / "data" / "models" / "ftjob-0" / "step-9"
    adapter.mkdir(parents=True)
    (adapter / "adapter.safetensors").write_text("learned before")
    output = tmp_path / "data" / "models" / "ftjob-1"
    return msgspec.structs.replace(plan, validation_file=None, adapter=str(adapter), output=str(output))


@pytest.fixture
def begin(bucket: Bucket, job: Path, planned: Plan) -> Callable[[], Attempt]:
    def begin() -> Attempt:
        attempt = attempts.begin(job, planned)
        bucket_attempts.send(bucket, job, attempt)
        return attempt

    return begin


class Node:
    """A worker with the attempt that counts, as long as it is entered."""

    def __init__(self, bucket: Bucket, job: Path, attempt: Attempt) -> None:
        self._server = bucket, attempts.folder_of(job, attempt)
        self._address = f"{bucket.address}/{bucket_attempts.key_of(self._server[1])}"
        self._stack = ExitStack()

    def __enter__(self) -> Node:
        self.folder = self._stack.enter_context(bucket_attempts.brought(self._address))
        if self.folder is not None:
            self._mailbox = mailbox.Mailbox(self.folder)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def save(self, step: int, *, weights: bool = True) -> None:
        assert self.folder is not None
        state = self.folder / f"checkpoint-{step}"
        state.mkdir()
        (state / "optimizer.pt").write_text(f"at {step}")
        (state / MARK).write_text("{}")
        if weights:
            self.keep(f"step-{step}")
        self._mailbox.send(Saved(step))

    def keep(self, name: str) -> None:
        assert self.folder is not None
        kept = self.folder / "output" / name
        kept.mkdir(parents=True)
        (kept / "adapter.safetensors").write_text(name)

    def say(self, report: Report) -> None:
        self._mailbox.send(report)

    def heard(self) -> list[Report]:
        """All that the server has of it by now."""
        bucket_attempts.exchange(*self._server)
        return mailbox.Tail[Report](self._server[1] / mailbox.REPORTS, Report).read()


def test_a_node_has_all_that_it_needs(
    bucket: Bucket, job: Path, planned: Plan, begin: Callable[[], Attempt], tmp_path: Path
) -> None:
    with Node(bucket, job, begin()) as node:
        assert node.folder is not None
        told = attempts.plan_of(node.folder)
        assert told is not None
        assert told.adapter is not None
        assert Path(told.training_file).read_text() == "to learn"
        assert (Path(told.adapter) / "adapter.safetensors").read_text() == "learned before"
        ours, its = ({one.name for one in Path(folder).iterdir()} for folder in (planned.weights, told.weights))
        assert ours < its  # and the mark of what is whole
        outside = [told.training_file, told.weights, told.adapter, told.output, told.state]
        assert not any(str(tmp_path / "data") in path for path in outside)
        folder = node.folder
    assert not folder.exists()
    # The weights stay for the next job.
    assert Path(told.weights).is_dir()


def test_a_base_model_is_sent_once_and_again_where_it_was_fetched_anew(
    bucket: Bucket, job: Path, planned: Plan
) -> None:
    def send(weights: Path) -> int:
        attempt = attempts.begin(job, msgspec.structs.replace(planned, weights=str(weights)))
        bucket_attempts.send(bucket, job, attempt)
        return len({key.split("/")[1] for key in bucket.list("bases")})

    base = job.parents[1] / "cache" / "base"
    base.mkdir(parents=True)
    (base / "model.safetensors").write_text("one")
    assert [send(base), send(base)] == [1, 1]
    (base / "model.safetensors").write_text("another")
    assert send(base) == 2
    # What was fine-tuned is no base, and goes with its job.
    tuned = job.parents[1] / "models" / "ftjob-0" / "step-9"
    assert send(tuned) == 2
    bucket_attempts.remove(bucket, job)
    assert all(key.startswith("bases/") for key in bucket.list(""))


def test_what_a_node_says_is_heard_once_and_after_what_it_tells_of(
    bucket: Bucket, job: Path, begin: Callable[[], Attempt]
) -> None:
    attempt = begin()
    first = Measured(1, 9, {"train_loss": 1.0}, seconds_left=1.0)
    with Node(bucket, job, attempt) as node:
        node.say(first)
        wait_for(node.heard)
        node.save(4)
        wait_for(lambda: Saved(4) in node.heard())
        assert bucket.get(f"states/ftjob-1/1/checkpoint-4/{MARK}") is not None
        node.keep("step-9")
        last = Done([SavedModel(9, "step-9", {})], 100)
        node.say(last)
    assert node.heard() == [first, Saved(4), last]
    assert node.heard() == [first, Saved(4), last]
    attempts.publish(job, attempt, last)
    assert (Path(attempt.output) / "step-9" / "adapter.safetensors").read_text() == "step-9"


def test_a_new_server_hears_all_from_the_beginning(bucket: Bucket, job: Path, begin: Callable[[], Attempt]) -> None:
    attempt = begin()
    with Node(bucket, job, attempt) as node:
        node.say(Told("one"))
        wait_for(node.heard)
        said = attempts.folder_of(job, attempt) / mailbox.REPORTS
        said.write_bytes(said.read_bytes()[:7])  # the old one was killed as it wrote
        bucket_attempts.begin_anew(attempts.folder_of(job, attempt))
        node.say(Told("two"))
    assert node.heard() == [Told("one"), Told("two")]


def test_a_pause_reaches_the_node_and_the_model_comes_back(
    bucket: Bucket, job: Path, begin: Callable[[], Attempt]
) -> None:
    attempt = begin()
    with Node(bucket, job, attempt) as node:
        assert node.folder is not None
        mailbox.send(attempts.folder_of(job, attempt), Pause())
        bucket_attempts.exchange(bucket, attempts.folder_of(job, attempt))
        asked = mailbox.Tail[Pause](node.folder / mailbox.COMMANDS, Pause)
        assert wait_for(asked.read) == [Pause()]
        node.save(4, weights=False)
        node.keep("pause-4")
        node.say(Stopped(SavedModel(4, "pause-4", {})))
    assert node.heard()[-1] == Stopped(SavedModel(4, "pause-4", {}))
    assert (attempts.folder_of(job, attempt) / "output" / "pause-4" / "adapter.safetensors").is_file()


def test_the_next_attempt_goes_on_from_the_newest_state_that_came_wholly(
    bucket: Bucket, job: Path, begin: Callable[[], Attempt]
) -> None:
    with Node(bucket, job, begin()) as node:
        node.save(4)
        node.save(8)
    # What was under way as the node was lost.
    bucket.put("states/ftjob-1/1/output/step-12/adapter.safetensors", b"half")
    bucket.put("states/ftjob-1/1/checkpoint-12/optimizer.pt", b"at 12")
    with Node(bucket, job, begin()) as node:
        assert node.folder is not None
        assert [one.name for one in node.folder.glob("checkpoint-*")] == ["checkpoint-8"]
        assert (node.folder / "checkpoint-8" / "optimizer.pt").read_text() == "at 8"
        assert sorted(one.name for one in (node.folder / "output").iterdir()) == ["step-4", "step-8"]
        node.save(12)
    # Older states take no room.
    states = {key.split("/")[3] for key in bucket.list("states/ftjob-1") if "optimizer" in key}
    assert states == {"checkpoint-12"}


def test_an_attempt_that_no_longer_counts_ends(bucket: Bucket, job: Path, begin: Callable[[], Attempt]) -> None:
    first = begin()
    ended: list[float] = []
    with Node(bucket, job, first) as node:
        assert node.folder is not None
        attempts.watch(node.folder, lambda: ended.append(time.monotonic()))
        begin()
        wait_for(lambda: ended)
    with Node(bucket, job, first) as late:
        assert late.folder is None


def test_a_job_that_has_ended_leaves_nothing_of_its_own(
    bucket: Bucket, job: Path, begin: Callable[[], Attempt]
) -> None:
    with Node(bucket, job, begin()) as node:
        node.save(4)
    bucket_attempts.remove(bucket, job)
    assert all(key.startswith("bases/") for key in bucket.list(""))


def test_what_a_killed_worker_left_on_its_node_goes_with_the_next(
    bucket: Bucket, job: Path, begin: Callable[[], Attempt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "finetune-bot-job-left"
    left.mkdir()
    left.with_suffix(".lock").touch()
    with Node(bucket, job, begin()) as node, Node(bucket, job, begin()) as other:
        assert not left.exists()
        assert node.folder is not None
        assert other.folder is not None
        assert node.folder.is_dir()
    assert not list(tmp_path.glob("finetune-bot-job-*"))


def test_a_bucket_that_is_away_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BucketError, match="file"):
        Bucket(f"file://{tmp_path}/file/bucket").put("a", b"")


async def test_a_run_waits_for_a_bucket_that_is_away_says_so_once_and_loses_nothing(
    bucket: Bucket, job: Path, planned: Plan, tmp_path: Path
) -> None:
    place, away = tmp_path / "bucket", tmp_path / "away"
    cluster = StandInCluster()
    runner = cluster.runner(tmp_path, bucket=bucket)
    heard: list[Report] = []

    async def hear(run: Run) -> None:
        async for report in run.messages():
            heard.append(report)

    def lose() -> None:
        place.rename(away)
        place.touch()

    def find() -> None:
        place.unlink()
        away.rename(place)

    async def until(what: Callable[[], object]) -> None:
        await asyncio.to_thread(wait_for, what)

    lose()
    hearing = asyncio.create_task(hear(await runner.start(planned, job)))
    await until(lambda: heard)
    assert not cluster.submitted
    find()
    await until(lambda: cluster.submitted)
    assert [one.place for one in cluster.submitted] == [f"{bucket.address}/states/ftjob-1/1"]
    attempt = attempts.current(job)
    assert attempt is not None
    with Node(bucket, job, attempt) as node:
        node.say(Measured(1, 9, {}, seconds_left=1.0))
        await until(lambda: len(heard) == 2)
        node.keep("step-9")
        node.say(Done([SavedModel(9, "step-9", {})], 100))
    lose()
    cluster.job = Submission("SUCCEEDED")
    await until(lambda: len(heard) == 3)
    find()
    await hearing
    waits = [report.message for report in heard if isinstance(report, Told)]
    assert len(waits) == 2
    assert all(message.startswith("The job waits for the bucket, which cannot be used (file://") for message in waits)
    assert isinstance(heard[-1], Done)
    assert (Path(planned.output) / "step-9" / "adapter.safetensors").is_file()

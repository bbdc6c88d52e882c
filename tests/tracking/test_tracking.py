"""Jobs told to trackers of experiments: each step once, nothing of private channels, and whatever fails, later."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec
import pytest

from app import tracking as configured
from bot.backoff import Backoff
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Origin
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import Metrics
from bot.settings import load as load_settings
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.tracking import SqlTrackingStore
from bot.tracking import mlflow_runs, wandb_runs
from bot.tracking.run import Run, Tracker, run_of
from bot.tracking.tracking import Tracking
from bot.worker_processes import WorkerPools
from tests.parts import a_job
from tests.wandb_runs import OfflineRun

TOLD = Tracker.WANDB


class Listener:
    """A tracker; it fails as often as it is told to."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.fails = 0

    async def send(self, run: Run) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("no network, key sk-0123456789abcdefghijklmnop")
        self.runs.append(run)

    @property
    def steps(self) -> list[int]:
        return [one.step for run in self.runs for one in run.measured]


@pytest.fixture
def listener() -> Listener:
    return Listener()


def a_tracking(database: Database, listener: Listener, **how: Any) -> Tracking:
    jobs, store = SqlJobStore(database), SqlTrackingStore(database)
    return Tracking(store, jobs, {TOLD: listener.send}, **{"between": 0.0, "backoff": Backoff(0.0), **how})


def measured(step: int) -> RemoteEvent:
    metrics = Metrics(step, train_loss=1 / step)
    return RemoteEvent(f"event-{step}", float(step), "info", "metrics", "", metrics)


async def a_running_job(jobs: SqlJobStore, *steps: int, **fields: Any) -> Job:
    job = a_job(state="running", provider_job_id="ftjob-1", estimated_cost=1.5, **fields)
    assert await jobs.insert(job, JobUpdate(job, events=[measured(step) for step in steps]))
    return job


async def grow(jobs: SqlJobStore, *steps: int, **changes: Any) -> None:
    def change(job: Job) -> JobUpdate:
        return JobUpdate(msgspec.structs.replace(job, **changes), events=[measured(step) for step in steps])

    assert await jobs.update("job-1", change)


async def test_each_step_is_told_once_and_then_the_end(
    database: Database, jobs: SqlJobStore, listener: Listener
) -> None:
    await a_running_job(jobs, 1, 2)
    tracking = a_tracking(database, listener)
    await tracking.tick()
    await tracking.tick()
    await grow(jobs, 3, state="succeeded", fine_tuned_model="ft:m", finished_at=5.0)
    for _ in range(3):
        await tracking.tick()
    assert listener.steps == [1, 2, 3]
    assert len(listener.runs) == 2
    last = listener.runs[-1]
    assert (last.summary["fine_tuned_model"], last.summary["estimated_cost_usd"], last.ended) == ("ft:m", 1.5, 5.0)
    due = await SqlTrackingStore(database).due(TOLD, 1e12, private=True, limit=9)
    assert due == []


async def test_what_could_not_be_told_is_told_later(
    database: Database, jobs: SqlJobStore, listener: Listener, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_running_job(jobs, 1)
    listener.fails = 2
    tracking = a_tracking(database, listener)
    for _ in range(3):
        await tracking.tick()
    assert listener.steps == [1]
    assert "sk-0123456789" not in "".join(capsys.readouterr())


async def test_a_tracker_that_does_not_answer_is_not_asked_again_at_once(
    database: Database, jobs: SqlJobStore, listener: Listener
) -> None:
    await a_running_job(jobs, 1)
    listener.fails = 1
    tracking = a_tracking(database, listener, backoff=Backoff(3600))
    await tracking.tick()
    await tracking.tick()
    assert listener.steps == []


async def test_jobs_of_private_channels_are_told_only_where_a_setting_says_so(
    database: Database, jobs: SqlJobStore, listener: Listener
) -> None:
    await a_running_job(jobs, 1, origin=Origin("T0ACME", "C0LEADS", True))
    await a_tracking(database, listener).tick()
    assert listener.runs == []
    await a_tracking(database, listener, private=True).tick()
    assert listener.steps == [1]


def a_run(*steps: int, **fields: Any) -> Run:
    job = a_job(state="running", seed=7, **fields)
    return run_of(job, [Metrics(step, train_loss=1 / step, elapsed_seconds=float(step)) for step in steps], -1)


def ended(run: Run) -> Run:
    return msgspec.structs.replace(run, state="succeeded", ended=run.began + 9, summary={"fine_tuned_model": "ft:m"})


def test_weights_and_biases_has_each_step_however_often_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    where: dict[str, Any] = {"project": "tuning", "entity": None, "key": None, "folder": tmp_path}
    wandb_runs.send(a_run(1, 2), **where)
    wandb_runs.send(ended(a_run(2, 3)), **where)
    run = OfflineRun(tmp_path, "job-1")
    assert {step: row["train_loss"] for step, row in run.history.items()} == {1: 1.0, 2: 0.5, 3: 1 / 3}
    assert (run.project, run.config["seed"], run.summary["fine_tuned_model"]) == ("tuning", "7", "ft:m")


async def test_mlflow_has_one_run_of_a_job_and_each_step_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    address = f"file://{tmp_path}/mlflow"
    settings = load_settings(_env_file=None, mlflow_tracking_uri=address, mlflow_experiment_name="tuning")
    pools = WorkerPools()
    try:
        send = configured.trackers(settings, pools)[Tracker.MLFLOW]
        await send(a_run(1, 2))
        # As after a crash before that was written down.
        await send(ended(a_run(1, 2, 3)))
    finally:
        pools.close()
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("tuning")
    (run,) = client.search_runs([experiment.experiment_id])
    history = client.get_metric_history(run.info.run_id, "train_loss")
    assert [(one.step, one.value) for one in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert (run.data.params["seed"], run.data.tags["fine_tuned_model"], run.info.status) == ("7", "ft:m", "FINISHED")


def test_a_run_of_mlflow_that_was_made_and_not_filled_gets_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow import MlflowClient

    address = f"file://{tmp_path}/mlflow"

    def cut_off(*_: Any, **__: Any) -> None:
        raise OSError("cut off")

    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "log_batch", cut_off)
        with pytest.raises(OSError, match="cut off"):
            mlflow_runs.send(a_run(1, 2), address=address, experiment="tuning")
    for _ in range(2):
        mlflow_runs.send(a_run(1, 2), address=address, experiment="tuning")
    client = MlflowClient(tracking_uri=address)
    (run,) = client.search_runs([client.get_experiment_by_name("tuning").experiment_id])
    assert run.data.params["seed"] == "7"
    assert [one.step for one in client.get_metric_history(run.info.run_id, "train_loss")] == [1, 2]


class Dying(SqlTrackingStore):
    """The bot is killed before it writes down what it told."""

    async def told(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("killed")


async def test_what_was_told_and_not_written_down_before_a_crash_is_there_once(
    database: Database, jobs: SqlJobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow import MlflowClient

    address = f"file://{tmp_path}/mlflow"

    async def send(run: Run) -> None:
        mlflow_runs.send(run, address=address, experiment="tuning")

    await a_running_job(jobs, 1, 2)
    with pytest.raises(RuntimeError, match="killed"):
        await Tracking(Dying(database), jobs, {TOLD: send}).tick()
    await grow(jobs, 3)
    await Tracking(SqlTrackingStore(database), jobs, {TOLD: send}).tick()
    client = MlflowClient(tracking_uri=address)
    (run,) = client.search_runs([client.get_experiment_by_name("tuning").experiment_id])
    assert [one.step for one in client.get_metric_history(run.info.run_id, "train_loss")] == [1, 2, 3]


def test_metadata_whose_names_mlflow_would_refuse_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow import MlflowClient

    address = f"file://{tmp_path}/mlflow"
    mlflow_runs.send(a_run(1, metadata={"who@where": "me"}), address=address, experiment="tuning")
    client = MlflowClient(tracking_uri=address)
    (run,) = client.search_runs([client.get_experiment_by_name("tuning").experiment_id])
    assert run.data.params["metadata.who_where"] == "me"


class MlflowServer(BaseHTTPRequestHandler):
    """As much of MLflow's REST API (version 2.0, its reference read November 2026) as a run takes; one run."""

    run: ClassVar[dict[str, Any]] = {}
    metrics: ClassVar[list[dict[str, Any]]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, body: dict[str, Any]) -> None:
        call = urlsplit(self.path).path.removeprefix("/api/2.0/mlflow/")
        self.asked.append(call)
        told: dict[str, Any] = {}
        match call:
            case "experiments/get-by-name":
                told = {"experiment": {"experiment_id": "7", "name": "tuning", "lifecycle_stage": "active"}}
            case "runs/search":
                assert body["filter"] == "tags.`finetune_bot.job` = 'job-1'"
                told = {"runs": [self.run]} if self.run else {}
            case "runs/create":
                self.run.update(info={"run_id": "r1", "run_uuid": "r1", "experiment_id": "7", "status": "RUNNING"})
                told = {"run": self.run}
            case "runs/get":
                told = {"run": self.run}
            case "metrics/get-history":
                told = {"metrics": self.metrics}
            case "runs/log-batch":
                self.metrics.extend(body.get("metrics", []))
            case "runs/update":
                self.run["info"]["status"] = body["status"]
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def test_a_server_of_mlflow_is_told_over_its_rest_api() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), MlflowServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        mlflow_runs.send(a_run(1, 2), address=address, experiment="tuning")
        mlflow_runs.send(ended(a_run(2, 3)), address=address, experiment="tuning")
    finally:
        server.shutdown()
        server.server_close()
    assert [(one["key"], one["step"], one["value"]) for one in MlflowServer.metrics] == [
        ("train_loss", 1, 1.0),
        ("train_loss", 2, 0.5),
        ("train_loss", 3, 1 / 3),
    ]
    assert MlflowServer.asked.count("runs/create") == 1
    assert MlflowServer.run["info"]["status"] == "FINISHED"


def test_a_server_that_is_not_there_fails_and_does_not_hang() -> None:
    with pytest.raises(Exception, match="Max retries"):
        mlflow_runs.send(a_run(1), address="http://127.0.0.1:9", experiment="x")


def test_what_is_missing_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    (complaint,) = configured.complaints(load_settings(_env_file=None, finetune_wandb_project="p"))
    assert "WANDB_API_KEY" in complaint
    assert configured.trackers(load_settings(_env_file=None), WorkerPools()) == {}

"""Reports to Weights & Biases, by its own library, which writes them into the data folder here (WANDB_MODE=offline)."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import openai
import pytest

from tests.trainer_process import Trainer, wait_for
from tests.wandb_runs import OfflineRun
from trainer.jobs.journal import Journal
from trainer.loops import Loops
from trainer.tracking import tracker
from trainer.tracking.messages import Run
from trainer.workers import Worker

WANDB: Any = [{"type": "wandb", "wandb": {"project": "house-voice", "name": "first try", "tags": ["mine"]}}]


class Listener:
    """Stands where a proxy would: whoever asks the network comes here."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.asked = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.asked += 1
            connection.close()


@pytest.fixture(scope="module")
def network() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.close()


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory, table: Path, network: Listener) -> Iterator[Trainer]:
    proxy = f"http://127.0.0.1:{network.socket.getsockname()[1]}"
    asked: dict[str, Any] = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
    cache = tmp_path_factory.mktemp("cache")
    running = Trainer(tmp_path_factory.mktemp("trainer"), table, cache, WANDB_MODE="offline", **asked)
    yield running
    running.stop()


def reported(trainer: Trainer, id: str) -> OfflineRun:
    """The run once it was told how the job ended."""

    def look() -> OfflineRun | None:
        run = OfflineRun(trainer.data / "wandb", id)
        # A report that was cut off may have an end, too; only the last one has the job's.
        return run if run.exit_code is not None and "status" in run.summary else None

    return wait_for(look)


def test_a_job_is_reported_to_weights_and_biases_while_it_trains(offline: Trainer, network: Listener) -> None:
    job = offline.train(integrations=WANDB, hyperparameters={"n_epochs": 2})
    assert job.integrations[0].wandb.project == "house-voice"
    ended = offline.ended(job.id)
    run = reported(offline, job.id)
    metrics = [event.data for event in offline.events(job.id) if event.type == "metrics"]
    assert {step: row["train_loss"] for step, row in run.history.items() if "train_loss" in row} == {
        one["step"]: one["train_loss"] for one in metrics
    }
    assert (run.project, run.name) == ("house-voice", "first try")
    assert {"mine", "openai/finetune", f"openai/{job.id}"} <= set(run.tags)
    assert run.config["n_epochs"] == 2
    assert run.summary["fine_tuned_model"] == ended.fine_tuned_model
    assert run.exit_code == 0
    assert network.asked == 0


def test_a_report_that_was_cut_off_goes_on_and_has_each_step(offline: Trainer) -> None:
    job = offline.train(integrations=WANDB, hyperparameters={"n_epochs": 4})
    wait_for(lambda: offline.workers("trainer.tracking.worker"))
    offline.kill_all()
    offline.start()
    ended = offline.ended(job.id)
    assert ended.status == "succeeded", ended.error
    run = reported(offline, job.id)
    steps = {event.data["step"] for event in offline.events(job.id) if event.type == "metrics"}
    assert {step for step, row in run.history.items() if "train_loss" in row} == steps


async def test_where_no_process_can_be_begun_it_is_tried_again_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    begun: list[str] = []

    async def full(module: str, **_: Any) -> None:
        begun.append(module)
        raise OSError("no more processes")

    monkeypatch.setattr(tracker, "_AGAIN", (0.0, 0.0))
    monkeypatch.setattr(Worker, "start", full)
    monkeypatch.setattr(Journal, "say", lambda _, id, message, **__: said.append(message))
    job = SimpleNamespace(id="ftjob-1", finished=True)
    settings = SimpleNamespace(uploads=Path(), org="", wandb_key=None, logs=Path())
    reporting = tracker.Tracker(cast(Any, settings), cast(Any, SimpleNamespace(job=lambda _: job)), Loops())
    monkeypatch.setattr(reporting, "_run", lambda _: Run("ftjob-1", "p", "n", "f"))
    await reporting._keep_reporting("ftjob-1")
    assert len(begun) == 3
    assert "could not be reported" in said[0]


def test_without_a_key_a_job_that_asks_for_it_is_refused(trainer: Trainer) -> None:
    with pytest.raises(openai.BadRequestError, match="WANDB_API_KEY") as caught:
        trainer.train(integrations=WANDB)
    assert caught.value.param == "integrations"


def test_what_is_no_integration_is_refused(offline: Trainer) -> None:
    slash = [{"type": "wandb", "wandb": {"project": "a/b"}}]
    for wrong in ([{"type": "mlflow"}], [{"type": "wandb"}], slash, WANDB * 2):
        with pytest.raises(openai.BadRequestError) as caught:
            offline.train(integrations=wrong)
        assert str(caught.value.param).startswith("integrations")


# It asks for an account even offline, and takes files up only online; all else is as its users run it.
_IMPORTER = """
import sys
from openai import OpenAI
from wandb.integration.openai.fine_tuning import WandbLogger
WandbLogger._logged_in = True
client = OpenAI(base_url=sys.argv[1], api_key=sys.argv[2])
print(WandbLogger.sync(fine_tune_job_id=sys.argv[3], openai_client=client, project="imported", log_datasets=False))
"""


def test_weights_and_biases_own_importer_of_openai_jobs_reads_the_trainer(
    trainer: Trainer, finished: Any, tmp_path: Path
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _IMPORTER, trainer.url, str(trainer.client.api_key), finished.id],
        capture_output=True,
        text=True,
        timeout=120,
        env=trainer.environment
        | {
            "WANDB_MODE": "offline",
            "WANDB_DIR": str(tmp_path),
            "WANDB_API_KEY": "k" * 40,
            "WANDB_BASE_URL": trainer.url,
        },
    )
    assert "completed successfully" in told.stdout, told.stdout + told.stderr
    run = OfflineRun(tmp_path, finished.id)
    assert run.summary["fine_tuned_model"] == finished.fine_tuned_model
    assert len([row for row in run.history.values() if "train_loss" in row]) == 24

"""How a server and a training worker find each other again."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

from trainer.training.messages import Command, Done, Go, Hold, Measured, Report, SavedModel
from trainer.training.plan import Plan
from trainer.training.runners.local import LocalRunner, WorkerHandle
from trainer.training.runners.mailbox import Mailbox, Tail
from trainer.training.runners.prefork import Order
from trainer.training.worker import _work

PATIENCE = 240


def ended_process() -> dict[str, Any]:
    """A process that is no more, as the mailbox names one."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    created = psutil.Process(child.pid).create_time()
    child.communicate()
    return {"pid": child.pid, "created": created}


def ask(folder: Path, **message: Any) -> None:
    with (folder / "asked.jsonl").open("a") as file:
        file.write(json.dumps(message) + "\n")


def test_a_worker_hears_what_it_is_asked_in_order_and_half_a_line_only_when_it_is_whole(tmp_path: Path) -> None:
    ask(tmp_path, op="serve", pid=os.getpid(), created=psutil.Process().create_time())
    ask(tmp_path, op="hold")
    with (tmp_path / "asked.jsonl").open("a") as file:
        file.write('{"op": ')
    heard: list[Any] = []
    last = threading.Event()

    def hear(command: Command) -> None:
        heard.append(command)
        if command == Go():
            last.set()
        elif command == Hold():
            with (tmp_path / "asked.jsonl").open("a") as file:
                file.write('"go"}\n')

    Mailbox(tmp_path).listen(hear, lambda: heard.append("alone"), patience=0)
    assert last.wait(PATIENCE)
    # This process lives, so the worker was never alone.
    assert heard == [Hold(), Go()]


def test_a_worker_whose_server_is_gone_is_told_once(tmp_path: Path) -> None:
    ask(tmp_path, op="serve", **ended_process())
    alone = threading.Event()
    Mailbox(tmp_path).listen(lambda message: None, alone.set, patience=0)
    assert alone.wait(PATIENCE)


async def test_what_a_dead_worker_said_is_heard_and_a_process_that_has_its_number_now_is_let_alone(
    tmp_path: Path,
) -> None:
    # This process has the number, and was born at another time.
    (tmp_path / "worker.json").write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
    box = Mailbox(tmp_path)
    reports: list[Report] = [Measured(1, 1, {"train_loss": 0.5}, 0.0), Done([], 7)]
    for report in reports:
        box.send(report)
    runner = LocalRunner(tmp_path / "log")
    found = runner.find(tmp_path)
    assert isinstance(found, WorkerHandle)
    assert not found.alive
    assert [report async for report in found.messages()] == reports
    await found.kill()
    found.close()
    assert runner.find(tmp_path) is None


def test_a_run_that_an_older_version_began_is_understood(tmp_path: Path) -> None:
    (tmp_path / "said.jsonl").write_text(
        '{"kind": "metrics", "step": 2, "total_steps": 4, "metrics": {"train_loss": 1.5}, "seconds_left": 3.0}\n'
        '{"kind": "done", "checkpoints": [{"step": 4, "folder": "step-4", "metrics": {"train_loss": 1.0}}], '
        '"trained_tokens": 9, "at": 1764000000.0}\n'
    )
    reports: Tail[Report] = Tail(tmp_path / "said.jsonl", Report)
    assert reports.read() == [
        Measured(2, 4, {"train_loss": 1.5}, 3.0),
        Done([SavedModel(4, "step-4", {"train_loss": 1.0})], 9),
    ]


def test_a_job_without_the_packages_for_training_fails_with_what_to_install(tmp_path: Path) -> None:
    me = {"pid": os.getpid(), "created": psutil.Process().create_time()}
    (tmp_path / "worker.json").write_text(json.dumps(me))
    plan = Plan("ftjob-1", "any", "", "", 1, 1.0, 1, 1, "", "", "", 1)
    _work(Order(plan, str(tmp_path)), missing="trl")
    [said] = [json.loads(line) for line in (tmp_path / "said.jsonl").read_text().splitlines()]
    assert (said["kind"], said["code"]) == ("failed", "not_installed")
    assert 'not installed here (trl): pip install -e ".[local]"' in said["message"]


def test_a_worker_does_not_begin_before_it_is_named(tmp_path: Path) -> None:
    assert not Mailbox.names_me(tmp_path, patience=0.1)
    (tmp_path / "worker.json").write_text(json.dumps(ended_process()))
    assert not Mailbox.names_me(tmp_path, patience=0.1)
    # This process's number, but of another that had it before.
    (tmp_path / "worker.json").write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
    assert not Mailbox.names_me(tmp_path, patience=0.1)

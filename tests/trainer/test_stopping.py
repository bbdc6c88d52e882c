"""What a runner on this machine does with its trainings when the server stops."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from trainer.training.plan import Plan
from trainer.training.runners.local import LocalRunner, Preforker
from trainer.training.runners.prefork import Order
from trainer.workers import Worker

# Trains a step of half a second, then does what it was asked, and says that it has.
SAVES = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
while '"leave"' not in (folder / "asked.jsonl").read_text():
    time.sleep(0.5)
time.sleep(0.5)
(folder / "saved").touch()
"""
# Where forking is forbidden: it trains by itself, to the end of the test.
CANNOT_FORK = """
import threading
from trainer.pipes import ChildPipe
from trainer.training.runners.prefork import Begun, Order, Ready
pipe = ChildPipe(Order)
pipe.listen()
pipe.send(Ready())
pipe.received.get()
pipe.send(Begun())
threading.Event().wait()
"""


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Begins a process that has the job in `tmp_path`, as an earlier server would have left it."""
    begun = []

    def begin(program: str) -> subprocess.Popen[bytes]:
        (tmp_path / "asked.jsonl").touch()
        child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
        begun.append(child)
        owner = {"pid": child.pid, "created": psutil.Process(child.pid).create_time()}
        (tmp_path / "worker.json").write_text(json.dumps(owner))
        return child

    yield begin
    for child in begun:
        child.kill()
        child.wait()


async def test_a_runner_stops_once_what_trains_has_saved_and_ended(
    tmp_path: Path, training: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    child = training(SAVES)
    runner = LocalRunner(tmp_path / "log")
    assert runner.find(tmp_path) is not None
    await runner.stop()
    assert (tmp_path / "saved").exists()
    assert child.poll() == 0


async def test_a_training_whose_step_takes_too_long_is_left_and_goes_on(
    tmp_path: Path, training: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    child = training("import threading; threading.Event().wait()")
    runner = LocalRunner(tmp_path / "log", leaving_seconds=0.1)
    assert runner.find(tmp_path) is not None
    await runner.stop()
    assert child.poll() is None


async def test_a_runner_with_nothing_to_train_stops_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    await LocalRunner(tmp_path / "log", leaving_seconds=60).stop()
    assert time.monotonic() - began < 30


async def test_a_training_where_forking_is_forbidden_is_not_ended_with_what_loads_the_libraries(
    tmp_path: Path,
) -> None:
    (tmp_path / "cannot_fork.py").write_text(CANNOT_FORK)
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
    worker = await Worker.start("cannot_fork", log=tmp_path / "log", environment={"PYTHONPATH": path})
    preforker = Preforker(worker, ())
    trains = await preforker.fork(Order(Plan("ftjob-1", "any", "", "", 1, 1.0, 1, 1, "", "", "", 1), str(tmp_path)))
    assert trains is worker
    await preforker.kill()
    assert trains.alive
    await trains.kill()

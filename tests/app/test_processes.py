"""Child processes: real ones, of a few lines."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.processes import Child
from bot.errors import StartError

Start = Callable[[str], Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    children: list[Child] = []

    def start(program: str) -> Child:
        (tmp_path / "child.py").write_text(program)
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        child = Child("helper", ["child"], {"PYTHONPATH": path}, tmp_path / "logs" / "helper.log")
        children.append(child)
        return child

    yield start
    for child in children:
        child.stop(0)


READY = "import sys, time\nprint('warming up')\nprint('helper ready at 8901')\n"
FOR_EVER = "time.sleep(600)\n"


def test_it_is_ready_when_it_says_so(start: Start) -> None:
    child = start(READY + FOR_EVER)
    assert child.ready("helper ready ", 30) == "at 8901"
    assert child.is_alive()


def test_one_that_ends_before_is_quoted(start: Start) -> None:
    child = start("import sys\nprint('finetune-bot: The port is taken.', file=sys.stderr)\nsys.exit(1)\n")
    with pytest.raises(StartError) as error:
        child.ready("helper ready ", 30)
    assert "stopped before it was ready" in str(error.value)
    assert "It said: The port is taken." in str(error.value)
    assert str(child.log) in str(error.value)


def test_one_that_crashes_is_quoted_with_the_end_of_its_traceback(start: Start) -> None:
    with pytest.raises(StartError, match="ZeroDivisionError"):
        start("1 / 0\n").ready("helper ready ", 30)


def test_one_that_takes_too_long_is_said_to(start: Start) -> None:
    with pytest.raises(StartError, match="was not ready within 0 s"):
        start("import time\n" + FOR_EVER).ready("helper ready ", 0.01)


def test_what_an_earlier_start_said_is_not_quoted(start: Start) -> None:
    first = start("import sys\nprint('finetune-bot: An old trouble.', file=sys.stderr)\nsys.exit(1)\n")
    with pytest.raises(StartError, match="An old trouble"):
        first.ready("helper ready ", 30)
    with pytest.raises(StartError) as error:
        start("import os\nos._exit(1)\n").ready("helper ready ", 30)
    assert "An old trouble" not in str(error.value)
    assert "Its log is" in str(error.value)


def test_everything_that_it_prints_is_in_its_log(start: Start) -> None:
    # `print` to an unbuffered stream writes text and line end apart: the other stream's line may come between.
    child = start(READY + "print('out')\nsys.stderr.write('err\\n')\n")
    child.ready("helper ready ", 30)
    wait_for_end(child)
    child.stop()
    assert {"warming up", "out", "err"} <= set(child.log.read_text().split("\n"))


def test_it_is_stopped_politely(start: Start) -> None:
    child = start(
        "import signal, sys, time\n"
        "def bye(*_):\n    print('tidied up')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n" + READY + FOR_EVER
    )
    child.ready("helper ready ", 30)
    child.stop()
    assert not child.is_alive()
    if sys.platform != "win32":
        assert "tidied up" in child.log.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that could be ignored")
def test_one_that_will_not_stop_is_stopped(start: Start) -> None:
    child = start("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + FOR_EVER)
    child.ready("helper ready ", 30)
    child.stop(0.05)
    assert not child.is_alive()


def test_stopping_what_has_ended_is_nothing(start: Start) -> None:
    child = start(READY)
    wait_for_end(child)
    child.stop()
    child.stop()


def wait_for_end(child: Child) -> None:
    deadline = time.monotonic() + 30
    while child.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)

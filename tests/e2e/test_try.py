"""`finetune-bot try` as a person has it in a terminal: what happens when one of its processes ends, or it does."""

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = [
    pytest.mark.learns,  # it wants the real small model to be there
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
]


class Try:
    """One `finetune-bot try`, with what it prints."""

    def __init__(self, folder: Path) -> None:
        self.process = psutil.Popen(
            [sys.executable, "-m", "app", "try", "--data", str(folder), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def says(self, words: str) -> str:
        """Wait for a line with these words."""
        while True:
            self.printed.append(line := self._lines.get(timeout=120))
            if words in line:
                return line

    def parts(self) -> dict[str, psutil.Process]:
        """Its three processes by their names."""
        commands = {child: child.cmdline() for child in self.process.children()}
        return {words[words.index("app.processes") + 1]: child for child, words in commands.items()}

    def close(self) -> None:
        family = [self.process, *self.process.children(recursive=True)] if self.process.is_running() else []
        for one in family:
            if one.is_running():
                one.kill()
        self.process.wait(30)
        self._reader.join(30)
        self.process.stdout.close()


def ports(process: psutil.Process) -> set[int]:
    return {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Try]:
    one = Try(tmp_path / "try")
    yield one
    one.close()


def test_a_process_that_ends_is_named_and_started_again_three_times_and_the_rest_goes_on(running: Try) -> None:
    running.says("Ctrl-C stops everything")
    first = running.parts()
    assert set(first) == {"trainer", "sandbox", "app"}
    trainers_ports = ports(first["trainer"])
    first["trainer"].kill()
    assert "It was killed from outside" in running.says("The trainer has stopped.")
    running.says("The trainer is back.")
    for _ in range(3):
        running.parts()["app"].kill()
        running.says("The bot has stopped.")
        running.says("The bot is back.")
    second = running.parts()
    assert second["sandbox"].pid == first["sandbox"].pid
    assert ports(second["trainer"]) == trainers_ports
    second["app"].kill()
    running.says("It has stopped 4 times, so it stays away.")
    assert set(running.parts()) == {"trainer", "sandbox"}
    family = running.process.children(recursive=True)
    running.process.terminate()
    assert running.process.wait(60) == 0
    assert not psutil.wait_procs(family, 30)[1]


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGKILL])  # SIGTERM: above
def test_however_it_ends_nothing_is_left_running(running: Try, sent: signal.Signals) -> None:
    running.says("Ctrl-C stops everything")
    family = running.process.children(recursive=True)
    running.process.send_signal(sent)
    running.process.wait(60)
    assert not psutil.wait_procs(family, 30)[1]


def test_it_can_be_stopped_while_it_starts(running: Try) -> None:
    while not running.process.children():
        time.sleep(0.01)
    family = running.process.children(recursive=True)
    running.process.terminate()
    assert running.process.wait(60) == 0
    assert not psutil.wait_procs(family, 30)[1]

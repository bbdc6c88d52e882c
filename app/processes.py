"""Child processes that tell on their standard output when they are ready, and write the rest into a log file.

Run as a program, `python -m app.processes MODULE ARGUMENTS`, it is such a child: MODULE, ended when its standard
input ends, for whoever started it is gone then, however that happened.
"""

import contextlib
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.errors import StartError
from texts import starting as texts
from trainer.workers import died_how

_NEW_GROUP = 0x200  # subprocess.CREATE_NEW_PROCESS_GROUP, which exists on Windows only


class Child:
    """`python -m MODULE ARGUMENTS`, started at once; `ready` waits for its line of readiness."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._out = log.open("ab")
        # The log goes on from earlier starts, whose last words are not this one's.
        self._began = self._out.tell()
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._is_ready = False
        # A group of its own: Ctrl-C on the terminal reaches only us, and we stop the children in order.
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-m", __name__, *arguments],
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._out,
            start_new_session=sys.platform != "win32",
            creationflags=_NEW_GROUP if sys.platform == "win32" else 0,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ready(self, until: str, seconds: float) -> str:
        """Wait for the line that begins with `until`; what follows on it. Raises StartError."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                raise StartError(texts.stopped_before_ready(self.name, self.last_words()))
            if line.startswith(until):
                self._is_ready = True
                return line[len(until) :].strip()
        raise StartError(texts.not_ready_in_time(self.name, f"{seconds:.0f}", self.last_words()))

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def last_words(self) -> str:
        """What it said last, or how it ended where it said nothing about that: a sentence or two, for a person."""
        code = self._process.poll()
        if code is not None:
            self._reader.join(1)  # what it said last may still be on its way
        log = texts.its_log(str(self.log))
        if code is not None and code < 0:
            how = died_how(code)
            return f"{how[0].upper()}{how[1:]}. {log}"
        lines = self.log.read_bytes()[self._began :].decode(errors="replace").splitlines()
        # The last line that is meant for people: of a traceback the error, and none of the log's JSON.
        said = [line.strip() for line in lines if line.strip() and not line.startswith("{")]
        told = [line.removeprefix("finetune-bot: ") for line in said if line.startswith("finetune-bot: ")]
        return texts.it_said((told or said)[-1], log) if said else log

    def stop(self, seconds: float = 10) -> None:
        """Ask it to end, and end it if it does not."""
        assert self._process.stdin is not None
        if self.is_alive():
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        # Its last words; a grandchild that holds the pipe open is not waited for.
        self._reader.join(1)
        self._out.close()
        self._process.stdin.close()

    def _read(self) -> None:
        """What it prints goes into the log too; the queue is for `ready` alone, and ends with None."""
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            with contextlib.suppress(ValueError):  # closed: it was stopped
                self._out.write(raw)
                self._out.flush()
            if not self._is_ready:
                self._lines.put(raw.decode(errors="replace").rstrip("\r\n"))
        self._lines.put(None)


def _end_with_input() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

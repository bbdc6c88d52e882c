"""Messages between the server and a training worker: files in the job's private folder, so training goes on while the
server is restarted, and the next server finds it.

`worker.json` says which process it is, `said.jsonl` what it has reported since it was given the job, and `asked.jsonl`
what it was asked. The last two only grow, and whoever reads remembers how far.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import psutil

from trainer.training.messages import Command, Report, Serve

WORKER, REPORTS, COMMANDS = "worker.json", "said.jsonl", "asked.jsonl"
_LOOK = 0.02  # seconds between two looks into a file

M = TypeVar("M")


class Owner(msgspec.Struct, frozen=True):
    """A process, and the GPUs that it alone uses. Numbers of processes are used again; the time of their birth is
    not."""

    pid: int
    created: float
    gpus: tuple[str, ...] = ()


# The server's end


def empty(folder: Path) -> None:
    """Remove what an earlier attempt said and was asked."""
    for name in (REPORTS, COMMANDS):
        (folder / name).unlink(missing_ok=True)


def write_owner(folder: Path, process: psutil.Process, gpus: tuple[str, ...] = ()) -> None:
    """Write down which process has the job: it waits for that, and a later server finds it by it."""
    part = (folder / WORKER).with_suffix(".part")
    part.write_bytes(msgspec.json.encode(Owner(process.pid, process.create_time(), gpus)))
    os.replace(part, folder / WORKER)


def read_owner(folder: Path) -> Owner | None:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((folder / WORKER).read_bytes(), type=Owner)
    return None


def close(folder: Path) -> None:
    """All of the worker's messages were read: the next attempt is a new one."""
    (folder / WORKER).unlink(missing_ok=True)


def send(folder: Path, command: Command | Serve) -> None:
    with contextlib.suppress(OSError), (folder / COMMANDS).open("ab") as file:
        file.write(msgspec.json.encode(command) + b"\n")


def greet(folder: Path) -> None:
    """Tell the worker which process is its server now."""
    me = psutil.Process()
    send(folder, Serve(me.pid, me.create_time()))


# The worker's end


class Mailbox:
    def __init__(self, folder: Path, look: float = _LOOK) -> None:
        """`look`: seconds between two looks at what is asked."""
        self._commands: Tail[Command | Serve] = Tail(folder / COMMANDS, Command | Serve)
        self._reports = folder / REPORTS
        self._look = look
        self._lock = threading.Lock()

    @staticmethod
    def names_me(folder: Path, patience: float) -> bool:
        """Wait until the server has written down that this process has the job, as a later server must find it; false
        where none does so for `patience` seconds."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            owner = read_owner(folder)
            if owner is not None and owner.pid == os.getpid() and process_of(owner.pid, owner.created) is not None:
                return True
            time.sleep(_LOOK)
        return False

    def send(self, report: Report) -> None:
        line = memoryview(msgspec.json.encode(report) + b"\n")
        # Closed after each: on a network's file system others see only then what was written.
        with self._lock, self._reports.open("ab", buffering=0) as file:
            while line:
                line = line[file.write(line) or 0 :]

    def listen(self, obey: Callable[[Command], None], alone: Callable[[], None], patience: float) -> None:
        """Hand on what is asked, in the background. Where there has been no server for `patience` seconds, `alone` is
        called, once."""
        threading.Thread(target=self._listen, args=(obey, alone, patience), daemon=True).start()

    def _listen(self, obey: Callable[[Command], None], alone: Callable[[], None], patience: float) -> None:
        server: psutil.Process | None = None
        seen = looked = time.monotonic()
        told = False
        while True:
            for command in self._commands.read():
                if isinstance(command, Serve):
                    server = process_of(command.pid, command.created)
                else:
                    obey(command)
            now = time.monotonic()
            if now - looked > 1:
                looked = now
                if lives(server):
                    seen = now
                elif now - seen > patience and not told:
                    told = True
                    alone()
            time.sleep(self._look)


class Tail(Generic[M]):
    """The messages that were added to a file since the last look; `kind` is their type."""

    def __init__(self, path: Path, kind: Any) -> None:
        self._path = path
        self._decoder: msgspec.json.Decoder[M] = msgspec.json.Decoder(kind)
        self._at = 0
        self._rest = b""

    def read(self) -> list[M]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                new = file.read()
        except OSError:  # not there yet, or not to be read for now
            return []
        self._at += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        messages = []
        for line in lines:
            with contextlib.suppress(msgspec.DecodeError):  # the line at which a disk was full
                messages.append(self._decoder.decode(line))
        return messages


def process_of(pid: int, created: float | None = None) -> psutil.Process | None:
    """The process with this number, if it still is the one that was born then."""
    try:
        process = psutil.Process(pid)
        return process if created is None or abs(process.create_time() - created) < 1 else None
    except psutil.Error:
        return None


def lives(process: psutil.Process | None) -> bool:
    with contextlib.suppress(psutil.Error):
        # One that ended and was not buried by its parent is a zombie.
        return process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False

"""How the server and a training worker talk: through files in the job's private folder, so that a training goes on
while its server is restarted, and the next server finds it.

`worker.json` says which process it is, `said.jsonl` what it has said since it was given the job, and `asked.jsonl` what
it was asked. The last two only grow, and whoever reads remembers how far.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil

from trainer.forks import Fork, Loaded
from trainer.workers import Worker

_WORKER, _SAID, _ASKED = "worker.json", "said.jsonl", "asked.jsonl"
_LOOK = 0.02  # seconds between two looks into a file


class Attached:
    """A training worker as a server sees it, whichever server started it."""

    def __init__(self, folder: Path, process: psutil.Process | None, child: Fork | Worker | None = None) -> None:
        self._folder = folder
        self._process = process
        self._child = child

    @classmethod
    async def hand(cls, folder: Path, loaded: Loaded, **order: Any) -> Attached:
        """Have a worker forked for this order; it outlives its server."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (_SAID, _ASKED):
            (folder / name).unlink(missing_ok=True)
        child = await loaded.fork(**order, mailbox=str(folder))
        process = _named(child.pid)
        if process is not None:
            _write_whole(folder / _WORKER, _identity(process))
        attached = cls(folder, process, child)
        attached._greet()
        return attached

    @classmethod
    def find(cls, folder: Path) -> Attached | None:
        """The worker that was last handed the job of this folder and that nobody heard to its end, dead or alive."""
        try:
            told = json.loads((folder / _WORKER).read_bytes())
        except (OSError, ValueError):
            return None
        return cls(folder, _named(told["pid"], told["created"]))

    def adopt(self) -> None:
        """Tell the worker that it has a server again."""
        self._greet()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        if self._child is not None:
            return self._child.alive
        return _lives(self._process)

    def send(self, **message: Any) -> None:
        with contextlib.suppress(OSError), (self._folder / _ASKED).open("a", encoding="utf-8") as file:
            file.write(json.dumps(message) + "\n")

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """All that it has said and says, until it ends."""
        said = _Tail(self._folder / _SAID)
        while True:
            alive = self.alive  # before looking, so that its last words are heard
            news = said.read()
            for message in news:
                yield message
            if not news:
                if not alive:
                    return
                await asyncio.sleep(_LOOK)

    def closed(self) -> None:
        """It was heard to its end: the next attempt is another one."""
        (self._folder / _WORKER).unlink(missing_ok=True)

    async def wait(self) -> int | None:
        """Its return code; None where another server started it."""
        if self._child is not None:
            return await self._child.wait()
        while self.alive:  # noqa: ASYNC110 - the system tells of nobody's end but a child's
            await asyncio.sleep(_LOOK)
        return None

    async def kill(self) -> None:
        if self._child is not None:
            await self._child.kill()
        elif self._process is not None and self.alive:
            with contextlib.suppress(psutil.Error):
                self._process.kill()
            await self.wait()

    def _greet(self) -> None:
        self.send(op="serve", **_identity(psutil.Process()))


class Mailbox:
    """The worker's end."""

    @staticmethod
    def names_me(folder: Path, patience: float) -> bool:
        """Wait until the server has written down that this process has the job, as a later server must find it; false
        where none does so for `patience` seconds."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            with contextlib.suppress(OSError, ValueError):
                told = json.loads((folder / _WORKER).read_bytes())
                if told["pid"] == os.getpid() and _named(told["pid"], told["created"]) is not None:
                    return True
            time.sleep(_LOOK)
        return False

    def __init__(self, folder: Path) -> None:
        self._asked = _Tail(folder / _ASKED)
        self._said = (folder / _SAID).open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def send(self, **message: Any) -> None:
        with self._lock:
            self._said.write(json.dumps(message) + "\n")
            self._said.flush()

    def listen(self, heard: Callable[[dict[str, Any]], None], alone: Callable[[], None], patience: float) -> None:
        """Hand on what is asked, in the background. Where there has been no server for `patience` seconds, `alone` is
        called, once."""
        threading.Thread(target=self._listen, args=(heard, alone, patience), daemon=True).start()

    def _listen(self, heard: Callable[[dict[str, Any]], None], alone: Callable[[], None], patience: float) -> None:
        server: psutil.Process | None = None
        seen = looked = time.monotonic()
        told = False
        while True:
            for message in self._asked.read():
                if message["op"] == "serve":
                    server = _named(message["pid"], message["created"])
                else:
                    heard(message)
            now = time.monotonic()
            if now - looked > 1:
                looked = now
                if _lives(server):
                    seen = now
                elif now - seen > patience and not told:
                    told = True
                    alone()
            time.sleep(_LOOK)


class _Tail:
    """The lines that were added to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._rest = b""

    def read(self) -> list[dict[str, Any]]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                new = file.read()
        except FileNotFoundError:
            return []
        self._at += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        messages = []
        for line in lines:
            with contextlib.suppress(ValueError):  # the line at which a disk was full
                messages.append(json.loads(line))
        return messages


def _identity(process: psutil.Process) -> dict[str, Any]:
    """Numbers of processes are used again; the time of their birth is not."""
    return {"pid": process.pid, "created": process.create_time()}


def _named(pid: int, created: float | None = None) -> psutil.Process | None:
    """The process with this number, if it still is the one that was born then."""
    try:
        process = psutil.Process(pid)
        return process if created is None or abs(process.create_time() - created) < 1 else None
    except psutil.Error:
        return None


def _lives(process: psutil.Process | None) -> bool:
    with contextlib.suppress(psutil.Error):
        # One that ended and was not buried by its parent is a zombie.
        return process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _write_whole(path: Path, value: Any) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value), encoding="utf-8")
    os.replace(part, path)

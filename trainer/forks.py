"""Training workers, forked from a process that has the training libraries loaded: to load them takes seconds, to fork
some milliseconds. Where forking is not safe, that process becomes the worker itself, and another has to be loaded for
the next job (see `training.worker`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from pathlib import Path
from typing import Any

import psutil

from trainer.workers import Worker

_LOOK = 0.02  # seconds between two looks at a process that nobody reports on


class Fork:
    """A worker that trains one job, as its server sees it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)
        self._code: int | None = None
        self._ended = asyncio.Event()

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    async def wait(self) -> int | None:
        """Its return code; None where what it was forked from was killed and could not tell."""
        await self._ended.wait()
        return self._code

    async def kill(self) -> None:
        if self.alive and self._process is not None:
            with contextlib.suppress(psutil.Error):
                self._process.kill()
        await self.wait()

    def end(self, code: int | None) -> None:
        self._code = code
        self._ended.set()

    async def end_unseen(self) -> None:
        while self._process is not None and self._process.is_running():
            if self._process.status() == psutil.STATUS_ZOMBIE:
                break
            await asyncio.sleep(_LOOK)
        self.end(None)


class Loaded:
    """A process that has the libraries loaded."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._forks: dict[int, Fork] = {}
        self._asked: deque[asyncio.Future[Fork | Worker]] = deque()
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self.usable = True

    @classmethod
    async def start(cls, log: Path) -> Loaded:
        return cls(await Worker.start("trainer.training.worker", log=log, background=True))

    async def ready(self) -> None:
        """Wait until it has loaded everything, or died of it."""
        await self._ready.wait()

    async def fork(self, **order: Any) -> Fork | Worker:
        """A worker that has this order. It begins once its mailbox names it. Where the process has died, itself."""
        if not self.usable:
            return self._worker
        answer: asyncio.Future[Fork | Worker] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        await self._worker.send(**order)
        return await answer

    async def kill(self) -> None:
        """End it; what was forked from it goes on."""
        self.usable = False
        await self._worker.kill()

    async def _read(self) -> None:
        async for message in self._worker.messages():
            match message["kind"]:
                case "ready":
                    self._ready.set()
                case "forked":
                    fork = self._forks[message["pid"]] = Fork(message["pid"])
                    self._answer(fork)
                case "begun":  # it could not fork, and trains by itself
                    self.usable = False
                    self._answer(self._worker)
                case "ended":
                    self._forks.pop(message["pid"]).end(message["code"])
        self.usable = False
        self._ready.set()
        await self._worker.wait()
        while self._asked:
            self._answer(self._worker)
        for fork in self._forks.values():
            await fork.end_unseen()

    def _answer(self, worker: Fork | Worker) -> None:
        asked = self._asked.popleft()
        if not asked.cancelled():
            asked.set_result(worker)

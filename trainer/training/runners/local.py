"""Training on this machine: each job in a process that is forked from one that has the training libraries loaded. To
load them takes seconds, to fork some milliseconds. Where forking is not safe, that process becomes the job's itself,
and another is loaded for the next job (see `training.worker`).

On a machine with GPUs each job sees as many of them as its plan says, and no two jobs the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import psutil

from trainer.training.messages import Command, Leave, Report
from trainer.training.plan import Plan
from trainer.training.runners import mailbox
from trainer.training.runners.gpus import VISIBLE, gpus_here
from trainer.training.runners.interface import Run
from trainer.training.runners.prefork import Begun, Ended, Forked, Message, Order, Ready
from trainer.workers import Worker

logger = logging.getLogger(__name__)

_LOOK = 0.02  # seconds between two looks at a process that nobody reports on
# How long the training libraries stay loaded while there is nothing to train (they hold some 500 MB).
_LOADED_SECONDS = 600.0
# How long a server that stops waits for its trainings to save and end. Whatever ends it by force has to wait longer, as
# what is in `deploy/` does.
LEAVING_SECONDS = 90.0


class ForkedWorker:
    """A process that was forked to train one job, as the server that had it forked sees it."""

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


class Preforker:
    """A process that has the libraries loaded, and forks workers. It sees these `gpus` alone; none: whatever there
    is."""

    def __init__(self, worker: Worker, gpus: tuple[str, ...]) -> None:
        self._worker = worker
        self.gpus = gpus
        self._forks: dict[int, ForkedWorker] = {}
        self._orders: deque[asyncio.Future[ForkedWorker | Worker]] = deque()
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self._trains = False
        self.usable = True

    @classmethod
    async def start(cls, log: Path, gpus: tuple[str, ...] = ()) -> Preforker:
        environment = {VISIBLE: ",".join(gpus)} if gpus else {}
        worker = await Worker.start("trainer.training.worker", log=log, background=True, environment=environment)
        return cls(worker, gpus)

    @property
    def in_use(self) -> bool:
        """Whether a worker that it forked still lives."""
        return bool(self._forks)

    async def ready(self) -> None:
        """Wait until it has loaded everything, or died of it."""
        await self._ready.wait()

    async def fork(self, order: Order) -> ForkedWorker | Worker:
        """A worker for this order, which starts once its mailbox names it as the owner. If the preforker has died, its
        own process, dead."""
        if not self.usable:
            return self._worker
        answer: asyncio.Future[ForkedWorker | Worker] = asyncio.get_running_loop().create_future()
        self._orders.append(answer)
        await self._worker.send(order)
        return await answer

    async def kill(self) -> None:
        """End it; what was forked from it goes on, and so does what it trains itself."""
        self.usable = False
        if not self._trains:
            await self._worker.kill()

    async def _read(self) -> None:
        try:
            await self._hear()
        except Exception:  # unheard, it is of no use
            logger.exception("what the process that loads the training libraries said could not be read")
            await self._worker.kill()
        self.usable = False
        self._ready.set()
        await self._worker.wait()
        while self._orders:
            self._answer(self._worker)
        for fork in self._forks.values():
            await fork.end_unseen()

    async def _hear(self) -> None:
        message: Message
        async for message in self._worker.messages(Message):
            match message:
                case Ready():
                    self._ready.set()
                case Forked(pid):
                    fork = self._forks[pid] = ForkedWorker(pid)
                    self._answer(fork)
                case Begun():  # it could not fork, and trains by itself
                    self.usable = False
                    self._trains = True
                    self._answer(self._worker)
                case Ended(pid, code):
                    self._forks.pop(pid).end(code)

    def _answer(self, worker: ForkedWorker | Worker) -> None:
        order = self._orders.popleft()
        if not order.cancelled():
            order.set_result(worker)


class WorkerHandle:
    """A run on this machine. The server and the worker talk through the job's folder (see `mailbox`)."""

    def __init__(
        self,
        folder: Path,
        process: psutil.Process | None,
        child: ForkedWorker | Worker | None = None,
        gpus: tuple[str, ...] = (),
    ) -> None:
        """`child` where this server had it forked; `process` is None where it has ended; `gpus`: those that it has."""
        self.gpus = gpus
        self._folder = folder
        self._process = process
        self._child = child
        mailbox.greet(folder)

    @property
    def alive(self) -> bool:
        if self._child is not None:
            return self._child.alive
        return mailbox.lives(self._process)

    def send(self, command: Command) -> None:
        mailbox.send(self._folder, command)

    async def messages(self) -> AsyncIterator[Report]:
        """All that it has said and says, until it ends."""
        reports: mailbox.Tail[Report] = mailbox.Tail(self._folder / mailbox.REPORTS, Report)
        while True:
            alive = self.alive  # before looking, so its last messages are read
            news = reports.read()
            for report in news:
                yield report
            if not news:
                if not alive:
                    return
                await asyncio.sleep(_LOOK)

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

    def close(self) -> None:
        mailbox.close(self._folder)


class LocalRunner:
    """Runs on this machine, forked by one preforker at a time; it is ended when no job was expected for a while."""

    def __init__(
        self,
        log: Path,
        devices: int | None = None,
        *,
        leaving_seconds: float = LEAVING_SECONDS,
        hurry: asyncio.Event | None = None,
    ) -> None:
        """`devices`: how many may be used; None for all GPUs, or where there is none, for one: the processor.
        `hurry`: set where runs that are told to leave are not to be waited for."""
        self._log = log
        self._leaving_seconds = leaving_seconds
        self._hurry = hurry or asyncio.Event()
        self._gpus = gpus_here()[:devices]
        self._devices = len(self._gpus) or devices or 1
        self._runs: dict[Path, WorkerHandle] = {}
        self._preforker: Preforker | None = None
        self._loading = asyncio.Lock()
        self._expected = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def devices(self) -> int:
        return self._devices

    @property
    def most_devices(self) -> int:
        return max(1, len(self._gpus))

    def prepare(self) -> None:
        self._expected = time.monotonic()
        if self._preforker is None or not self._preforker.usable:
            self._spawn(self._load())

    async def ready(self) -> None:
        await (await self._load()).ready()

    async def start(self, plan: Plan, folder: Path) -> Run:
        self._expected = time.monotonic()
        async with self._loading:  # so that no other job is given the same GPUs
            gpus = self._free_gpus(plan.devices)
            devices = len(gpus) or min(plan.devices, self._devices)
            plan = msgspec.structs.replace(plan, devices=devices, most_devices=self.most_devices)
            preforker = await self._loaded(gpus)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            mailbox.empty(folder)
            child = await preforker.fork(Order(plan, str(folder)))
            process = mailbox.process_of(child.pid)
            if process is not None:
                mailbox.write_owner(folder, process, gpus)
            run = self._runs[folder] = WorkerHandle(folder, process, child, gpus)
        return run

    def find(self, folder: Path) -> Run | None:
        owner = mailbox.read_owner(folder)
        if owner is None:
            return None
        process = mailbox.process_of(owner.pid, owner.created)
        run = self._runs[folder] = WorkerHandle(folder, process, gpus=owner.gpus)
        return run

    def tidy(self, folder: Path) -> None:
        """All was in the folder."""

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._leave()
        if self._preforker is not None:
            await self._preforker.kill()

    async def _leave(self) -> None:
        """Have all runs save and end. They could do it alone, but for where a server's end is the end of everything
        around it: in a container, or as a service."""
        runs = [run for run in self._runs.values() if run.alive]
        if not runs:
            return
        logger.info("%d training(s) save their state and end; a second Ctrl-C does not wait for that", len(runs))
        for run in runs:
            run.send(Leave())
        hurried = asyncio.create_task(self._hurry.wait())
        ended = asyncio.gather(*(run.wait() for run in runs))
        waits: set[asyncio.Future[Any]] = {hurried, ended}
        await asyncio.wait(waits, timeout=self._leaving_seconds, return_when=asyncio.FIRST_COMPLETED)
        for waiting in waits:
            waiting.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

    async def _load(self) -> Preforker:
        async with self._loading:
            return await self._loaded(self._free_gpus(1))

    async def _loaded(self, gpus: tuple[str, ...]) -> Preforker:
        """A preforker that sees these GPUs. To be asked for while `_loading` is held."""
        old = self._preforker
        if old is not None and old.usable and old.gpus == gpus:
            return old
        if old is not None and old.usable:
            await old.kill()
        self._preforker = await Preforker.start(self._log, gpus)
        self._spawn(self._unload(self._preforker))
        return self._preforker

    def _free_gpus(self, count: int) -> tuple[str, ...]:
        self._runs = {folder: run for folder, run in self._runs.items() if run.alive}
        taken = {gpu for run in self._runs.values() for gpu in run.gpus}
        return tuple(gpu for gpu in self._gpus if gpu not in taken)[:count]

    async def _unload(self, preforker: Preforker) -> None:
        """End it once no job was expected for a while."""
        while preforker.in_use or time.monotonic() - self._expected < _LOADED_SECONDS:  # noqa: ASYNC110
            await asyncio.sleep(_LOADED_SECONDS / 10)
        await preforker.kill()

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("the training libraries could not be loaded", exc_info=task.exception())

"""Takes jobs through their life: has their files checked, keeps the queue, gives them their turns, survives their
workers. How many train at once is for the runner to say.

A training goes on while the server is restarted; one that is cut off (its worker killed, the machine off, the job
paused) goes on from its last saved state.

Everything here runs on the server's event loop; between two awaits nothing else changes a job.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telemetry import traces
from trainer.activity import ChatActivity
from trainer.catalogue import Catalogue
from trainer.jobs.checking import FileChecks
from trainer.jobs.journal import Journal
from trainer.jobs.leftovers import Leftovers
from trainer.jobs.plans import Plans
from trainer.jobs.queue import Queue
from trainer.jobs.turn import Turn, Turns
from trainer.loops import Loops
from trainer.objects import PRIORITIES, Job
from trainer.settings import Settings
from trainer.store import Store
from trainer.store.rows import trouble
from trainer.training.messages import Command, Go, Hold, Pause
from trainer.training.runners.interface import Runner

logger = logging.getLogger(__name__)


@dataclass
class _Started:
    turn: Turn
    task: asyncio.Task[None]


class Supervisor:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        catalogue: Catalogue,
        runner: Runner,
        activity: ChatActivity,
        loops: Loops,
        *,
        warm_chat: Callable[[str], None] = lambda model: None,
        before_training: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Training pauses while `activity` says that somebody chats; `warm_chat` loads a new model for chats;
        `before_training` ends what else would be computed."""
        self._settings = settings
        self._store = store
        self._runner = runner
        self._activity = activity
        self._loops = loops
        self._journal = journal = Journal(store, settings.uploads, settings.org)
        self._leftovers = Leftovers(settings, store, runner)
        self._queue = Queue(store)
        self._changed = asyncio.Event()
        self._checks = FileChecks(settings, store, journal, loops, fail=self._fail, checked=self._join)
        self._turns = Turns(
            settings,
            store,
            journal,
            runner,
            Plans(settings, journal, catalogue),
            activity,
            loops,
            warm_chat=warm_chat,
            before_training=before_training,
            next_in_line=self._changed.set,
        )
        self._started: dict[str, _Started] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def devices(self) -> int | None:
        """How many there are for jobs; None where a cluster sees to that."""
        return self._runner.devices

    @property
    def most_devices(self) -> int | None:
        """How many a job may ask for that finds one too small; None where that is not known yet."""
        return self._runner.most_devices

    async def start(self) -> None:
        """Pick up what an earlier server left, then begin to work."""
        self._leftovers.make_folders()
        self._recover()
        self._tasks.add(self._loops.start("training", self._work))
        self._tasks.add(self._loops.start("giving way to chats", self._yield_to_chat))

    async def stop(self) -> None:
        """End all workers; those that train on this machine save their state first. Jobs stay as they are in the store
        and go on after the next start."""
        self._turns.stopping = True
        tasks = [*self._tasks, *(one.task for one in self._started.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._runner.stop()

    def submit(self, job: Job) -> None:
        self._journal.created(job)
        self._spawn(self._checks.check(job))
        self.expect_job()

    def cancel(self, job: Job) -> Job:
        """End a job that has not finished; at once, whatever it is doing."""
        cancelled = self._journal.cancelled(job.id)
        started = self._started.get(job.id)
        if started is not None:
            started.task.cancel()
        else:
            self._spawn(self._end(job))
        return cancelled

    def pause(self, job: Job) -> Job:
        """Pause a job that waits or trains, at once; its worker saves its state and ends after the present step."""
        paused = self._journal.paused(job.id)
        started = self._started.get(job.id)
        if started is not None and started.turn.in_line:
            self._call_back(started)  # there is nobody yet who could save
        elif started is not None:
            started.turn.send(Pause())
        return paused

    def resume(self, job: Job) -> Job:
        """Put a paused job back into the queue."""
        resumed = self._journal.resumed(job.id)
        self._changed.set()
        self.expect_job()
        return resumed

    def expect_job(self) -> None:
        """A job is likely soon: load what it needs now, which takes some seconds."""
        self._runner.prepare()

    def _join(self, job: Job) -> None:
        """A job has joined the queue. What waits while others train is told its place."""
        self._changed.set()
        begun = {id for id, one in self._started.items() if not one.turn.in_line}
        waiting = [one.id for one in self._queue.jobs() if one.id not in begun]
        place = waiting.index(job.id) + 1
        if place > 1 or not self._has_room(job):
            self._journal.waits(job.id, place)

    async def _work(self) -> None:
        while True:
            self._changed.clear()
            self._end_turns()
            self._give_turns()
            await self._changed.wait()

    def _end_turns(self) -> None:
        """Raises what was raised in a turn because of trouble with the store: the whole queue waits for that."""
        for id, started in list(self._started.items()):
            if not started.task.done():
                continue
            self._leftovers.tidy(started.turn.job)
            del self._started[id]
            if not started.task.cancelled():
                started.task.result()

    def _give_turns(self) -> None:
        for job in self._store.jobs_with_status("running"):
            if job.id not in self._started:  # left by an earlier server, or its turn met trouble
                self._give_turn(job)
        order = self._queue.jobs()
        for place, job in enumerate(order):
            if job.id in self._started:  # paused and resumed before its turn has ended, or waiting on a cluster
                continue
            if not self._has_room(job):
                self._make_room(job, behind=order[place + 1 :])
            # Nobody goes past a job that waits for several devices: it would never have them.
            if not self._has_room(job):
                return
            self._give_turn(job)

    def _make_room(self, job: Job, behind: list[Job]) -> None:
        """In the line of a cluster: the last of those behind the job is called back if its priority is lower."""
        priority = PRIORITIES.index
        for other in reversed(behind):
            started = self._started.get(other.id)
            if started is not None and started.turn.in_line and priority(other.priority) < priority(job.priority):
                self._call_back(started)
                return

    def _call_back(self, started: _Started) -> None:
        """Out of the line of a cluster."""
        started.turn.in_line = False
        started.task.cancel()
        self._store.change_job(started.turn.job.id, attempts=started.turn.job.attempts)

    def _has_room(self, job: Job) -> bool:
        """For the job that is next."""
        turns = [one.turn for one in self._started.values()]
        if self._runner.devices is None:  # how many train there is the cluster's business
            return sum(turn.in_line for turn in turns) < self._settings.ray_waiting
        return self._needs(job) <= self._runner.devices - sum(self._needs(turn.job) for turn in turns)

    def _needs(self, job: Job) -> int:
        """As many devices as it asked for, of those that there still are."""
        return min(job.devices, self._runner.devices or job.devices)

    def _give_turn(self, job: Job) -> None:
        turn = Turn(job, in_line=self._runner.devices is None and job.status == "queued")
        task = asyncio.create_task(self._take(turn))
        task.add_done_callback(lambda _: self._changed.set())
        self._started[job.id] = _Started(turn, task)

    async def _take(self, turn: Turn) -> None:
        try:
            with traces.span("train", parent=turn.job.traceparent, base=turn.job.base, method=turn.job.method):
                await self._turns.take(turn)
        except Exception as error:
            if trouble(error) not in (None, "full"):  # it waits with the whole queue, and has its turn again
                raise
            logger.exception("job %s", turn.job.id)
            await self._fail(turn.job, error)

    async def _fail(self, job: Job, error: Exception) -> None:
        """Fail a job for what went wrong in this process; on a full disk, as soon as that can be written down."""
        code, message = "server_error", f"The trainer made a mistake ({type(error).__name__})."
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            code, message = (
                "disk_full",
                f"The disk is full ({error.filename}): training could not begin. Make room and start the job again.",
            )
        elif trouble(error):
            code, message = (
                "disk_full",
                f"The trainer's database could not be written ({error}). Make room on the disk.",
            )
        self._leftovers.make_room(job)

        def write() -> None:
            if self._store.status(job.id) != "cancelled":  # while it waited
                self._journal.failed(job.id, code, message)

        await self._loops.until_written(write)

    async def _yield_to_chat(self) -> None:
        """Hold training between two steps while somebody chats."""
        while True:
            await self._activity.busy.wait()
            self._send_to_all(Hold())
            await self._activity.idle.wait()
            self._send_to_all(Go())

    def _send_to_all(self, command: Command) -> None:
        for started in self._started.values():
            started.turn.send(command)

    def _recover(self) -> None:
        for job in self._store.jobs_with_status("running"):
            # Messages of a run from the time without a server are read in its turn, whether it still lives or not.
            if self._runner.find(self._settings.states / job.id) is None:
                self._turns.interrupted(job.id)
        if self._runner.devices is None:
            for job in self._store.jobs_with_status("queued"):
                if self._runner.find(self._settings.states / job.id) is not None:  # it was handed over
                    self._give_turn(job)
        self._store.end_turns_of_resting_jobs(time.time())
        for job in self._leftovers.ended_jobs():
            self._spawn(self._end(job))
        for job in self._store.jobs_with_status("validating_files"):
            self._spawn(self._checks.check(job))

    async def _end(self, job: Job) -> None:
        """Remove what a job leaves behind that was ended before its turn, a run of an earlier server included."""
        run = self._runner.find(self._settings.states / job.id)
        if run is not None:
            await run.kill()
        self._leftovers.tidy(job)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            error = task.exception()
            if error is not None:
                logger.error("a task of the supervisor ended with an error", exc_info=error)

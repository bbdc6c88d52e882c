"""One turn of a job: its run is started, or found again, and heard until it ends."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from trainer.activity import ChatActivity
from trainer.jobs.journal import Journal
from trainer.jobs.pace import Stopwatch
from trainer.jobs.plans import Plans
from trainer.loops import Loops
from trainer.objects import Job
from trainer.settings import Settings
from trainer.store import Store
from trainer.training.messages import (
    Baseline,
    Command,
    Done,
    Failed,
    Go,
    Hold,
    Measured,
    NeedsDevices,
    OutOfLine,
    Report,
    Saved,
    Started,
    Stopped,
    Told,
)
from trainer.training.runners.interface import Run, Runner
from trainer.workers import died_how

# A job that was cut off this often without having got further is not tried again.
_MOST_ATTEMPTS = 3


@dataclass
class Turn:
    """A job's turn: `last_step` is the last one reported before it, `saved` the step of its last saved state, `ended`
    whether its run reported how it ended; `stopwatch` is there where the run was seen to begin. `in_line`: on a cluster
    it waits for room, and nobody goes past it; `begun`: it has its devices, for which it is charged."""

    job: Job
    run: Run | None = None
    last_step: int = 0
    saved: int | None = None
    ended: bool = False
    stopwatch: Stopwatch | None = None
    in_line: bool = False
    begun: bool = False

    def send(self, command: Command) -> None:
        if self.run is not None:
            self.run.send(command)


class Turns:
    """Takes jobs through their turns; any number at once."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        journal: Journal,
        runner: Runner,
        plans: Plans,
        activity: ChatActivity,
        loops: Loops,
        *,
        warm_chat: Callable[[str], None],
        before_training: Callable[[], Awaitable[None]] | None,
        next_in_line: Callable[[], None],
    ) -> None:
        """`next_in_line` is called when a job leaves the line."""
        self._settings = settings
        self._store = store
        self._journal = journal
        self._runner = runner
        self._plans = plans
        self._activity = activity
        self._loops = loops
        self._warm_chat = warm_chat
        self._before_training = before_training
        self._next_in_line = next_in_line
        self.stopping = False
        """Runs go on when their turns are cancelled: the server stops."""

    async def take(self, turn: Turn) -> None:
        """Afterwards the job has ended, is paused, or has another turn."""
        job = turn.job
        folder = self._settings.states / job.id
        run = self._runner.find(folder)
        if run is None and job.status == "running":  # its end could not be written down
            self.interrupted(job.id)
            return
        turn.begun = job.status == "running"
        turn.last_step = max((data["step"] for data in self._store.metrics(job.id)), default=0)
        if run is None:
            run = await self._begin(job, folder)
            turn.stopwatch = Stopwatch()
        if run is None:
            return
        turn.run = run
        try:
            if not turn.in_line:
                self._begun(turn)
            run.send(Hold() if self._activity.busy.is_set() else Go())
            async for report in run.messages():
                if turn.stopwatch is not None:
                    if not turn.begun:
                        turn.stopwatch = Stopwatch()  # what it waited on a cluster is no part of a training
                    turn.stopwatch.hear(report)
                # A full disk fails the job, whose files make room; other trouble passes.
                await self._loops.until_written(partial(self._record, turn, report), but=("full",))
            code = await run.wait()
        finally:
            turn.run = None
            if not self.stopping:
                await run.kill()
                run.close()
                self._store.end_turn(job.id, time.time())
        if not turn.ended and self._store.status(job.id) in ("queued", "running"):
            self._cut_off(turn, code)

    def _leave_line(self, turn: Turn, report: Report) -> None:
        if not isinstance(report, OutOfLine | Started):
            return
        if turn.in_line:
            turn.in_line = False
            self._next_in_line()
        if isinstance(report, Started) or report.placed:
            self._begun(turn)

    def _begun(self, turn: Turn) -> None:
        """It has its devices."""
        if not turn.begun:
            self._store.begin_turn(turn.job, time.time())
            turn.begun = True

    def interrupted(self, id: str) -> None:
        """A running job was cut off, with its server or elsewhere: it has another turn, unless that never helps."""
        job = self._store.job(id)
        if job is not None and job.attempts >= _MOST_ATTEMPTS:
            self._journal.failed(
                id,
                "interrupted",
                f"Training began {job.attempts} times and each time it was cut off before it had saved anything. If "
                "the machine runs out of memory, use a smaller batch_size or a smaller base model.",
            )
        else:
            self._journal.requeue(id, "The training was cut off; this job goes on where it was saved")

    async def _begin(self, job: Job, folder: Path) -> Run | None:
        """A run of the job; None where the job had to be failed, or is paused by now."""
        plan = await self._plans.plan(job)
        if plan is None:
            return None
        if self._before_training is not None:
            await self._before_training()
        await self._runner.ready()
        if self._store.status(job.id) != "queued":
            return None
        self._store.change_job(job.id, attempts=job.attempts + 1)
        return await self._runner.start(plan, folder)

    def _cut_off(self, turn: Turn, code: int | None) -> None:
        """Its process ended without a word."""
        id = turn.job.id
        if turn.saved is not None:
            self._journal.requeue(
                id, f"The training process stopped: {died_how(code)}. The job goes on from step {turn.saved}"
            )
        elif code is None:
            self.interrupted(id)
        else:
            self._journal.failed(
                id,
                "worker_died",
                f"The training process stopped without a word: {died_how(code)}. Start the job again; if it was "
                "memory, with a smaller batch_size or shorter examples.",
            )

    def _record(self, turn: Turn, report: Report) -> None:
        job = turn.job
        self._leave_line(turn, report)
        match report:
            case Started():
                if self._store.status(job.id) == "queued":  # not if it was paused since
                    self._journal.started(job.id, report)
            case NeedsDevices(devices):
                turn.ended = True
                if job.devices != devices:  # or it was written down before a restart
                    self._journal.needs_devices(job.id, devices)
            case Baseline(metrics):
                self._journal.baseline(job.id, metrics)
            case Measured():
                # Steps that are made again after an interruption were reported before.
                if report.step > turn.last_step:
                    self._journal.measured(job.id, report)
            case Saved(step):
                turn.saved = step
                self._store.change_job(job.id, attempts=0)
            case Told(message):
                self._journal.say(job.id, message, level="warn")
            case Stopped(snapshot):
                turn.ended = True
                if snapshot is not None:
                    self._journal.paused_with_snapshot(job, snapshot)
                elif self._store.status(job.id) == "running":  # it stopped because its server did
                    self.interrupted(job.id)
            case Failed(code, message, param):
                turn.ended = True
                self._journal.failed(job.id, code, message, param)
            case Done(checkpoints, trained_tokens, best):
                turn.ended = True
                # A pause that came after the last step has nothing to hold up.
                model = self._journal.succeeded(job, checkpoints, trained_tokens, best)
                # What is told beforehand is about one device.
                pace = turn.stopwatch.pace(job.base, job.method) if turn.stopwatch and job.devices == 1 else None
                if pace is not None:
                    self._store.add_pace(pace)
                # People ask a new model at once. Not earlier: it would slow the last steps.
                self._warm_chat(model.id)

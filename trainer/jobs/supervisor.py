"""Takes jobs through their life: checks files, keeps the queue, trains one job at a time, survives its workers.

A training goes on while the server is restarted; one that is cut off (its worker killed, the machine off, the job
paused) goes on from its last saved state.

Everything here runs on the server's event loop; between two awaits nothing else changes a job.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from trainer.activity import ChatActivity
from trainer.catalogue import Catalogue
from trainer.errors import ModelUnavailable, TrainingFailed
from trainer.jobs.journal import Journal
from trainer.jobs.pace import Stopwatch
from trainer.jobs.validation import Checked, Files
from trainer.loops import Loops
from trainer.objects import Job
from trainer.settings import Settings
from trainer.store import Store, trouble
from trainer.training.messages import (
    Baseline,
    Done,
    Failed,
    Go,
    Hold,
    Leave,
    Measured,
    Pause,
    Report,
    Saved,
    Started,
    Stopped,
)
from trainer.training.plan import Plan, Reinforcement, requested_rank
from trainer.training.runners.interface import Run, Runner
from trainer.workers import Worker, died_how

logger = logging.getLogger(__name__)

# A job that was cut off this often without having got further is not tried again.
_MOST_ATTEMPTS = 3


@dataclass
class _Attempt:
    """One attempt at training a job: the last step reported before it, the step of its last saved state, whether its
    run reported how it ended, and how long it takes, where it was seen to begin."""

    job: Job
    last_step: int
    saved: int | None = None
    ended: bool = False
    stopwatch: Stopwatch | None = None


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
        self._catalogue = catalogue
        self._runner = runner
        self._activity = activity
        self._loops = loops
        self._warm_chat = warm_chat
        self._before_training = before_training
        self._journal = Journal(store, settings.uploads, settings.org)
        self._queue_changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._checks = asyncio.Semaphore(1)
        self._current: str | None = None
        self._training: asyncio.Task[None] | None = None
        self._run: Run | None = None
        self._stopping = False

    async def start(self) -> None:
        """Pick up what an earlier server left, then begin to work."""
        for folder in (self._settings.uploads, self._settings.models, self._settings.states):
            folder.mkdir(parents=True, exist_ok=True)
        self._settings.states.chmod(0o700)
        self._recover()
        self._tasks.add(self._loops.start("training", self._work))
        self._tasks.add(self._loops.start("giving way to chats", self._yield_to_chat))

    async def stop(self) -> None:
        """End all workers; one that trains saves its state after the step at hand and ends by itself. Jobs stay as they
        are in the store and go on after the next start."""
        self._stopping = True
        if self._run is not None:
            self._run.send(Leave())
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.stop()

    def submit(self, job: Job) -> None:
        self._journal.created(job)
        self._spawn(self._validate(job))
        self.expect_job()

    def cancel(self, job: Job) -> Job:
        """End a job that has not finished; at once, whatever it is doing."""
        cancelled = self._journal.cancelled(job.id)
        if self._current == job.id and self._training is not None:
            self._training.cancel()
        else:
            self._spawn(self._end(job))
        return cancelled

    def pause(self, job: Job) -> Job:
        """Pause a job that waits or trains, at once; its worker saves its state and ends after the present step."""
        paused = self._journal.paused(job.id)
        if self._current == job.id and self._run is not None:
            self._run.send(Pause())
        return paused

    def resume(self, job: Job) -> Job:
        """Put a paused job back into the queue."""
        resumed = self._journal.resumed(job.id)
        self._queue_changed.set()
        self.expect_job()
        return resumed

    def expect_job(self) -> None:
        """A job is likely soon: load what it needs now, which takes some seconds."""
        self._runner.prepare()

    async def _yield_to_chat(self) -> None:
        """Hold training between two steps while somebody chats."""
        while True:
            await self._activity.busy.wait()
            if self._run is not None:
                self._run.send(Hold())
            await self._activity.idle.wait()
            if self._run is not None:
                self._run.send(Go())

    def _recover(self) -> None:
        for job in self._store.jobs_with_status("running"):
            # Messages of a run from the time without a server are read in `_train`, whether it still lives or not.
            if self._runner.find(self._settings.states / job.id) is None:
                self._interrupted(job.id)
        for folder in self._settings.states.iterdir():
            left = self._store.job(folder.name)
            if left is not None and left.finished:  # the server was cut off between the end and the tidying
                self._spawn(self._end(left))
        for folder in self._settings.models.iterdir():
            left = self._store.job(folder.name)
            if left is None or left.finished:
                with contextlib.suppress(OSError):  # not empty
                    folder.rmdir()
        for job in self._store.jobs_with_status("validating_files"):
            self._spawn(self._validate(job))

    # Checking files

    async def _validate(self, job: Job) -> None:
        """Whatever happens, the job does not stay unchecked."""
        for pause in self._loops.pauses():
            try:
                await self._check_files(job)
                return
            except Exception as error:
                logger.exception("the files of job %s could not be checked", job.id)
                if not trouble(error):
                    await self._fail(job, error)
                    return
            await asyncio.sleep(pause)

    async def _check_files(self, job: Job) -> None:
        files = Files(
            model=job.base,
            method=job.method,
            training_file=str(self._settings.uploads / job.training_file),
            validation_file=str(self._settings.uploads / job.validation_file) if job.validation_file else None,
        )
        async with self._checks:
            if self._status(job.id) != "validating_files":
                return
            worker = await Worker.start(
                "trainer.jobs.validation",
                log=self._settings.logs / "validation.log",
                arguments=(msgspec.json.encode(files).decode(),),
            )
            try:
                checked = await worker.last_message(Checked)
                code = await worker.wait()
            finally:
                await worker.kill()
        if self._status(job.id) != "validating_files":
            return
        if checked is None:
            self._journal.failed(
                job.id,
                "validation_failed",
                f"The files could not be checked: the checking process broke off; {died_how(code)}. The trainer's log "
                "(validation.log) has more.",
            )
        elif checked.problem is not None:
            problem = checked.problem
            self._journal.failed(job.id, problem.code, problem.message, problem.param)
        else:
            self._journal.validated(job.id, checked.lineage)
            self._queue_changed.set()

    # Training

    async def _work(self) -> None:
        while True:
            self._queue_changed.clear()
            # One that runs already was left by an earlier server.
            waiting = self._store.jobs_with_status("running") or self._store.jobs_with_status("queued")
            if not waiting:
                await self._queue_changed.wait()
                continue
            job = waiting[0]
            self._current = job.id
            self._training = asyncio.create_task(self._train(job))
            try:
                await asyncio.shield(self._training)
            except asyncio.CancelledError:
                if not self._training.cancelled():  # the server stops
                    self._training.cancel()
                    await asyncio.gather(self._training, return_exceptions=True)
                    raise
            except Exception as error:
                if trouble(error) not in (None, "full"):  # it waits with the whole queue, and has its turn again
                    raise
                logger.exception("job %s", job.id)
                await self._fail(job, error)
            finally:
                self._current = self._training = None
            self._tidy(job)

    async def _fail(self, job: Job, error: Exception) -> None:
        """Fail a job for what went wrong in this process; on a full disk, as soon as that can be written down."""
        code, message = "server_error", f"The trainer made a mistake ({type(error).__name__})."
        if trouble(error):
            code, message = (
                "disk_full",
                f"The trainer's database could not be written ({error}). Make room on the disk.",
            )
        # The weights and states of this job are what can be spared.
        for folder in (self._settings.models, self._settings.states):
            shutil.rmtree(folder / job.id, ignore_errors=True)

        def write() -> None:
            if self._status(job.id) != "cancelled":  # while it waited
                self._journal.failed(job.id, code, message)

        await self._loops.until_written(write)

    def _tidy(self, job: Job) -> None:
        """Remove what an ended job leaves behind, snapshots that answer as models aside."""
        status = self._status(job.id)
        if status in ("succeeded", "failed", "cancelled"):
            shutil.rmtree(self._settings.states / job.id, ignore_errors=True)
        if status in ("failed", "cancelled"):
            named = {model.folder for model in self._store.models()}
            folder = self._settings.models / job.id
            for child in folder.glob("*"):
                if f"{job.id}/{child.name}" not in named:
                    shutil.rmtree(child, ignore_errors=True)
            with contextlib.suppress(OSError):  # not empty, or not there
                folder.rmdir()

    async def _train(self, job: Job) -> None:
        folder = self._settings.states / job.id
        run = self._runner.find(folder)
        if run is None and job.status == "running":  # its end could not be written down
            self._interrupted(job.id)
            return
        attempt = _Attempt(job, last_step=max((data["step"] for data in self._store.metrics(job.id)), default=0))
        if run is None:
            run = await self._begin(job, folder)
            attempt.stopwatch = Stopwatch()
        if run is None:
            return
        self._run = run
        try:
            run.send(Hold() if self._activity.busy.is_set() else Go())
            async for report in run.messages():
                if attempt.stopwatch is not None:
                    attempt.stopwatch.hear(report)
                # A full disk fails the job, whose files make room; other trouble passes.
                await self._loops.until_written(partial(self._record, attempt, report), but=("full",))
            code = await run.wait()
        finally:
            self._run = None
            if not self._stopping:
                await run.kill()
                run.close()
        if attempt.ended or self._status(job.id) not in ("queued", "running"):
            return
        if attempt.saved is not None:
            self._journal.requeue(
                job.id,
                f"The training process stopped: {died_how(code)}. The job goes on from step {attempt.saved}",
            )
            return
        if code is None:
            self._interrupted(job.id)
            return
        self._journal.failed(
            job.id,
            "worker_died",
            f"The training process stopped without a word: {died_how(code)}. Start the job again; if it was "
            "memory, with a smaller batch_size or shorter examples.",
        )

    async def _begin(self, job: Job, folder: Path) -> Run | None:
        """A run of the job; None where the job had to be failed, or is paused by now."""
        plan = await self._plan(job)
        if plan is None:
            return None
        if self._before_training is not None:
            await self._before_training()
        await self._runner.ready()
        if self._status(job.id) != "queued":
            return None
        self._store.change_job(job.id, attempts=job.attempts + 1)
        return await self._runner.start(plan, folder)

    def _interrupted(self, id: str) -> None:
        """A running job was cut off together with its server: it has another turn, unless that never helps."""
        job = self._store.job(id)
        if job is not None and job.attempts >= _MOST_ATTEMPTS:
            self._journal.failed(
                id,
                "interrupted",
                f"Training began {job.attempts} times and each time the whole trainer was cut off. If the machine "
                "runs out of memory, use a smaller batch_size or a smaller base model.",
            )
        else:
            self._journal.requeue(id, "The trainer was restarted; this job goes on where it was saved")

    async def _end(self, job: Job) -> None:
        """Remove what a job leaves behind that was ended before its turn, a run of an earlier server included."""
        run = self._runner.find(self._settings.states / job.id)
        if run is not None:
            await run.kill()
        self._tidy(job)

    def _record(self, attempt: _Attempt, report: Report) -> None:
        job = attempt.job
        match report:
            case Started():
                if self._status(job.id) == "queued":  # not if it was paused since
                    self._journal.started(job.id, report)
            case Baseline(metrics):
                self._journal.baseline(job.id, metrics)
            case Measured():
                # Steps that are made again after an interruption were reported before.
                if report.step > attempt.last_step:
                    self._journal.measured(job.id, report)
            case Saved(step):
                attempt.saved = step
                self._store.change_job(job.id, attempts=0)
            case Stopped(snapshot):
                attempt.ended = True
                if snapshot is not None:
                    self._journal.paused_with_snapshot(job, snapshot)
                elif self._status(job.id) == "running":  # it stopped because its server did
                    self._interrupted(job.id)
            case Failed(code, message, param):
                attempt.ended = True
                self._journal.failed(job.id, code, message, param)
            case Done(checkpoints, trained_tokens, best):
                attempt.ended = True
                # A pause that came after the last step has nothing to hold up.
                model = self._journal.succeeded(job, checkpoints, trained_tokens, best)
                pace = attempt.stopwatch.pace(job.base, job.method) if attempt.stopwatch else None
                if pace is not None:
                    self._store.add_pace(pace)
                # People ask a new model at once. Not earlier: it would slow the last steps.
                self._warm_chat(model.id)

    async def _plan(self, job: Job) -> Plan | None:
        """What to tell the worker; None if the job had to be failed."""
        found = self._catalogue.find(job.model)
        if found is None:
            self._journal.failed(
                job.id, "model_not_found", f"The model {job.model} was deleted before training began.", "model"
            )
            return None
        for param, file in (("training_file", job.training_file), ("validation_file", job.validation_file)):
            if file and not (self._settings.uploads / file).is_file():
                what = param.replace("_", " ")
                self._journal.failed(
                    job.id,
                    "file_deleted",
                    f"The {what} was deleted before training began. Upload it again and start a new job.",
                    param,
                )
                return None
        base = found.base
        try:
            # What is whole already is trained whole: an adapter would lie over weights that are not the base's.
            rank = 0 if found.whole else requested_rank(job.metadata, base.lora_rank)
        except TrainingFailed as failure:
            self._journal.failed(job.id, failure.code, str(failure), failure.param)
            return None
        if self._catalogue.fetched(base) is None:
            self._journal.say(job.id, f"Fetching the base model {base.id}, which is not on this machine yet")
        try:
            weights = found.whole or await self._catalogue.weights(base)
        except ModelUnavailable as error:
            self._journal.failed(job.id, "model_unavailable", str(error), "model")
            return None
        return Plan(
            job_id=job.id,
            base=base.id,
            weights=str(weights),
            chat_template=base.template(),
            context_length=base.context_length,
            learning_rate=base.learning_rate,
            lora_rank=rank,
            # The ratio is what decides how strongly an adapter acts.
            lora_alpha=round(rank * base.lora_alpha / base.lora_rank) if base.lora_rank else 2 * rank,
            training_file=str(self._settings.uploads / job.training_file),
            validation_file=str(self._settings.uploads / job.validation_file) if job.validation_file else None,
            output=str(self._settings.models / job.id),
            state=str(self._settings.states / job.id),
            seed=job.seed,
            method=job.method,
            adapter=str(found.adapter) if found.adapter else None,
            n_epochs=job.n_epochs,
            batch_size=job.batch_size,
            learning_rate_multiplier=job.learning_rate_multiplier,
            beta=job.beta,
            reinforcement=msgspec.convert(job.reinforcement, Reinforcement | None),
            save_seconds=self._settings.save_seconds,
            metadata=job.metadata or {},
        )

    def _status(self, id: str) -> str | None:
        job = self._store.job(id)
        return job.status if job else None

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

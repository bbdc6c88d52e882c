"""Sees to it that each job that asks for it is reported to Weights & Biases, whatever is killed on the way.

A job is reported by a process of its own from its first measurement on. Where that process breaks off, or the server
does, another begins with all measurements: a run has each step once, so nothing is told twice.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
from functools import partial
from typing import Any

import msgspec

from trainer.jobs.journal import Journal
from trainer.loops import Loops
from trainer.objects import Job
from trainer.settings import Settings
from trainer.store import Store
from trainer.tracking.messages import Begun, Finish, Finished, Measurements, Run, Said
from trainer.workers import Worker

logger = logging.getLogger(__name__)

_LOOK = 2.0  # seconds between two looks at a job's measurements
_AGAIN = (10.0, 60.0, 600.0, 3600.0)  # seconds until what broke off is tried again; then not before the next start
_GIVEN_UP = (
    "This job could not be reported to Weights & Biases; the trainer's log (tracking.log) has more. It is tried again "
    "at the trainer's next start"
)
# To connect, and to send the rest once the job has ended.
_PATIENCE = 300.0


def unusable(settings: Settings) -> str | None:
    """Why jobs cannot be reported here, as a sentence for whoever asked; None where they can."""
    if importlib.util.find_spec("wandb") is None:
        return 'Weights & Biases is not installed here: pip install -e ".[tracking]".'
    if settings.wandb_key is None and os.environ.get("WANDB_MODE") != "offline":
        return "No API key for Weights & Biases is configured here. Set WANDB_API_KEY for the trainer."
    return None


class Tracker:
    def __init__(self, settings: Settings, store: Store, loops: Loops) -> None:
        self._settings = settings
        self._store = store
        self._loops = loops
        self._journal = Journal(store, settings.uploads, settings.org)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Go on with what an earlier server left."""
        for job in self._store.untracked_jobs():
            self.track(job)

    def track(self, job: Job) -> None:
        """Report this job, if it asks for it."""
        if job.integrations and unusable(self._settings) is None:
            task = asyncio.create_task(self._keep_reporting(job.id))
            self._tasks[job.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_reporting(self, id: str) -> None:
        for wait in (*_AGAIN, None):
            try:
                while not await self._report(id):
                    pass
                await self._loops.until_written(partial(self._store.change_job, id, tracked=True))
                return
            except (_BrokenOff, OSError) as error:  # OSError: no process could be begun
                logger.warning("job %s: reporting to Weights & Biases broke off: %s", id, str(error) or "it ended")
            except Exception:
                logger.exception("job %s: reporting to Weights & Biases broke off", id)
            if wait is not None:
                await asyncio.sleep(wait)
        await self._loops.until_written(partial(self._journal.say, id, _GIVEN_UP, level="warn"))

    async def _report(self, id: str) -> bool:
        """Until the job is paused, or has ended (which is the answer), and all is there. _BrokenOff where the process
        ended or hung before."""
        job = self._job(id)
        while not job.finished and (job.status == "paused" or not self._store.metrics(id)):
            await asyncio.sleep(_LOOK)
            job = self._job(id)
        key = {"WANDB_API_KEY": self._settings.wandb_key} if self._settings.wandb_key else {}
        worker = await Worker.start(
            "trainer.tracking.worker",
            log=self._settings.logs / "tracking.log",
            arguments=(msgspec.json.encode(self._run(job)).decode(),),
            environment={"WANDB_ERROR_REPORTING": "false", **key},
            online=True,
            background=True,
        )
        try:
            said = worker.messages(Said)
            begun = await _next(said)
            if isinstance(begun, Begun) and begun.url and not self._told(id, begun.url):
                self._journal.say(id, f"Weights & Biases run: {begun.url}")
            ended = await self._feed(id, worker)
            if not isinstance(await _next(said), Finished):
                raise _BrokenOff
            return ended
        finally:
            await worker.kill()

    async def _feed(self, id: str, worker: Worker) -> bool:
        sent = -1
        while True:
            job = self._job(id)  # before its measurements, so that none comes later
            news = [step for step in self._store.metrics(id) if step["step"] > sent]
            if news:
                sent = news[-1]["step"]
                await worker.send(Measurements([_figures(step) for step in news]))
            if job.finished or job.status == "paused":
                await worker.send(Finish(_summary(job), failed=job.status in ("failed", "cancelled")))
                return job.finished
            if not worker.alive:
                raise _BrokenOff
            await asyncio.sleep(_LOOK)

    def _job(self, id: str) -> Job:
        job = self._store.job(id)
        assert job is not None  # jobs are never deleted
        return job

    def _told(self, id: str, url: str) -> bool:
        events, _ = self._store.events(id, after=None, limit=1000)
        return any(url in event.message for event in events)

    def _run(self, job: Job) -> Run:
        wanted: dict[str, Any] = (job.integrations or [{}])[0].get("wandb") or {}
        return Run(
            id=job.id,
            project=wanted["project"],
            name=wanted.get("name") or job.id,
            entity=wanted.get("entity"),
            # The service's own.
            tags=["openai/finetune", f"openai/{job.base}", f"openai/{job.id}", *(wanted.get("tags") or [])],
            folder=str(self._settings.data / "wandb"),
            config={
                "model": job.model,
                "base_model": job.base,
                "method": job.method,
                "training_file": job.training_file,
                "validation_file": job.validation_file,
                "seed": job.seed,
                "n_epochs": job.n_epochs,
                "batch_size": job.batch_size,
                "learning_rate_multiplier": job.learning_rate_multiplier,
                "metadata": job.metadata,
                "lineage": job.lineage,
            },
        )


class _BrokenOff(Exception):
    pass


async def _next(said: Any) -> Any:
    try:
        return await asyncio.wait_for(anext(said, None), _PATIENCE)
    except TimeoutError:
        raise _BrokenOff from None


def _figures(measured: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in measured.items() if isinstance(value, int | float)}


def _summary(job: Job) -> dict[str, Any]:
    return {"status": job.status, "fine_tuned_model": job.fine_tuned_model, "trained_tokens": job.trained_tokens}

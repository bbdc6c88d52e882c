"""Has the files of new jobs checked, one job at a time, each in a process of its own (`validation`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from trainer.jobs.journal import Journal
from trainer.jobs.validation import Checked, Files
from trainer.loops import Loops
from trainer.objects import Job
from trainer.settings import Settings
from trainer.store import Store
from trainer.store.rows import trouble
from trainer.workers import Worker, died_how

logger = logging.getLogger(__name__)


class FileChecks:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        journal: Journal,
        loops: Loops,
        *,
        fail: Callable[[Job, Exception], Awaitable[None]],
        checked: Callable[[Job], None],
    ) -> None:
        """`checked` is called when a job has joined the queue, `fail` for a job whose check met a bug."""
        self._settings = settings
        self._store = store
        self._journal = journal
        self._loops = loops
        self._fail = fail
        self._checked = checked
        self._one_at_a_time = asyncio.Semaphore(1)

    async def check(self, job: Job) -> None:
        """Whatever happens, the job does not stay unchecked."""
        for pause in self._loops.pauses():
            try:
                await self._check(job)
                return
            except Exception as error:
                logger.exception("the files of job %s could not be checked", job.id)
                if not trouble(error):
                    await self._fail(job, error)
                    return
            await asyncio.sleep(pause)

    async def _check(self, job: Job) -> None:
        files = Files(
            model=job.base,
            method=job.method,
            training_file=str(self._settings.uploads / job.training_file),
            validation_file=str(self._settings.uploads / job.validation_file) if job.validation_file else None,
        )
        async with self._one_at_a_time:
            if self._store.status(job.id) != "validating_files":
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
        if self._store.status(job.id) != "validating_files":
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
            self._checked(job)

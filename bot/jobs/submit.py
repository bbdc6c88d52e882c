"""Submitting a job: the intent is stored before anything that costs money, and nothing is created twice.

A creation whose answer was lost is looked up, several times over a minute. If nobody can know whether the
provider took the job, it becomes *uncertain* and a person decides.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.advance import advance, ending, notice
from bot.jobs.interfaces import Change, JobStore
from bot.jobs.job import Job, JobError
from bot.notices.notice import Text, Uncertain
from bot.providers.interface import (
    Doubtful,
    JobOrder,
    Provider,
    ProviderError,
    RateLimited,
    Refused,
    RemoteJob,
    Unreachable,
)

log = structlog.get_logger()

Locate = Callable[[str], Awaitable[tuple[Path, str]]]
"""From a data set's id to (path of our copy, SHA-256). Raises NotFound where the copy was deleted."""


class Submitter:
    """Carries jobs from `submitting` to the provider; one task for each, all found again after a crash."""

    def __init__(
        self,
        jobs: JobStore,
        provider: Provider,
        locate: Locate,
        *,
        notices_channel: str | None = None,
        look_again_after: Sequence[float] = (1, 3, 6, 10, 15, 25),
        retry_after: Sequence[float] = (2, 5, 15, 30, 60),
        give_up_after: float = 3600,
    ) -> None:
        self._jobs = jobs
        self._provider = provider
        self._locate = locate
        self._notices_channel = notices_channel
        self._look_again_after = look_again_after
        self._retry_after = retry_after
        self._give_up_after = give_up_after
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._uploads: dict[str, asyncio.Lock] = {}

    async def submit(self, job: Job) -> Job:
        """Store the intent and set to work. A job with this id already there is returned as it is.

        Raises Conflict where the same data is being trained with the same settings right now.
        """
        twin = await self._jobs.twin(job)
        if twin is not None and twin.id != job.id:
            raise Conflict(
                f"The same file is already being trained on {job.base_model} with these settings "
                f"(job {twin.id}). Wait for it, cancel it, or change a setting."
            )
        if job.seed is None:
            # Always sent: it is one of the marks by which a job is found again.
            job = msgspec.structs.replace(job, seed=random.randint(0, 2**31 - 1))
        if await self._jobs.insert(job):
            self._start(job.id)
            return job
        return await self._jobs.get(job.id) or job

    async def recover(self) -> None:
        """After a start: go on with every submission that was under way."""
        for job in await self._jobs.in_states([states.SUBMITTING]):
            self._start(job.id)

    async def submit_again(self, job_id: str) -> None:
        """A person has decided that an uncertain job was not created. Raises Conflict, NotFound."""
        job = await self._uncertain(job_id)
        again = msgspec.structs.replace(job, state=states.SUBMITTING, create_attempted_at=None)
        if not await self._jobs.apply(Change(again)):
            raise Conflict("This job has moved on in the meantime; look at its card.")
        self._start(job_id)

    async def adopt(self, job_id: str) -> None:
        """A person believes that an uncertain job was created: look for it once more, and take it over.

        Raises NotFound where the provider does not list such a job.
        """
        job = await self._uncertain(job_id)
        remote = await self._provider.find_job(_order(job))
        if remote is None:
            raise NotFound(
                f"{self._provider.name} lists no job that fits this one. If you see it in the provider's own "
                "pages, use `/finetune follow` with its id; otherwise press *Submit again*."
            )
        await self._take_over(job, remote)

    async def close(self) -> None:
        """Stop the tasks; `recover` goes on with them next time."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def settled(self) -> None:
        """Wait until no submission is under way (for tests and a clean shutdown)."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))
            await asyncio.sleep(0)

    def _start(self, job_id: str) -> None:
        task = asyncio.create_task(self._run(job_id), name=f"submit {job_id}")
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job_id, None))

    async def _run(self, job_id: str) -> None:
        try:
            job = await self._jobs.get(job_id)
            if job is not None and job.state == states.SUBMITTING:
                await self._carry(job)
        except Exception:
            # The job stays `submitting`, and the next start goes on with it.
            log.exception("submission stopped", job=job_id)

    async def _carry(self, job: Job) -> None:
        try:
            if job.create_attempted_at is not None:
                await self._settle(job)
                return
            began = time.time()
            for attempt in range(1_000):
                try:
                    job = await self._with_files(job)
                    await self._create(job)
                    return
                except (Unreachable, RateLimited, Doubtful) as error:
                    # Doubtful here is an upload: a doubt about `create` is settled where it arises.
                    if time.time() - began > self._give_up_after:
                        await self._fail(job, error.as_job_error())
                        return
                    await self._say_once_that_we_wait(job)
                    pause = self._retry_after[min(attempt, len(self._retry_after) - 1)]
                    await asyncio.sleep(max(pause, getattr(error, "retry_after", 0)))
                    current = await self._jobs.get(job.id)
                    if current is None or current.state != states.SUBMITTING:
                        return
        except Refused as error:
            await self._fail(job, error.as_job_error())
        except NotFound as error:
            await self._fail(job, JobError("file_deleted", str(error)))

    async def _with_files(self, job: Job) -> Job:
        training, validation = job.training_file, job.validation_file
        if training is None and job.dataset_id:
            training = await self._uploaded(job.dataset_id)
        if validation is None and job.validation_dataset_id:
            validation = await self._uploaded(job.validation_dataset_id)
        if (training, validation) != (job.training_file, job.validation_file):
            job = msgspec.structs.replace(job, training_file=training, validation_file=validation)
            await self._jobs.apply(Change(job))
        return job

    async def _uploaded(self, dataset_id: str) -> str:
        """The provider's id of a data set, uploaded at most once for each content."""
        path, sha256 = await self._locate(dataset_id)
        async with self._uploads.setdefault(sha256, asyncio.Lock()):
            known = await self._jobs.provider_file(self._provider.name, sha256)
            if known and await self._provider.has_file(known):
                return known
            name = f"{sha256}.jsonl"
            # Known by its name: an upload whose answer was lost is found again.
            file_id = await self._provider.find_upload(name) or await self._provider.upload(path, name)
            await self._jobs.set_provider_file(self._provider.name, sha256, file_id)
            return file_id

    async def _create(self, job: Job) -> None:
        job = msgspec.structs.replace(job, create_attempted_at=time.time())
        if not await self._jobs.apply(Change(job)):
            return
        try:
            remote = await self._provider.create_job(_order(job))
        except Doubtful as error:
            log.warning("creation in doubt", job=job.id, why=str(error))
            await self._settle(job)
        except (RateLimited, Unreachable):
            # Certainly not created, so the next attempt need not look it up.
            await self._jobs.apply(Change(msgspec.structs.replace(job, create_attempted_at=None)))
            raise
        else:
            await self._take_over(job, remote)

    async def _settle(self, job: Job) -> None:
        """Look for a job that may have been created; nothing is created here."""
        for pause in (0, *self._look_again_after):
            await asyncio.sleep(pause)
            try:
                remote = await self._provider.find_job(_order(job))
            except ProviderError as error:
                log.warning("look-up failed", job=job.id, why=str(error))
                continue
            if remote is not None:
                await self._take_over(job, remote)
                return
        uncertain = msgspec.structs.replace(job, state=states.UNCERTAIN)
        told = notice(uncertain, f"uncertain/{int(job.create_attempted_at or 0)}", Uncertain(uncertain))
        await self._jobs.apply(Change(uncertain, notices=[told]))

    async def _take_over(self, job: Job, remote: RemoteJob) -> None:
        change = advance(job, remote, now=time.time(), notices_channel=self._notices_channel)
        if not await self._jobs.apply(change):
            # Cancelled by a person while the provider was being asked: the wish is carried out there too.
            current = await self._jobs.get(job.id)
            if current is not None and current.state == states.CANCELLED:
                await self._provider.cancel(remote.id)

    async def _fail(self, job: Job, error: JobError) -> None:
        failed = msgspec.structs.replace(job, state=states.FAILED, error=error, finished_at=time.time())
        await self._jobs.apply(Change(failed, notices=ending(failed, self._notices_channel), followed=False))

    async def _say_once_that_we_wait(self, job: Job) -> None:
        sentence = f"{self._provider.name} does not take jobs at the moment. I keep trying for an hour."
        await self._jobs.apply(Change(job, notices=[notice(job, "waiting", Text(job, sentence))]))

    async def _uncertain(self, job_id: str) -> Job:
        job = await self._jobs.get(job_id)
        if job is None:
            raise NotFound("I know no such job.")
        if job.state != states.UNCERTAIN:
            raise Conflict("This job is not uncertain any more; look at its card.")
        return job


def _order(job: Job) -> JobOrder:
    assert job.training_file is not None
    assert job.seed is not None
    return JobOrder(
        submission=job.id,
        model=job.base_model,
        training_file=job.training_file,
        validation_file=job.validation_file,
        hyperparameters=job.hyperparameters,
        suffix=job.suffix,
        seed=job.seed,
        requested_at=job.create_attempted_at or job.created_at,
    )

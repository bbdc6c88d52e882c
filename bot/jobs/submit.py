"""Submitting a job: the intent is stored before anything that costs money, and nothing is created twice.

A creation whose answer was lost is looked up, several times over a minute. If nobody can know whether the
provider took the job, it becomes *uncertain* and a person decides.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog

from bot.backoff import Backoff
from bot.errors import BotError, Conflict, NotFound
from bot.jobs import states
from bot.jobs.admission import Rules, decide_admission, decide_together
from bot.jobs.apply_update import apply_update, ending, notice
from bot.jobs.create_request import create_request
from bot.jobs.interfaces import JobStore, JobUpdate, LedgerSnapshot
from bot.jobs.job import Job
from bot.jobs.notice import ProviderBusy, Uncertain
from bot.jobs.queue import requeued, waiting_notice
from bot.keyed_locks import KeyedLocks
from bot.providers.interface import (
    Doubtful,
    Provider,
    ProviderError,
    RateLimited,
    Refused,
    RemoteJob,
    TooManyJobs,
    Unreachable,
    upload_name,
)
from bot.providers.protocol import JobError
from bot.providers.registry import Providers, UnknownProvider
from bot.timing import Timing
from telemetry import traces

log = structlog.get_logger()

Locate = Callable[[str], Awaitable[tuple[Path, str]]]
"""From a data set's id to (path of our copy, SHA-256). Raises NotFound where the copy was deleted."""
Reading = Callable[[Path, str], AbstractAsyncContextManager[Path]]
"""From what Locate gives to a path at which the copy can be read within the block."""

StoreTogether = Callable[[Sequence[Job], Callable[[LedgerSnapshot], list[JobUpdate]]], Awaitable[Sequence[Job]]]
"""Stores jobs as the decision about them says, which may refuse; the jobs as stored, none where they are there."""


def _as_it_lies(path: Path, sha256: str) -> AbstractAsyncContextManager[Path]:
    return nullcontext(path)


class Submitter:
    """Carries jobs from `submitting` to the provider; one task for each, all found again after a crash.

    `submit` only stores, where another process `leads`, whose `run` finds that; `look_every`: how often it looks, in
    seconds. `require` raises where another may lead by now.
    """

    def __init__(
        self,
        jobs: JobStore,
        providers: Providers,
        locate: Locate,
        *,
        reading: Reading = _as_it_lies,
        rules: Rules = Rules(),
        notices_channel: str | None = None,
        retry: Backoff = Timing.submit,
        look_up: Backoff = Timing.look_up,
        give_up_after: float = 3600,
        leads: Callable[[], bool] = lambda: True,
        require: Callable[[], None] = lambda: None,
        look_every: float = 1.0,
    ) -> None:
        self._jobs = jobs
        self._providers = providers
        self._locate = locate
        self._reading = reading
        self._rules = rules
        self._notices_channel = notices_channel
        self._retry = retry
        self._look_up = look_up
        self._give_up_after = give_up_after
        self._look_every = look_every
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leads = leads
        self._require = require
        self._uploads = KeyedLocks()

    async def submit(self, job: Job) -> Job:
        """Store the intent and set to work, unless it must wait for approval or in line. A job with this id already
        there is returned as it is.

        Raises Conflict where the same data is being trained with the same settings right now; NotAdmitted where it is
        over a budget (OverBudget), or nobody could approve it: then nothing is stored.
        """
        job = _traced(job)
        admitted = await self._jobs.admit(job, partial(self._decide, job))
        if admitted is None:
            return await self._jobs.get(job.id) or job
        if admitted.state == states.SUBMITTING:
            self._start(job.id)
        return admitted

    async def submit_together(self, jobs: Sequence[Job], store: StoreTogether) -> None:
        """The same for jobs that are admitted together or not at all, as `store` stores them in one transaction.
        Nothing is done where that finds them there already. Raises like `submit`.
        """
        jobs = [_traced(job) for job in jobs]
        for job in await store(jobs, partial(self._decide_together, jobs)):
            if job.state == states.SUBMITTING:
                self._start(job.id)

    async def preview(self, job: Job) -> Job:
        """As what it would be stored if it were submitted now; nothing is done. Raises NotAdmitted."""
        return decide_admission(job, await self._jobs.ledger(job), self._rules).job

    async def preview_together(self, jobs: Sequence[Job]) -> list[Job]:
        """The same for jobs that are admitted together."""
        ledger = await self._jobs.ledger(jobs[0])
        return [update.job for update in decide_together(jobs, ledger, self._rules)]

    async def release(self, job_id: str) -> bool:
        """Submit a job that waited in the queue; False if it no longer waits."""

        def go_on(stored: Job) -> JobUpdate | None:
            if stored.state != states.IN_LINE:
                return None
            return JobUpdate(msgspec.structs.replace(stored, state=states.SUBMITTING))

        if await self._jobs.update(job_id, go_on) is None:
            return False
        self._start(job_id)
        return True

    async def run(self) -> None:
        """Carry out what other processes store, until cancelled."""
        while True:
            await asyncio.sleep(self._look_every)
            try:
                await self.recover()
            except BotError as error:  # the store takes nothing for now
                log.warning("submissions not looked for", why=str(error))

    async def recover(self) -> None:
        """Resume every submission that is stored and not under way."""
        for job in await self._jobs.in_states([states.SUBMITTING]):
            self._start(job.id)

    async def submit_again(self, job_id: str) -> None:
        """A person believes that an uncertain job was not created. It is looked for once more all the same, and
        taken over if it is there.

        Raises Conflict, NotFound; ProviderError where the provider cannot be asked: then nothing is created.
        """
        job = await self._uncertain(job_id)
        remote = await self._find(job)
        if remote is not None:
            await self._apply(job, remote)
            return
        again = await self._jobs.update(
            job_id,
            lambda stored: (
                JobUpdate(msgspec.structs.replace(stored, state=states.SUBMITTING, create_attempted_at=None))
                if stored.state == states.UNCERTAIN
                else None
            ),
        )
        if again is None:
            raise Conflict("moved_on")
        self._start(job_id)

    async def adopt(self, job_id: str) -> None:
        """A person believes that an uncertain job was created: look for it once more, and take it over.

        Raises NotFound where the provider does not list such a job.
        """
        job = await self._uncertain(job_id)
        remote = await self._find(job)
        if remote is None:
            raise NotFound("nothing_to_adopt", provider=job.provider)
        await self._apply(job, remote)

    async def close(self) -> None:
        """Stop the tasks; `recover` goes on with them next time."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until no submission is under way (for tests and a clean shutdown)."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    def _decide(self, job: Job, ledger: LedgerSnapshot) -> JobUpdate:
        return _with_seed(decide_admission(job, ledger, self._rules))

    def _decide_together(self, jobs: Sequence[Job], ledger: LedgerSnapshot) -> list[JobUpdate]:
        return [_with_seed(update) for update in decide_together(jobs, ledger, self._rules)]

    def _start(self, job_id: str) -> None:
        """Begin, unless that is under way here, or another process carries jobs out."""
        known = self._tasks.get(job_id)
        if not self._leads() or (known is not None and not known.done()):
            return
        task = self._tasks[job_id] = asyncio.create_task(self._run(job_id), name=f"submit {job_id}")
        task.add_done_callback(partial(self._ended, job_id))

    def _ended(self, job_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(job_id) is task:
            del self._tasks[job_id]

    async def _run(self, job_id: str) -> None:
        """To the end of the submission. A fault of ours (a full disk, a bug) is like a crash: what is stored says
        where to go on."""
        began = time.monotonic()
        for delay in self._retry:
            try:
                job = await self._jobs.get(job_id)
                if job is not None and job.state == states.SUBMITTING:
                    with traces.span("submit job", parent=job.traceparent, provider=job.provider):
                        await self._carry(job, began)
                return
            except Exception:
                log.exception("submission stopped", job=job_id)
                if time.monotonic() - began > self._give_up_after:
                    return
                await asyncio.sleep(delay)

    async def _carry(self, job: Job, began: float) -> None:
        try:
            if job.create_attempted_at is not None:
                await self._settle(job)
                return
            for failures, delay in enumerate(self._retry, start=1):
                try:
                    await self._attempt(job)
                    return
                except (Unreachable, RateLimited, Doubtful) as error:
                    # Doubtful here is an upload: a doubt about the creation is settled where it arises.
                    if time.monotonic() - began > self._give_up_after:
                        await self._fail(job, error.as_job_error())
                        return
                    if failures == 2:
                        await self._say_that_we_wait(job)
                    await asyncio.sleep(max(delay, getattr(error, "retry_after", 0)))
        except Refused as error:
            await self._fail(job, error.as_job_error())
        except UnknownProvider:
            await self._fail(job, JobError("unknown_provider", ""))
        except NotFound:
            await self._fail(job, JobError("file_deleted", ""))
        except Conflict:
            await self._fail(job, JobError("already_followed", ""))

    async def _attempt(self, job: Job) -> None:
        """Upload what is missing, then create the job. Does nothing where somebody cancelled it meanwhile."""
        provider = self._providers.named(job.provider)
        training = job.training_file or (await self._uploaded(provider, job.dataset_id) if job.dataset_id else None)
        validation = job.validation_file or (
            await self._uploaded(provider, job.validation_dataset_id) if job.validation_dataset_id else None
        )
        if training is None:
            raise NotFound("unknown_file")
        self._require()
        attempted = await self._set(
            job.id, training_file=training, validation_file=validation, create_attempted_at=time.time()
        )
        if attempted is None:
            return
        try:
            self._require()
        except BotError:  # certainly not created, so the next attempt need not look it up
            await self._set(job.id, create_attempted_at=None)
            raise
        try:
            remote = await provider.create_job(create_request(attempted))
            log.info("job created", job=job.id, provider=job.provider, provider_job=remote.id)
        except Doubtful as error:
            log.warning("creation in doubt", job=job.id, why=str(error))
            await self._settle(attempted)
        except TooManyJobs as error:
            log.info("no room at the provider", job=job.id, why=str(error))
            await self._line_up(job.id)
        except (RateLimited, Unreachable):
            # Certainly not created, so the next attempt need not look it up.
            await self._set(job.id, create_attempted_at=None)
            raise
        else:
            await self._apply(job, remote)

    async def _uploaded(self, provider: Provider, dataset_id: str) -> str:
        """The provider's id of a data set, uploaded at most once for each content."""
        path, sha256 = await self._locate(dataset_id)
        async with self._uploads.of(provider.name, sha256):
            known = await self._jobs.provider_file(provider.name, sha256)
            if known and await provider.has_file(known):
                return known
            name = upload_name(sha256)
            try:
                # Known by its name: an upload whose answer was lost is found again.
                file_id = await provider.find_upload(name)
                if file_id is None:
                    await self._jobs.set_provider_file(provider.name, sha256, "")
                    async with self._reading(path, sha256) as plain:
                        self._require()
                        file_id = await provider.upload(plain, name)
            except Doubtful:
                # The provider may still be at it, and the next in line would not find it yet.
                await asyncio.sleep(self._retry.first)
                raise
            await self._jobs.set_provider_file(provider.name, sha256, file_id)
            return file_id

    async def _settle(self, job: Job) -> None:
        """Look for a job that may have been created; nothing is created here."""
        for delay in (0, *self._look_up):
            await asyncio.sleep(delay)
            try:
                remote = await self._find(job)
            except (ProviderError, UnknownProvider) as error:
                log.warning("look-up failed", job=job.id, why=str(error))
                continue
            if remote is not None:
                await self._apply(job, remote)
                return

        def give_up(stored: Job) -> JobUpdate | None:
            if stored.state != states.SUBMITTING:
                return None
            uncertain = msgspec.structs.replace(stored, state=states.UNCERTAIN)
            what = f"uncertain/{int(stored.create_attempted_at or 0)}"
            return JobUpdate(uncertain, notices=[notice(uncertain, what, Uncertain())])

        await self._jobs.update(job.id, give_up)

    async def _find(self, job: Job) -> RemoteJob | None:
        """The provider's job that came of this one, and of no other of ours."""
        provider = self._providers.named(job.provider)
        return await provider.find_job(create_request(job), await self._jobs.known_jobs(provider.name))

    async def _apply(self, job: Job, remote: RemoteJob) -> None:
        def apply(stored: Job) -> JobUpdate | None:
            if stored.state in states.ENDED:
                return None
            return apply_update(stored, remote, now=time.time(), notices_channel=self._notices_channel)

        if await self._jobs.update(job.id, apply) is None:
            # Cancelled by a person while the provider was being asked: the wish is carried out there too.
            log.info("cancelled meanwhile", job=job.id)
            await self._providers.named(job.provider).cancel(remote.id)

    async def _fail(self, job: Job, error: JobError) -> None:
        def fail(stored: Job) -> JobUpdate | None:
            if stored.state != states.SUBMITTING:
                return None
            failed = msgspec.structs.replace(stored, state=states.FAILED, error=error, finished_at=time.time())
            return JobUpdate(failed, notices=ending(failed, self._notices_channel), followed=False)

        await self._jobs.update(job.id, fail)

    async def _line_up(self, job_id: str) -> None:
        def line_up(stored: Job) -> JobUpdate | None:
            if stored.state != states.SUBMITTING:
                return None
            waiting = msgspec.structs.replace(requeued(stored, time.time()), create_attempted_at=None)
            return JobUpdate(waiting, notices=[waiting_notice(waiting)])

        await self._jobs.update(job_id, line_up)

    async def _say_that_we_wait(self, job: Job) -> None:
        def say(stored: Job) -> JobUpdate | None:
            if stored.state != states.SUBMITTING:
                return None
            return JobUpdate(stored, notices=[notice(stored, "waiting", ProviderBusy())])

        await self._jobs.update(job.id, say)

    async def _set(self, job_id: str, **fields: Any) -> Job | None:
        """Set fields of a job that is being submitted. None, and nothing done, if it is not any more."""

        def change(stored: Job, fields: dict[str, Any]) -> JobUpdate | None:
            if stored.state != states.SUBMITTING:
                return None
            return JobUpdate(msgspec.structs.replace(stored, **fields))

        return await self._jobs.update(job_id, partial(change, fields=fields))

    async def _uncertain(self, job_id: str) -> Job:
        job = await self._jobs.get(job_id)
        if job is None:
            raise NotFound("no_such_thing", kind="job")
        if job.state != states.UNCERTAIN:
            raise Conflict("not_uncertain")
        return job


def _traced(job: Job) -> Job:
    """With the trace that it belongs to."""
    return msgspec.structs.replace(job, traceparent=job.traceparent or traces.traceparent())


def _with_seed(update: JobUpdate) -> JobUpdate:
    """A seed is always sent: it is one of the marks by which a job is found again."""
    if update.job.seed is not None:
        return update
    return msgspec.structs.replace(update, job=msgspec.structs.replace(update.job, seed=random.randint(0, 2**31 - 1)))

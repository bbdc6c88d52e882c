"""What people do to a job: pause, resume and cancel it, and decide about one that may or may not be at the provider."""

from collections.abc import Awaitable, Callable, Sequence

from bot.access import Action, Caller
from bot.authority import Authority
from bot.errors import BotError, Conflict
from bot.jobs import states
from bot.jobs.cancel import cancel, refuse_cancel
from bot.jobs.job import Job
from bot.jobs.lookup import JobLookup
from bot.jobs.pausing import pause, refuse_pause, refuse_resume, resume
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync


class JobControls:
    """`hint` tells the follower that there is news of a job."""

    def __init__(
        self,
        lookup: JobLookup,
        sync: JobSync,
        submitter: Submitter,
        authority: Authority,
        hint: Callable[[Job], None],
    ) -> None:
        self._lookup = lookup
        self._sync = sync
        self._submitter = submitter
        self._authority = authority
        self._hint = hint

    async def check(self, caller: Caller, word: str, action: Action) -> Job:
        """The job that a person calls `word`, if they may cancel, pause or resume it and there is something to do.

        Raises Ambiguous, NotFound, Denied; Conflict where it can be seen without the provider that there is nothing.
        """
        job = await self._lookup.named(caller, word, action)
        self._refuse(action, job)
        return job

    async def choices(self, caller: Caller, action: Action) -> list[Job]:
        """The jobs with which `check` lets them do that, the latest first. Raises Denied."""
        return [job for job in await self._lookup.allowed(caller, action) if self._is_possible(action, job)]

    def _is_possible(self, action: Action, job: Job) -> bool:
        try:
            self._refuse(action, job)
        except Conflict:
            return False
        return True

    def _refuse(self, action: Action, job: Job) -> None:
        match action:
            case Action.CANCEL:
                refuse_cancel(job)
            case Action.PAUSE:
                refuse_pause(job, self._sync.providers)
            case Action.RESUME:
                refuse_resume(job)

    async def cancel_all(self, caller: Caller, jobs: Sequence[Job]) -> tuple[int, list[BotError]]:
        """What of these, in their order, has not ended: how many were cancelled, and why others could not be."""
        cancelled, refused = 0, []
        # The last first: what waits in line is not to begin because a place becomes free.
        for job in reversed(jobs):
            if job.state in states.ENDED and not (caller.is_retry and job.state == states.CANCELLED):
                continue
            try:
                cancelled += (await self.cancel(caller, job.id)).state == states.CANCELLED
            except BotError as error:
                refused.append(error)
        return cancelled, refused

    async def cancel(self, caller: Caller, job_id: str) -> Job:
        """The job as it is then: as a rule cancelled, but it may have ended otherwise a moment before.

        Raises NotFound, Denied, ProviderError; Conflict where it has ended, unless this very request ended it before a
        crash.
        """
        job = await self._lookup.get(caller, job_id, Action.CANCEL)
        if caller.is_retry and job.state == states.CANCELLED:
            return job
        async with self._authority.recorded(caller, Action.CANCEL, job.id):
            return await cancel(self._sync, job)

    async def pause(self, caller: Caller, job_id: str) -> Job:
        """Raises NotFound, Denied, ProviderError; Conflict where it does not train, or the provider does not pause
        it."""
        job = await self._lookup.get(caller, job_id, Action.PAUSE)
        if caller.is_retry and job.state in {states.PAUSING, states.PAUSED}:
            return job
        async with self._authority.recorded(caller, Action.PAUSE, job.id):
            job = await pause(self._sync.jobs, self._sync.providers, job, notice_id=caller.key, by=caller.user)
        self._hint(job)
        return job

    async def resume(self, caller: Caller, job_id: str) -> Job:
        """Raises NotFound, Denied, ProviderError; Conflict where it is not paused, or the provider does not let it go
        on."""
        job = await self._lookup.get(caller, job_id, Action.RESUME)
        if caller.is_retry and job.state in {states.QUEUED, states.RUNNING}:
            return job
        async with self._authority.recorded(caller, Action.RESUME, job.id):
            job = await resume(self._sync.jobs, self._sync.providers, job, notice_id=caller.key, by=caller.user)
        self._hint(job)
        return job

    async def adopt(self, caller: Caller, job_id: str) -> Job:
        """A person believes that the provider has an uncertain job: it is looked for once more, and goes on.

        Raises Denied, ProviderError; NotFound where the provider lists no such job; Conflict where it is not uncertain,
        unless this very request decided it before a crash.
        """
        return await self._decide(caller, job_id, "adopt", self._submitter.adopt)

    async def submit_again(self, caller: Caller, job_id: str) -> Job:
        """A person believes that the provider does not have an uncertain job: if it cannot be found there, it is
        created a second time.

        Raises NotFound, Denied, ProviderError; Conflict like `adopt`.
        """
        return await self._decide(caller, job_id, "submit again", self._submitter.submit_again)

    async def _decide(self, caller: Caller, job_id: str, action: str, decide: Callable[[str], Awaitable[None]]) -> Job:
        job = await self._lookup.get(caller, job_id, Action.DECIDE)
        if caller.is_retry and job.state != states.UNCERTAIN:
            return job
        if caller.is_retry and (job.create_attempted_at or 0.0) >= caller.at:
            # It was submitted since it was asked for, and is uncertain once more: that is for a person to decide anew.
            raise Conflict("moved_on")
        async with self._authority.recorded(caller, action, job.id):
            await decide(job.id)
        return job

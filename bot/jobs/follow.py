"""Following jobs at one provider: ask what changed since last time, store it together with what people must
be told. One tick serves all jobs; APScheduler calls it.
"""

import time
from collections.abc import Callable

import msgspec
import structlog

from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.advance import advance, ending, notice
from bot.jobs.explanations import explain
from bot.jobs.interfaces import Change, JobStore
from bot.jobs.job import Checkpoint, Job, JobError, Origin
from bot.jobs.order import order_of
from bot.notices.notice import Text
from bot.providers.interface import (
    Provider,
    ProviderError,
    RateLimited,
    Refused,
    RemoteEvent,
    RemoteJob,
    Unintelligible,
)

log = structlog.get_logger()

# After how many failed rounds people are told that the provider is silent.
_SILENT_AFTER = 5
_LONGEST_PAUSE = 300.0


class Follower:
    """`tick` as often as you like; each job is asked for when it is due, at a pace that fits its state."""

    def __init__(
        self,
        jobs: JobStore,
        provider: Provider,
        *,
        poll_seconds: float,
        notices_channel: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._jobs = jobs
        self._provider = provider
        self._poll = poll_seconds
        self._notices_channel = notices_channel
        self._clock = clock
        # When each job is to be looked at next, and how often in a row that went wrong for it alone.
        self._due: dict[str, float] = {}
        self._troubles: dict[str, int] = {}
        self._failures = 0
        self._silent_since: float | None = None
        self._not_before = 0.0

    async def tick(self) -> None:
        """One round: never raises, so that the schedule goes on."""
        now = self._clock()
        if now < self._not_before:
            return
        followed: list[Job] = []
        try:
            followed = await self._jobs.followed(self._provider.name)
            due = self._due_of(followed, now)
            if due:
                await self._round(due)
                await self._provider_answered(followed)
        except ProviderError as error:
            await self._provider_failed(error, followed)
        except Exception:
            log.exception("following stopped for this round", provider=self._provider.name)
            self._not_before = now + self._poll

    def _due_of(self, followed: list[Job], now: float) -> dict[str, Job]:
        """Those to be looked at now, by the provider's id."""
        for job in followed:
            # After a restart nobody knows when an ended job was last looked at, and events come late.
            self._due.setdefault(job.id, now + self._pause(job, now) if job.state in states.ENDED else now)
        self._due = {job.id: self._due[job.id] for job in followed}
        return {str(job.provider_job_id): job for job in followed if self._due[job.id] <= now}

    async def _round(self, due: dict[str, Job]) -> None:
        """Look at each job. What is wrong with one does not hold up the others.

        Raises ProviderError where it is the provider itself: no answer, too many requests, a refusal of everything.
        """
        # One listing answers for many jobs; a single one is asked for by name.
        remotes = {remote.id: remote for remote in await self._provider.jobs(list(due))} if len(due) > 1 else {}
        failures: list[ProviderError] = []
        for provider_job_id, job in due.items():
            try:
                if (remote := remotes.get(provider_job_id)) is not None:
                    await self._look(job, remote)
                else:
                    await self._ask_for(job)
                self._troubles.pop(job.id, None)
            except ProviderError as error:
                if isinstance(error, RateLimited) or (error.status is None and not isinstance(error, Unintelligible)):
                    raise
                log.warning("job not read", job=job.id, why=str(error))
                failures.append(error)
                self._put_off(job)
            except Exception:
                log.exception("job not read", job=job.id)
                self._put_off(job)
        if failures and len(failures) == len(due):
            raise failures[-1]

    def _put_off(self, job: Job) -> None:
        troubles = self._troubles[job.id] = self._troubles.get(job.id, 0) + 1
        self._due[job.id] = self._clock() + _growing(self._poll, troubles)

    async def adopt(self, provider_job_id: str, requester: str, origin: Origin, our_id: str) -> Job:
        """Follow a job of the provider's, whoever created it.

        Raises NotFound where the provider knows no such job, Conflict where it is followed already.
        """
        known = await self._jobs.find(provider_job_id)
        if known is not None:
            raise Conflict(f"I follow {provider_job_id} already, as job {known.id}.")
        try:
            remote = await self._provider.job(provider_job_id)
        except Refused as error:
            if error.status == 404:
                raise NotFound(f"{self._provider.name} knows no job {provider_job_id}.") from error
            raise
        job = Job(
            id=our_id,
            state=states.SUBMITTING,
            provider=self._provider.name,
            base_model=remote.model,
            requester=requester,
            origin=origin,
            created_at=remote.created_at,
            provider_job_id=remote.id,
            suffix=remote.suffix,
        )
        ours = await self._jobs.get(remote.submission) if remote.submission else None
        if ours is not None and ours.state not in states.ENDED:
            return await self._claim(ours, remote)
        # A file name of the provider's is not known here; the card names the file's id instead.
        events = await self._provider.events(remote.id, ())
        # Nobody needs to be told what happened before: the card shows it.
        change = advance(job, remote, events, await self._checkpoints(remote, events), now=self._clock())
        history = Change(
            change.job,
            events=change.events,
            checkpoints=change.checkpoints,
            followed=change.job.state not in states.ENDED,
        )
        if not await self._jobs.insert(change.job, history):
            raise Conflict(f"I follow {provider_job_id} already.")
        return change.job

    async def cancel(self, job: Job) -> Job:
        """Cancel a job wherever it is in its life.

        Raises Conflict where it has ended, ProviderError where the provider must be asked and cannot.
        """
        job = await self._jobs.get(job.id) or job
        if job.state in states.ENDED:
            raise Conflict(f"This job has already ended ({job.state}), so there is nothing to cancel.")
        if job.provider_job_id is None:
            return await self._withdraw(job)
        try:
            remote = await self._provider.cancel(job.provider_job_id)
        except Refused as error:
            # It ended a moment ago: show that instead of an error.
            remote = await self._provider.job(job.provider_job_id)
            if remote.status not in states.ENDED:
                raise Conflict(f"{self._provider.name} did not cancel the job: {error}") from error
        await self._look(job, remote)
        return await self._jobs.get(job.id) or job

    async def _withdraw(self, job: Job) -> Job:
        """Cancel a job that the provider has not confirmed. An uncertain one is looked for first: it may be
        running, and costing money."""
        if job.state == states.UNCERTAIN:
            known = await self._jobs.known_jobs(self._provider.name)
            remote = await self._provider.find_job(order_of(job), known)
            if remote is not None:
                return await self.cancel(await self._claim(job, remote))

        def withdraw(stored: Job) -> Change | None:
            if stored.provider_job_id is not None or stored.state in states.ENDED or _is_being_created(stored):
                return None
            cancelled = _replace_state(stored, states.CANCELLED, self._clock())
            return Change(cancelled, notices=ending(cancelled, self._notices_channel), followed=False)

        cancelled = await self._jobs.update(job.id, withdraw)
        if cancelled is not None:
            return cancelled
        current = await self._jobs.get(job.id)
        if current is not None and _is_being_created(current):
            raise Conflict("The job is being handed to the provider this moment. Try again in a minute.")
        raise Conflict("The job has moved on in the meantime; look at its card.")

    async def _claim(self, job: Job, remote: RemoteJob) -> Job:
        """A job of ours whose creation was in doubt turned up at the provider."""

        def claim(stored: Job) -> Change | None:
            if stored.state != states.UNCERTAIN:
                return None
            return advance(stored, remote, now=self._clock(), notices_channel=self._notices_channel)

        claimed = await self._jobs.update(job.id, claim)
        if claimed is None:
            raise Conflict(f"{remote.id} is my own job {job.id}; look at its card.")
        return claimed

    async def _ask_for(self, job: Job) -> None:
        assert job.provider_job_id is not None
        try:
            remote = await self._provider.job(job.provider_job_id)
        except Refused as error:
            if error.status != 404:
                raise
            gone = JobError("job_not_found", f"{self._provider.name} does not know this job any more.")

            def lose(stored: Job) -> Change | None:
                if stored.state in states.ENDED:
                    return Change(stored, followed=False)
                lost = _replace_state(stored, states.FAILED, self._clock(), gone)
                return Change(lost, notices=ending(lost, self._notices_channel), followed=False)

            await self._jobs.update(job.id, lose)
            return
        await self._look(job, remote)

    async def _look(self, job: Job, remote: RemoteJob) -> None:
        """Take over what is new about one job."""
        now = self._clock()
        # Events may follow the end by seconds, so an ended job is read once more a little later.
        last_look = job.state in states.ENDED
        events: list[RemoteEvent] = []
        if remote.status != states.QUEUED or remote.status != job.state:
            events = await self._provider.events(remote.id, await self._jobs.event_ids(job.id))
        checkpoints = await self._checkpoints(remote, events)
        known = [item.id for item in await self._jobs.checkpoints(job.id)] if checkpoints else []

        def take_over(stored: Job) -> Change | None:
            change = advance(
                stored,
                remote,
                events,
                checkpoints,
                known_checkpoints=known,
                now=now,
                notices_channel=self._notices_channel,
                last_look=last_look,
            )
            is_news = change.job != stored or change.events or change.checkpoints or last_look
            return change if is_news else None

        stored = await self._jobs.update(job.id, take_over) or job
        self._due[job.id] = now + self._pause(stored, now)

    async def _checkpoints(self, remote: RemoteJob, events: list[RemoteEvent]) -> list[Checkpoint]:
        """Listed only when there is a sign of new ones; not every provider has any."""
        if remote.status != states.SUCCEEDED and not any("checkpoint" in e.message.lower() for e in events):
            return []
        try:
            return await self._provider.checkpoints(remote.id)
        except Refused:
            return []

    def _pause(self, job: Job, now: float) -> float:
        """Seconds until the next look: the provider's usual pace of change in this state."""
        if job.state in states.ENDED:
            return max(2 * self._poll, min(10.0, 20 * self._poll))
        if job.state in {states.QUEUED, states.PAUSED} and now - job.created_at > 60:
            return self._poll * 3
        return self._poll

    async def _provider_failed(self, error: ProviderError, followed: list[Job]) -> None:
        self._failures += 1
        retry_after = getattr(error, "retry_after", 0)
        pause = max(_growing(self._poll, self._failures), retry_after)
        self._not_before = self._clock() + pause
        log.warning("provider failed", provider=self._provider.name, why=str(error), again_in=pause)
        if self._failures == _SILENT_AFTER:
            self._silent_since = self._clock()
            trouble = (
                f"{self._provider.name} does not let me ask about jobs at the moment. {explain(error.as_job_error())}"
                if isinstance(error, Refused)
                else f"{self._provider.name} has not answered me for a while."
            )
            sentence = f"{trouble} Training is not affected by that; I keep asking and go on here when it answers."
            await self._tell_all(followed, f"silent/{int(self._silent_since)}", sentence)

    async def _provider_answered(self, followed: list[Job]) -> None:
        if self._silent_since is not None:
            what = f"back/{int(self._silent_since)}"
            await self._tell_all(followed, what, f"{self._provider.name} answers again.")
        self._failures, self._silent_since = 0, None

    async def _tell_all(self, jobs: list[Job], what: str, sentence: str) -> None:
        def tell(stored: Job) -> Change | None:
            if stored.state in states.ENDED:
                return None
            return Change(stored, notices=[notice(stored, what, Text(stored, sentence))])

        for job in jobs:
            await self._jobs.update(job.id, tell)


def _is_being_created(job: Job) -> bool:
    return job.state == states.SUBMITTING and job.create_attempted_at is not None


def _replace_state(job: Job, state: str, now: float, error: JobError | None = None) -> Job:
    return msgspec.structs.replace(job, state=state, error=error, finished_at=now)


def _growing(pause: float, failures: int) -> float:
    return min(pause * 2.0 ** min(failures, 30), _LONGEST_PAUSE)

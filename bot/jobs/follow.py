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
from bot.jobs.interfaces import Change, JobStore
from bot.jobs.job import Checkpoint, Job, JobError, Origin
from bot.notices.notice import Text
from bot.providers.interface import Provider, ProviderError, Refused, RemoteEvent, RemoteJob

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
        self._due: dict[str, float] = {}
        self._failures = 0
        self._silent_since: float | None = None
        self._not_before = 0.0

    async def tick(self) -> None:
        """One round: never raises, so that the schedule goes on."""
        now = self._clock()
        if now < self._not_before:
            return
        followed = await self._jobs.followed(self._provider.name)
        due = {job.provider_job_id: job for job in followed if self._due.get(job.id, 0) <= now}
        due.pop(None, None)
        if not due:
            return
        try:
            # One listing answers for many jobs; a single one is asked for by name.
            wanted = [str(job_id) for job_id in due]
            remotes = await self._provider.jobs(wanted) if len(wanted) > 1 else []
            seen = {remote.id for remote in remotes}
            for job_id in wanted:
                if job_id not in seen:
                    await self._ask_for(due[job_id])
            for remote in remotes:
                await self._look(due[remote.id], remote)
        except ProviderError as error:
            await self._provider_failed(error, followed)
        except Exception:
            log.exception("following stopped for this round", provider=self._provider.name)
            self._not_before = now + self._poll
        else:
            await self._provider_answered(followed)

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
        # A file name of the provider's is not known here; the card names the file's id instead.
        events = await self._provider.events(remote.id, ())
        # Nobody needs to be told what happened before: the card shows it.
        change = advance(job, remote, events, await self._checkpoints(remote, events), now=self._clock())
        if not await self._jobs.insert(change.job):
            raise Conflict(f"I follow {provider_job_id} already.")
        await self._jobs.apply(
            Change(
                change.job,
                events=change.events,
                checkpoints=change.checkpoints,
                followed=change.job.state not in states.ENDED,
            )
        )
        return change.job

    async def cancel(self, job: Job) -> Job:
        """Cancel a job wherever it is in its life. Raises Conflict where it has ended."""
        if job.state in states.ENDED:
            raise Conflict(f"This job has already ended ({job.state}), so there is nothing to cancel.")
        if job.provider_job_id is None:
            if job.state == states.SUBMITTING and job.create_attempted_at is not None:
                raise Conflict("The job is being handed to the provider this moment. Try again in a minute.")
            cancelled = _replace_state(job, states.CANCELLED, self._clock())
            if not await self._jobs.apply(
                Change(cancelled, notices=ending(cancelled, self._notices_channel), followed=False)
            ):
                raise Conflict("The job has moved on in the meantime; look at its card.")
            return cancelled
        try:
            remote = await self._provider.cancel(job.provider_job_id)
        except Refused as error:
            # It ended a moment ago: show that instead of an error.
            remote = await self._provider.job(job.provider_job_id)
            if remote.status not in states.ENDED:
                raise Conflict(f"{self._provider.name} did not cancel the job: {error}") from error
        await self._look(job, remote)
        return await self._jobs.get(job.id) or job

    async def _ask_for(self, job: Job) -> None:
        assert job.provider_job_id is not None
        try:
            remote = await self._provider.job(job.provider_job_id)
        except Refused as error:
            if error.status != 404:
                raise
            gone = JobError("job_not_found", f"{self._provider.name} does not know this job any more.")
            lost = _replace_state(job, states.FAILED, self._clock(), gone)
            await self._jobs.apply(Change(lost, notices=ending(lost, self._notices_channel), followed=False))
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
        change = advance(
            job,
            remote,
            events,
            checkpoints,
            known_checkpoints=known,
            now=now,
            notices_channel=self._notices_channel,
            last_look=last_look,
        )
        if change.job != job or change.events or change.checkpoints or last_look:
            await self._jobs.apply(change)
        self._due[job.id] = now + self._pause(change.job, now)
        if last_look:
            self._due.pop(job.id, None)

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
            return max(10.0, 2 * self._poll) if self._poll >= 1 else 2.0
        if job.state in {states.QUEUED, states.PAUSED} and now - job.created_at > 60:
            return self._poll * 3
        return self._poll

    async def _provider_failed(self, error: ProviderError, followed: list[Job]) -> None:
        self._failures += 1
        retry_after = getattr(error, "retry_after", 0)
        pause = max(min(self._poll * 2**self._failures, _LONGEST_PAUSE), retry_after)
        self._not_before = self._clock() + pause
        log.warning("provider failed", provider=self._provider.name, why=str(error), again_in=pause)
        if self._failures == _SILENT_AFTER:
            self._silent_since = self._clock()
            sentence = (
                f"{self._provider.name} has not answered me for a while. Training is not affected by that; "
                "I keep asking and go on here when it answers."
            )
            await self._tell_all(followed, f"silent/{int(self._silent_since)}", sentence)

    async def _provider_answered(self, followed: list[Job]) -> None:
        if self._silent_since is not None:
            what = f"back/{int(self._silent_since)}"
            await self._tell_all(followed, what, f"{self._provider.name} answers again.")
        self._failures, self._silent_since = 0, None

    async def _tell_all(self, jobs: list[Job], what: str, sentence: str) -> None:
        for job in jobs:
            current = await self._jobs.get(job.id)
            if current is not None and current.state not in states.ENDED:
                await self._jobs.apply(Change(current, notices=[notice(current, what, Text(current, sentence))]))


def _replace_state(job: Job, state: str, now: float, error: JobError | None = None) -> Job:
    return msgspec.structs.replace(job, state=state, error=error, finished_at=now)

"""Reading one job from its provider and storing the news together with its notices."""

import time
from collections.abc import Callable

import msgspec

from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.apply_update import apply_update, ending, notice
from bot.jobs.interfaces import Followed, JobStore, JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Stuck
from bot.jobs.stall_detection import quiet_hours
from bot.providers.interface import Provider, Refused, RemoteEvent, RemoteJob
from bot.providers.protocol import Checkpoint, JobError
from bot.providers.registry import Providers


class JobSync:
    """`clock` gives the times that are stored."""

    def __init__(
        self,
        jobs: JobStore,
        providers: Providers,
        *,
        notices_channel: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.jobs = jobs
        self.providers = providers
        self.notices_channel = notices_channel
        self.clock = clock

    async def asked_for(self, job: Followed) -> RemoteJob | None:
        """The job, asked for by name; None, and the job failed, where the provider knows it no more."""
        provider = self.providers.named(job.provider)
        try:
            return await provider.job(job.provider_job_id)
        except Refused as error:
            if error.status != 404:
                raise
        gone = JobError("job_not_found", "")

        def lose(stored: Job) -> JobUpdate | None:
            if stored.state in states.ENDED:
                return JobUpdate(stored, followed=False)
            return self.ended(stored, states.FAILED, gone)

        await self.jobs.update(job.id, lose)
        return None

    def ended(self, job: Job, state: str, error: JobError | None = None) -> JobUpdate:
        """The change by which a job ends without the provider's having said so."""
        over = msgspec.structs.replace(job, state=state, error=error, finished_at=self.clock())
        return JobUpdate(over, notices=ending(over, self.notices_channel), followed=False)

    async def apply(self, job: Followed, remote: RemoteJob, *, with_events: bool) -> None:
        """Store what is new about a job that is `remote` at the provider; `with_events` asks for its events, too."""
        provider, now = self.providers.named(job.provider), self.clock()
        # Events may follow the end by seconds, so an ended job is read once more a little later.
        last_look = job.state in states.ENDED
        events: list[RemoteEvent] = []
        if with_events:
            known_events = await self.jobs.event_ids(job.id)
            events = await provider.events(remote.id, known_events, whole=remote.status in states.ENDED)
        known = [item.id for item in await self.jobs.checkpoints(job.id)]
        checkpoints = await self.checkpoints(provider, remote, events, listed_before=last_look and bool(known))

        def news(stored: Job) -> JobUpdate | None:
            change = apply_update(
                stored,
                remote,
                events,
                checkpoints,
                known_checkpoints=known,
                now=now,
                notices_channel=self.notices_channel,
                last_look=last_look,
            )
            is_news = change.job != stored or change.events or change.checkpoints or last_look
            return change if is_news else None

        stored = await self.jobs.update(job.id, news)
        if stored is None and with_events:
            await self._say_if_stuck(job.id, now)

    async def _say_if_stuck(self, job_id: str, now: float) -> None:
        job = await self.jobs.get(job_id)
        if job is None or job.stuck or quiet_hours(job, now) is None:
            return

        def say(stored: Job) -> JobUpdate | None:
            hours = quiet_hours(stored, now)
            if stored.stuck or hours is None:
                return None
            quiet = msgspec.structs.replace(stored, stuck=True)
            return JobUpdate(
                quiet, notices=[notice(stored, f"stuck/{int(stored.heard_at or 0)}", Stuck(stored.state, hours))]
            )

        await self.jobs.update(job_id, say)

    async def checkpoints(
        self, provider: Provider, remote: RemoteJob, events: list[RemoteEvent], *, listed_before: bool = False
    ) -> list[Checkpoint]:
        """Listed only when there is a sign of new ones; not every provider has any."""
        told = any("checkpoint" in event.message.lower() for event in events)
        if not told and (remote.status != states.SUCCEEDED or listed_before):
            return []
        try:
            return await provider.checkpoints(remote.id)
        except Refused:
            return []

    async def claim(self, job: Job, remote: RemoteJob) -> Job:
        """A job of ours whose creation was in doubt turned up at the provider. Raises Conflict where it was not."""

        def claim(stored: Job) -> JobUpdate | None:
            if stored.state != states.UNCERTAIN:
                return None
            return apply_update(stored, remote, now=self.clock(), notices_channel=self.notices_channel)

        claimed = await self.jobs.update(job.id, claim)
        if claimed is None:
            raise Conflict("own_job_there", there=remote.id, job=job.id)
        return claimed

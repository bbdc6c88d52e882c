"""Following jobs at one provider: ask what changed since last time, store it together with what people must
be told. One tick serves all jobs.

States come from the listing, a hundred jobs a call, so that they are seen within seconds. Events cost a call for each
job: they are read when a state changed, when figures are due, and once more after the end.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

import msgspec
import structlog

from bot.errors import BotError, Conflict, NotFound
from bot.jobs import states
from bot.jobs.advance import advance, ending, notice
from bot.jobs.explanations import explain
from bot.jobs.interfaces import Change, Followed, JobStore
from bot.jobs.job import SUPERVISED, Checkpoint, Job, JobError, Origin
from bot.jobs.order import order_of
from bot.jobs.quiet import stuck
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
# How many jobs are looked at side by side: quick, without looking like an attack.
_AT_ONCE = 8
# In seconds: so far apart are looks begun, for many at once would hold up whatever a person waits for meanwhile …
_APART = 0.03
# … but all of a round within this.
_ROUND = 0.8
# Where poll_seconds is five, in units of it:
# a card can be edited about once a second, whatever the number of jobs, so figures need no more looks than that …
_BETWEEN_LOOKS = 0.2
# … but are never older than a minute;
_OLDEST_FIGURES = 11.0
# jobs that do not train say nothing worth the asking until their state changes;
_WITHOUT_FIGURES = 60.0
# a long listing is asked for a little less often;
_LONG_LISTING = 1.4
# and so are jobs that have waited for long, and jobs that wait for a person.
_IN_QUEUE, _PAUSED = 1.5, 6.0
_LONG = 500
_QUIET = frozenset({states.VALIDATING, states.QUEUED, states.PAUSED})


class _Pace(msgspec.Struct):
    """`events_at`: when a job's events are read next. `seen`: how it stood at the provider when it was looked at last.
    `troubles`: how often in a row something was wrong with this job alone; it is left alone until `not_before`."""

    events_at: float
    seen: RemoteJob | None = None
    troubles: int = 0
    not_before: float = float("-inf")


class _Look(msgspec.Struct, frozen=True):
    """What a round does for one job. `remote` is None where it is still to be asked for by name."""

    job: Followed
    remote: RemoteJob | None
    events_due: bool


class Follower:
    """`tick` as often as you like; each job is asked for when it is due, at a pace that fits its state.

    `clock` tells the time that is stored; `steady`, which no change of the clock moves, the pauses.
    """

    def __init__(
        self,
        jobs: JobStore,
        provider: Provider,
        *,
        poll_seconds: float,
        notices_channel: str | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._provider = provider
        self._poll = poll_seconds
        self._notices_channel = notices_channel
        self._clock = clock
        self._steady = steady
        self._paces: dict[str, _Pace] = {}
        self._states_asked_at = self._not_before = float("-inf")
        self._figures_pause = poll_seconds
        self._hinted: set[str] = set()
        self._failures = 0
        self._silence_known = False
        self._silent_since: float | None = None

    def hint(self, provider_job_id: str) -> None:
        """Something happened to this job, as the provider itself says: it is due at once."""
        self._hinted.add(provider_job_id)

    async def tick(self) -> None:
        """One round: never raises, so that the schedule goes on."""
        if self._steady() < self._not_before:
            return
        try:
            if not self._silence_known:
                self._silent_since = await self._jobs.silent_since(self._provider.name)
                self._silence_known = True
            followed = await self._jobs.followed(self._provider.name)
            self._keep_pace_with(followed)
            if await self._round(followed):
                await self._provider_answered()
        except ProviderError as error:
            with contextlib.suppress(BotError):  # the store: told of by the next round
                await self._provider_failed(error)
        except BotError as error:
            log.error("following stopped for this round", provider=self._provider.name, why=str(error))
            self._not_before = self._steady() + self._poll
        except Exception:
            log.exception("following stopped for this round", provider=self._provider.name)
            self._not_before = self._steady() + self._poll

    def _keep_pace_with(self, followed: Sequence[Followed]) -> None:
        """Jobs that are new here are looked at soon, but not a thousand at once."""
        now, known = self._steady(), self._paces
        in_training = sum(map(_has_figures, followed))
        self._figures_pause = self._poll * min(max(1, _BETWEEN_LOOKS * in_training), _OLDEST_FIGURES)
        training = 0
        self._paces = {}
        for job in followed:
            pace = known.get(job.id)
            if pace is None:
                # After a restart nobody knows when an ended job was last looked at, and events come late.
                pause = self._events_pause(job.state)
                if _has_figures(job):
                    pause = training * _BETWEEN_LOOKS * self._poll % pause
                    training += 1
                pace = _Pace(now + pause)
            self._paces[job.id] = pace

    async def _round(self, followed: Sequence[Followed]) -> bool:
        """Look at each job that is due; whether the provider answered.

        What is wrong with one job does not hold up the others. Raises ProviderError where it is the provider itself:
        no answer, too many requests, a refusal of everything.
        """
        now = self._steady()
        hinted, self._hinted = self._hinted, set()
        ready = [job for job in followed if self._paces[job.id].not_before <= now]
        active = [job for job in ready if job.state not in states.ENDED]
        due = {
            job.provider_job_id
            for job in ready
            if self._paces[job.id].events_at <= now or job.provider_job_id in hinted
        }
        asked = active if active and now >= self._states_asked_at + self._states_pause(active) else []
        # What ended is asked for once more, for what the provider tells late.
        asked_ids = {job.provider_job_id for job in asked} | {
            job.provider_job_id for job in ready if job.provider_job_id in due and _wants_asking(job, hinted)
        }
        # One listing answers for many jobs; a single one is asked for by name.
        found = await self._provider.jobs(asked_ids) if len(asked_ids) > 1 else []
        if asked:
            self._states_asked_at = now
        remotes = {remote.id: remote for remote in found}
        looks = []
        for job in ready:
            theirs, seen = job.provider_job_id, self._paces[job.id].seen
            if theirs in asked_ids:
                remote = remotes.get(theirs)
                if remote is None or remote != seen or theirs in due:
                    looks.append(_Look(job, remote, theirs in due))
            elif theirs in due:
                looks.append(_Look(job, seen, events_due=True))
        failures = await self._look_at(looks)
        if len(failures) == len(looks) and failures and not remotes and (len(looks) > 1 or len(followed) == 1):
            raise failures[-1]
        return bool(remotes) or len(looks) > len(failures)

    async def _look_at(self, looks: Sequence[_Look]) -> list[ProviderError]:
        """Several at a time. What was wrong with single jobs; raises ProviderError where it is the provider itself."""
        waiting = iter(looks)
        apart = min(_APART, _ROUND / max(1, len(looks)))
        next_at = asyncio.get_running_loop().time()
        failures: list[ProviderError] = []
        fatal: list[ProviderError] = []

        async def work() -> None:
            nonlocal next_at
            for look in waiting:
                now = asyncio.get_running_loop().time()
                begin, next_at = next_at, max(next_at, now) + apart
                await asyncio.sleep(begin - now)
                if fatal:
                    return
                try:
                    remote = look.remote or await self._asked_for(look.job)
                    if remote is not None:
                        await self._look(look.job, remote, look.events_due or remote.status != look.job.state)
                except ProviderError as error:
                    if isinstance(error, RateLimited) or (
                        error.status is None and not isinstance(error, Unintelligible)
                    ):
                        fatal.append(error)
                        return
                    log.warning("job not read", job=look.job.id, why=str(error))
                    failures.append(error)
                    self._put_off(look.job)
                except Exception:
                    log.exception("job not read", job=look.job.id)
                    self._put_off(look.job)

        await asyncio.gather(*(work() for _ in range(min(_AT_ONCE, len(looks)))))
        if fatal:
            raise fatal[0]
        return failures

    def _put_off(self, job: Followed) -> None:
        pace = self._paces[job.id]
        pace.troubles += 1
        pace.seen = None
        pace.not_before = self._steady() + _growing(self._poll, pace.troubles)

    def _states_pause(self, active: Sequence[Followed]) -> float:
        """Seconds until states are asked for again: what the liveliest of the jobs needs."""
        now = self._clock()

        def factor(job: Followed) -> float:
            if job.state == states.PAUSED:
                return _PAUSED
            return _IN_QUEUE if job.state == states.QUEUED and now - job.created_at > 60 else 1

        return self._poll * max(min(map(factor, active)), _LONG_LISTING if len(active) > _LONG else 1)

    def _events_pause(self, state: str) -> float:
        """Seconds until the events of a job in this state are read again."""
        if state in states.ENDED:
            return max(2 * self._poll, min(10.0, 20 * self._poll))
        return self._poll * _WITHOUT_FIGURES if state in _QUIET else self._figures_pause

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
            method=remote.method or SUPERVISED,
            asked=remote.hyperparameters,
            grader=remote.grader,
            wandb=remote.wandb,
            metadata=remote.metadata,
        )
        ours = await self._jobs.get(remote.submission) if remote.submission else None
        if ours is not None and ours.state not in states.ENDED:
            return await self._claim(ours, remote)
        job = msgspec.structs.replace(job, file_name=await self._file_name(remote.training_file))
        events = await self._provider.events(remote.id, (), whole=True)
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

    async def _file_name(self, file_id: str) -> str | None:
        """As whoever uploaded the file called it; None where the provider does not say, or it was we, who give them no
        names."""
        if await self._jobs.content_of(self._provider.name, file_id) is not None:
            return None
        try:
            return next((file.name for file in await self._provider.files() if file.id == file_id), None)
        except ProviderError as error:
            log.info("files not listed", why=str(error))
            return None

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
        await self._look(_followed(job), remote, with_events=True)
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

    async def _asked_for(self, job: Followed) -> RemoteJob | None:
        """A job asked for by name; None, and the job failed, where the provider knows it no more."""
        try:
            return await self._provider.job(job.provider_job_id)
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
        return None

    async def _look(self, job: Followed, remote: RemoteJob, with_events: bool) -> None:
        """Take over what is new about one job."""
        now = self._clock()
        # Events may follow the end by seconds, so an ended job is read once more a little later.
        last_look = job.state in states.ENDED
        events: list[RemoteEvent] = []
        if with_events:
            known_events = await self._jobs.event_ids(job.id)
            events = await self._provider.events(remote.id, known_events, whole=remote.status in states.ENDED)
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

        stored = await self._jobs.update(job.id, take_over)
        if stored is None and with_events:
            await self._say_if_stuck(job.id, now)
        if (pace := self._paces.get(job.id)) is not None:
            pace.seen, pace.troubles = remote, 0
            if with_events:
                pace.events_at = self._steady() + self._events_pause(remote.status)

    async def _say_if_stuck(self, job_id: str, now: float) -> None:
        job = await self._jobs.get(job_id)
        if job is None or job.stuck or stuck(job, now) is None:
            return

        def say(stored: Job) -> Change | None:
            sentence = stuck(stored, now)
            if stored.stuck or sentence is None:
                return None
            quiet = msgspec.structs.replace(stored, stuck=True)
            return Change(quiet, notices=[notice(stored, f"stuck/{int(stored.heard_at or 0)}", Text(quiet, sentence))])

        await self._jobs.update(job_id, say)

    async def _checkpoints(self, remote: RemoteJob, events: list[RemoteEvent]) -> list[Checkpoint]:
        """Listed only when there is a sign of new ones; not every provider has any."""
        if remote.status != states.SUCCEEDED and not any("checkpoint" in e.message.lower() for e in events):
            return []
        try:
            return await self._provider.checkpoints(remote.id)
        except Refused:
            return []

    async def _provider_failed(self, error: ProviderError) -> None:
        self._failures += 1
        retry_after = getattr(error, "retry_after", 0)
        pause = max(_growing(self._poll, self._failures), retry_after)
        self._not_before = self._steady() + pause
        log.warning("provider failed", provider=self._provider.name, why=str(error), again_in=pause)
        if self._failures >= _SILENT_AFTER and self._silent_since is None:
            trouble = (
                f"{self._provider.name} does not let me ask about jobs at the moment. {explain(error.as_job_error())}"
                if isinstance(error, Refused)
                else f"{self._provider.name} has not answered me for a while."
            )
            sentence = f"{trouble} Training is not affected by that; I keep asking and go on here when it answers."
            await self._tell_all("silent", since=self._clock(), now_silent=True, sentence=sentence)

    async def _provider_answered(self) -> None:
        self._failures = 0
        if self._silent_since is not None:
            sentence = f"{self._provider.name} answers again."
            await self._tell_all("back", since=self._silent_since, now_silent=False, sentence=sentence)

    async def _tell_all(self, what: str, *, since: float, now_silent: bool, sentence: str) -> None:
        """Tell the jobs that were followed when the silence began; what was told is stored with it."""
        told = []
        for followed in await self._jobs.followed(self._provider.name):
            job = await self._jobs.get(followed.id)
            if job is not None and job.state not in states.ENDED and job.created_at <= since:
                told.append(notice(job, f"{what}/{int(since)}", Text(job, sentence)))
        await self._jobs.set_silent_since(self._provider.name, since if now_silent else None, told)
        self._silent_since = since if now_silent else None


def _is_being_created(job: Job) -> bool:
    return job.state == states.SUBMITTING and job.create_attempted_at is not None


def _replace_state(job: Job, state: str, now: float, error: JobError | None = None) -> Job:
    return msgspec.structs.replace(job, state=state, error=error, finished_at=now)


def _growing(pause: float, failures: int) -> float:
    return min(pause * 2.0 ** min(failures, 30), _LONGEST_PAUSE)


def _has_figures(job: Followed) -> bool:
    return job.state not in _QUIET and job.state not in states.ENDED


def _wants_asking(job: Followed, hinted: set[str]) -> bool:
    """Whether its state is asked for out of turn."""
    return job.state in states.ENDED or job.provider_job_id in hinted


def _followed(job: Job) -> Followed:
    return Followed(job.id, str(job.provider_job_id), job.state, job.created_at)

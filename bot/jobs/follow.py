"""Following the jobs at one provider: ask what changed, and store it together with its notices. One tick serves all
jobs.

States come from the listing, a hundred jobs a call, and are seen within seconds. Events cost one call a job: they are
read when a state has changed, when figures are due, and once more after the end.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

import msgspec
import structlog

from bot.backoff import Backoff
from bot.changes import Rest
from bot.errors import BotError
from bot.jobs import states
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import Followed
from bot.jobs.notice import Body, Notice, ProviderBack, ProviderSilent
from bot.jobs.sync import JobSync
from bot.providers.interface import (
    Provider,
    ProviderError,
    RateLimited,
    Refused,
    RemoteJob,
    Unintelligible,
)

log = structlog.get_logger()

# Failed rounds after which people are told that the provider does not answer.
_SILENT_AFTER = 5
_LONGEST_PAUSE = 300.0
# How many jobs are looked at side by side: quick, without looking like an attack.
_AT_ONCE = 8
# Seconds between the starts of two looks, since many at once would hold up what people wait for meanwhile; less if a
# round of all jobs would take longer than _ROUND.
_APART = 0.03
_ROUND = 0.8
# The others are multiples of poll_seconds, chosen for its default of five.
# Between two looks at a job's figures, for each job in training: a card can be edited about once a second, whatever the
# number of jobs.
_BETWEEN_LOOKS = 0.2
# Figures are never older than a minute.
_OLDEST_FIGURES = 11.4
# Jobs that do not train have no news until their state changes.
_WITHOUT_FIGURES = 60.0
# A long listing is read a little less often.
_LONG_LISTING = 1.6
# So are jobs that have been queued for long, and paused ones, which wait for a person.
_IN_QUEUE, _PAUSED = 1.5, 6.0
_LONG = 500
_QUIET = frozenset({states.VALIDATING, states.QUEUED, states.PAUSED})


class _PollState(msgspec.Struct):
    """When to poll a job. `events_at`: when its events are read next, depending on `state`. `seen`: the job as the
    provider listed it last. `troubles`: how many times in a row this job alone failed to be read; it is not polled
    before `not_before`."""

    events_at: float
    state: str
    seen: RemoteJob | None = None
    troubles: int = 0
    not_before: float = float("-inf")


class _Look(msgspec.Struct, frozen=True):
    """What a round does for one job. `remote` is None where it is still to be asked for by name."""

    job: Followed
    remote: RemoteJob | None
    events_due: bool


class Follower:
    """Call `tick` as often as you like: each job is polled when it is due, at a rate that depends on its state.

    `steady` is a monotonic clock, for the pauses.
    """

    def __init__(
        self,
        sync: JobSync,
        provider: Provider,
        *,
        poll_seconds: float,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sync = sync
        self._jobs = sync.jobs
        self._provider = provider
        self._clock = sync.clock
        self._poll = poll_seconds
        self._backoff = Backoff(2 * poll_seconds, longest=_LONGEST_PAUSE)
        self._steady = steady
        self._poll_states: dict[str, _PollState] = {}
        self._states_asked_at = self._not_before = float("-inf")
        self._figures_pause = poll_seconds
        self._hinted: set[str] = set()
        self._rest = Rest()
        self._failures = 0
        self._silence_known = False
        self._silent_since: float | None = None
        self.looked_at = steady()
        """When the latest round ended, however it did, by the steady clock."""
        self.heard_at: float | None = None
        """When the provider last answered, or had nothing to be asked about; before that, when the first round began.
        None in a process that does not lead."""

    @property
    def provider_name(self) -> str:
        return self._provider.name

    def hint(self, provider_job_id: str) -> None:
        """The provider says that something happened to this job: it is due at once."""
        self._hinted.add(provider_job_id)

    async def tick(self) -> None:
        """One round: never raises, so that the schedule goes on."""
        resting = self._rest.goes_on()
        if resting or self.heard_at is None:
            self.heard_at = self._clock()
        if not resting and self._steady() >= self._not_before:
            await self._safe_round()
        self.looked_at = self._steady()

    async def look_at_hinted(self) -> None:
        """For a process that does not lead, in which nobody calls `tick`: what it was told of is looked at here. What
        goes wrong is left to the process that leads, which looks at all jobs in their turn. Never raises."""
        hinted, self._hinted = self._hinted, set()
        if not hinted:
            return
        try:
            for job in await self._jobs.followed(self._provider.name):
                if job.provider_job_id in hinted and job.state not in states.ENDED:
                    remote = await self._sync.asked_for(job)
                    if remote is not None:
                        await self._sync.apply(job, remote, with_events=True)
        except BotError as error:
            log.warning("job not read", why=str(error))
        except Exception:
            log.exception("job not read")

    async def _safe_round(self) -> None:
        try:
            if not self._silence_known:
                self._silent_since = await self._jobs.silent_since(self._provider.name)
                self._silence_known = True
            count = self._rest.count()
            followed = await self._jobs.followed(self._provider.name)
            if not followed:
                self._rest.found_nothing(count)
            self._update_poll_states(followed)
            if await self._round(followed):
                await self._provider_answered()
            self.heard_at = self._clock()
        except ProviderError as error:
            with contextlib.suppress(BotError):  # the store: told of by the next round
                await self._provider_failed(error)
        except BotError as error:
            log.error("following stopped for this round", provider=self._provider.name, why=str(error))
            self._not_before = self._steady() + self._poll
        except Exception:
            log.exception("following stopped for this round", provider=self._provider.name)
            self._not_before = self._steady() + self._poll

    def _update_poll_states(self, followed: Sequence[Followed]) -> None:
        """Jobs that are new here are looked at soon, but not a thousand at once."""
        now, known = self._steady(), self._poll_states
        in_training = sum(map(_has_figures, followed))
        self._figures_pause = self._poll * min(max(1, _BETWEEN_LOOKS * in_training), _OLDEST_FIGURES)
        training = 0
        self._poll_states = {}
        for job in followed:
            poll = known.get(job.id)
            if poll is None:
                # After a restart nobody knows when an ended job was last looked at, and events come late.
                pause = self._events_pause(job.state)
                if _has_figures(job):
                    pause = training * _BETWEEN_LOOKS * self._poll % pause
                    training += 1
                poll = _PollState(now + pause, job.state)
            elif poll.state != job.state:  # not by our doing: it was cancelled, or paused
                next_at = now + self._events_pause(job.state)
                poll.events_at = next_at if job.state in states.ENDED else min(poll.events_at, next_at)
                poll.state = job.state
            self._poll_states[job.id] = poll

    async def _round(self, followed: Sequence[Followed]) -> bool:
        """Look at each job that is due; whether the provider answered.

        What is wrong with one job does not hold up the others. Raises ProviderError where it is the provider itself:
        no answer, too many requests, a refusal of everything.
        """
        now = self._steady()
        hinted, self._hinted = self._hinted, set()
        ready = [job for job in followed if self._poll_states[job.id].not_before <= now]
        active = [job for job in ready if job.state not in states.ENDED]
        asked = active if active and now >= self._states_asked_at + self._states_pause(active) else []
        due = {
            job.provider_job_id
            for job in ready
            if self._is_due(job, now, hinted, others_asked=bool(asked or not active))
        }
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
            theirs, seen = job.provider_job_id, self._poll_states[job.id].seen
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

    def _is_due(self, job: Followed, now: float, hinted: set[str], *, others_asked: bool) -> bool:
        """Whether its events are read now. After the end that is done once more, for what the provider tells late:
        nothing hastens it, and it waits until the others are asked for anyway."""
        is_time = self._poll_states[job.id].events_at <= now
        if job.state in states.ENDED:
            return is_time and others_asked
        return is_time or job.provider_job_id in hinted

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
                    remote = look.remote or await self._sync.asked_for(look.job)
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
        poll = self._poll_states[job.id]
        poll.troubles += 1
        poll.seen = None
        poll.not_before = self._steady() + self._backoff.delay(poll.troubles)

    def _states_pause(self, active: Sequence[Followed]) -> float:
        """Seconds until the next listing: as the job that needs it soonest requires."""
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

    async def _look(self, job: Followed, remote: RemoteJob, with_events: bool) -> None:
        await self._sync.apply(job, remote, with_events=with_events)
        if (poll := self._poll_states.get(job.id)) is not None:
            poll.state, poll.seen, poll.troubles = remote.status, remote, 0
            if with_events:
                poll.events_at = self._steady() + self._events_pause(remote.status)

    async def _provider_failed(self, error: ProviderError) -> None:
        self._failures += 1
        retry_after = getattr(error, "retry_after", 0)
        pause = max(self._backoff.delay(self._failures), retry_after)
        self._not_before = self._steady() + pause
        log.warning("provider failed", provider=self._provider.name, why=str(error), again_in=pause)
        if self._failures >= _SILENT_AFTER and self._silent_since is None:
            refusal = error.as_job_error() if isinstance(error, Refused) else None
            since = self._clock()
            await self._tell_all("silent", ProviderSilent(refusal), since=since, now_silent=True)

    async def _provider_answered(self) -> None:
        self._failures = 0
        if self._silent_since is not None:
            await self._tell_all("back", ProviderBack(), since=self._silent_since, now_silent=False)

    async def _tell_all(self, what: str, body: Body, *, since: float, now_silent: bool) -> None:
        """Notify the jobs that were followed when the silence began; stored together with it."""
        told: dict[str, Notice] = {}
        for followed in await self._jobs.followed(self._provider.name):
            job = await self._jobs.get(followed.id)
            if job is not None and job.state not in states.ENDED and job.created_at <= since:
                # Jobs of a group share a thread.
                told.setdefault(job.group or job.id, notice(job, f"{what}/{int(since)}", body))
        await self._jobs.set_silent_since(self._provider.name, since if now_silent else None, [*told.values()])
        self._silent_since = since if now_silent else None


def _has_figures(job: Followed) -> bool:
    return job.state not in _QUIET and job.state not in states.ENDED


def _wants_asking(job: Followed, hinted: set[str]) -> bool:
    """Whether its state is asked for out of turn."""
    return job.state in states.ENDED or job.provider_job_id in hinted

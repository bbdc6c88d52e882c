"""Tells trackers of experiments what happens to jobs.

What is to be told is read from the store each time, and what was told is written down after; a step that is told again
is known by its number. So a crash loses nothing, and nobody waits.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
import structlog

from bot.backoff import Backoff
from bot.jobs import states
from bot.jobs.interfaces import JobStore
from bot.tracking.run import Due, Progress, Run, Tracker, TrackingStore, run_of
from training_files.redact import redact

log = structlog.get_logger()

Send = Callable[[Run], Awaitable[None]]

_AT_ONCE: Final = 20
_LATER: Final = Backoff(60, factor=4, longest=6 * 3600)
_RUNNING: Final = 60.0
"""Seconds between two reports on a job that trains."""


class Tracking:
    def __init__(
        self,
        store: TrackingStore,
        jobs: JobStore,
        trackers: Mapping[Tracker, Send],
        *,
        private: bool = False,
        between: float = _RUNNING,
        backoff: Backoff = _LATER,
    ) -> None:
        """`trackers`: who is told, each by a function that takes its time elsewhere and raises where it fails.
        `private`: whether they are told of jobs of private channels."""
        self._store = store
        self._jobs = jobs
        self._trackers = trackers
        self._private = private
        self._between = between
        self._backoff = backoff

    async def tick(self) -> None:
        """Tell what is due."""
        for tracker, send in self._trackers.items():
            for due in await self._store.due(tracker, time.time(), private=self._private, limit=_AT_ONCE):
                if not await self._tell(tracker, send, due):
                    break  # it does not answer now: the others can wait, too

    async def _tell(self, tracker: Tracker, send: Send, due: Due) -> bool:
        job = await self._jobs.get(due.job_id)
        if job is None:
            return True
        run = run_of(job, await self._jobs.metrics(job.id), due.progress.step)
        told = _word(run)
        news = bool(run.measured) or told != due.progress.told
        progress = Progress(run.measured[-1].step if run.measured else due.progress.step, told)
        answered = True
        if news:
            try:
                await send(run)
            except Exception as error:
                # Whatever a library raises: it is no business of jobs.
                progress = msgspec.structs.replace(due.progress, failures=due.progress.failures + 1)
                log.warning("not tracked", tracker=tracker, job=job.id, why=redact(f"{type(error).__name__}: {error}"))
                answered = False
        wait = self._between if answered else self._backoff.delay(progress.failures)
        over = answered and not news and job.state in states.ENDED
        await self._store.told(tracker, job.id, progress, next_look=time.time() + wait, over=over)
        return answered


def _word(run: Run) -> str:
    """For all but the figures."""
    rest = msgspec.structs.replace(run, measured=())
    return hashlib.sha256(msgspec.json.encode(rest, order="sorted")).hexdigest()[:16]

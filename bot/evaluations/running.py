"""Working on runs: those that are to run are begun, and each ends, is paused, or goes on where it was cut off."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec
import structlog

from bot.errors import BotError, Conflict, Denied, NotFound
from bot.evaluations.grading import plain_values
from bot.evaluations.run import R, Reason, Run, RunState, RunStore
from bot.notices.work_loop import WorkLoop
from bot.providers.interface import ProviderError
from training_files import TrainingFileError

log = structlog.get_logger()

FAILURES_IN_A_ROW: Final = 20
"""After so many of one model a run is paused: something is wrong that no patience mends."""
LOOK_EVERY: Final = 0.5
_SPEED_OF: Final = 30.0
_HOPELESS: Final = (TrainingFileError, NotFound, Conflict, Denied)


class Work:
    """A run while it is worked on. `why`: what keeps it from going on; `stopped`: no more is to be asked."""

    def __init__(self, run: Run) -> None:
        self.why: Reason | None = None
        self.stopped = False
        self._finished_at: deque[float] = deque()
        self._failed_in_a_row = dict.fromkeys(run.models, 0)

    def stop(self, why: Reason) -> None:
        """What is under way comes to its end; the run is paused."""
        self.why = self.why or why
        self.stopped = True

    def answered(self, model: str) -> None:
        self._failed_in_a_row[model] = 0
        self._finished_at.append(time.monotonic())
        while self._finished_at[0] < self._finished_at[-1] - _SPEED_OF:
            self._finished_at.popleft()

    def failed(self, model: str, why: Reason) -> None:
        """It gave no answer; where that goes on, the run stops."""
        self._failed_in_a_row[model] += 1
        if self._failed_in_a_row[model] >= FAILURES_IN_A_ROW:
            self.stop(why)

    def per_second(self) -> float | None:
        """Answers, over the last half minute."""
        now = time.monotonic()
        recent = [at for at in self._finished_at if at >= now - _SPEED_OF]
        return (len(recent) - 1) / (now - recent[0]) if len(recent) > 1 else None


W = TypeVar("W", bound=Work)


class Runs(ABC, Generic[R, W]):
    """Those of one kind. What is to be done is read from the store each time: nothing is queued."""

    def __init__(self, kind: str, store: RunStore[R], look_every: float) -> None:
        self._kind = kind
        self._runs = store
        self._look_every = look_every
        self._rounds = WorkLoop(f"{kind} runs", self._due, every=look_every)
        self._under_way: dict[str, W] = {}

    @abstractmethod
    def _begin(self, run: R) -> W: ...

    @abstractmethod
    async def _do(self, run: R, work: W) -> None:
        """Ask for what is missing and store the result, unless the work is stopped meanwhile."""

    async def run(self) -> None:
        """Until cancelled."""
        await self._rounds.run()

    async def look(self) -> None:
        """Begin with what is due now, without waiting for the next round."""
        await self._rounds.look()

    async def _due(self, _busy: Collection[str]) -> list[tuple[str, Callable[[], Coroutine[None, None, None]]]]:
        return [(each, partial(self.work, each)) for each in await self._runs.due()]

    async def work(self, run_id: str) -> None:
        """Until it has ended, is paused, or cannot go on; that is stored."""
        run = await self._runs.get(run_id)
        if run is None or run.state is not RunState.RUNNING:
            return
        self._under_way[run_id] = work = self._begin(run)
        try:
            async with self._watched(run, work):
                await self._do(run, work)
        except _HOPELESS as error:
            await self._stop(run, RunState.FAILED, reason_of(error))
            return
        except Exception as error:
            if _passes(error):
                raise
            # A fault of ours: the same answers would raise it again, for ever.
            log.exception("run failed", of=self._kind, run=run_id)
            await self._stop(run, RunState.FAILED, reason_of(BotError("no_result")))
            return
        finally:
            self._under_way.pop(run_id, None)
        if work.why is not None:
            await self._stop(run, RunState.PAUSED, work.why)

    @asynccontextmanager
    async def _watched(self, run: R, work: W) -> AsyncIterator[None]:
        """Somebody may pause it, or cancel it."""

        async def watch() -> None:
            while not work.stopped:
                await asyncio.sleep(self._look_every)
                with suppress(BotError):  # the store takes nothing for now
                    known = await self._runs.get(run.id)
                    work.stopped = work.stopped or known is None or known.state is not RunState.RUNNING

        watching = asyncio.create_task(watch(), name=f"watch {run.id}")
        try:
            yield
        finally:
            watching.cancel()

    async def _stop(self, run: R, state: RunState, why: Reason) -> None:
        log.warning("run stopped", run=run.id, state=state, why=why.kind)
        ended = time.time() if state is RunState.FAILED else None

        def stopped(known: R) -> R | None:
            if known.state is not RunState.RUNNING:
                return None
            return msgspec.structs.replace(known, state=state, why=why, finished_at=ended)

        await self._runs.change(run.id, stopped)


def reason_of(error: BotError | TrainingFileError) -> Reason:
    if isinstance(error, ProviderError) and error.is_answer:
        return Reason(str(error), by_provider=True)
    return Reason(error.kind, plain_values(error.values))


def _passes(error: Exception) -> bool:
    """Whether it may be another time: the store is locked, the disk full."""
    passing = (BotError, OSError)
    return error.subgroup(passing) is not None if isinstance(error, ExceptionGroup) else isinstance(error, passing)

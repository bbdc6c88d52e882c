"""Evaluations that are repeated: when the time has come, the same items are asked of the same models anew. Whether
their scores have drifted is computed with the result."""

import hashlib
import time
from collections.abc import Callable

import msgspec
import structlog

from bot.access import Action
from bot.audit import Entry
from bot.datasets.interfaces import DatasetStore
from bot.evaluations.evaluation import EvaluationStore, Repeat
from bot.evaluations.run import RunState

log = structlog.get_logger()

_DAY = 86_400.0


class EvaluationRepeats:
    """`clock`: seconds since the epoch."""

    def __init__(
        self, evaluations: EvaluationStore, datasets: DatasetStore, clock: Callable[[], float] = time.time
    ) -> None:
        self._evaluations = evaluations
        self._datasets = datasets
        self._clock = clock

    async def tick(self) -> None:
        """Begin those that are due, each once: what was missed while the bot was away is not made up for."""
        now = self._clock()
        for due in await self._evaluations.due_repeats(now):
            await self._begin(due, now)

    async def _begin(self, due: Repeat, now: float) -> None:
        first, last = await self._evaluations.get(due.evaluation), await self._evaluations.get(due.last)
        dataset = await self._datasets.get(first.dataset_id) if first else None
        if first is None or dataset is None or dataset.deleted_at is not None:
            log.info("no longer repeated, its file is gone", evaluation=due.evaluation)
            await self._evaluations.set_repeat(due.evaluation, None, None)
            return
        if last is not None and last.state in (RunState.RUNNING, RunState.PAUSED):
            # Two at a time would ask each other's questions.
            later = msgspec.structs.replace(due, next_at=now + _DAY)
            await self._evaluations.set_repeat(due.evaluation, later, None)
            return
        again = due.done + 1
        id = "eval-" + hashlib.sha256(f"{first.id}/{again}".encode()).hexdigest()[:12]
        compared = last.id if last is not None and last.state is RunState.FINISHED else first.id
        repetition = msgspec.structs.replace(
            first,
            id=id,
            created_at=now,
            state=RunState.RUNNING,
            why=None,
            finished_at=None,
            again=again,
            repeats=compared,
        )
        after = Repeat(first.id, due.days, now + due.days * _DAY, id, again)
        begun = Entry(f"repeat/{id}", now, first.owner, Action.EVALUATE, id, first.channel, details=first.id)
        await self._evaluations.open_repeat(repetition, after, begun)

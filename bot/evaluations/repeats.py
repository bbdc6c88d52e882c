"""Evaluations that are repeated: when the time has come, the same items are asked of the same models anew. Whether
their scores have drifted is computed with the result."""

import hashlib
import time
from collections.abc import Callable

import msgspec
import structlog

from bot.access import Action, Caller, Place
from bot.audit import Entry, Outcome
from bot.authority import Authority
from bot.datasets.interfaces import DatasetStore
from bot.errors import BotError, Conflict, Denied
from bot.evaluations.evaluation import Evaluation, EvaluationStore, Repeat
from bot.evaluations.run import RunState
from bot.jobs.notice import Notice, RepeatEnded
from bot.notices.interfaces import PostError, PostRefused
from bot.owners import NOT_THERE, People, ended_by, still_known

log = structlog.get_logger()

_DAY = 86_400.0


class EvaluationRepeats:
    """`clock`: seconds since the epoch."""

    def __init__(
        self,
        evaluations: EvaluationStore,
        datasets: DatasetStore,
        people: People,
        authority: Authority,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._evaluations = evaluations
        self._datasets = datasets
        self._people = people
        self._authority = authority
        self._clock = clock

    async def tick(self) -> None:
        """Begin those that are due, each once: what was missed while the bot was away is not made up for."""
        now = self._clock()
        for due in await self._evaluations.due_repeats(now):
            try:
                await self._begin(due, now)
            except PostError as error:  # that passes: it is due at the next tick, too
                log.info("repeated later", evaluation=due.evaluation, why=str(error))

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
        if (error := await self._ended_by(first, now)) is not None:
            await self._end(first, due, now, error)
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

    async def _ended_by(self, first: Evaluation, now: float) -> BotError | None:
        """Why its owner may not have it repeated any more. Raises PostError where Slack does not tell now."""
        place = Place(first.channel, alone=first.channel.startswith("D"))
        needs = [(Action.EVALUATE, first.resource)]
        private, without = first.private, Denied("evaluates_no_more")
        try:
            actor = await still_known(self._people, first.owner)
            if actor is None:
                return without
            caller = Caller(actor, first.team, first.channel, place, place, f"repeat/{first.id}/{now:.0f}", now)
            return await ended_by(self._people, self._authority, caller, needs, private=private, without=without)
        except PostRefused as error:
            if str(error) not in NOT_THERE:
                raise
            return Conflict("not_in_its_channel")

    async def _end(self, first: Evaluation, due: Repeat, now: float, error: BotError) -> None:
        """It repeats no more, and people hear why: where the bot may not post there any more, the owner does."""
        id, why, here = f"repeat/{first.id}/{due.done}/ended", str(error), error.kind != "not_in_its_channel"
        entry = Entry(id, now, first.owner, "repeat evaluation", first.id, first.channel, Outcome.REFUSED, why)
        channel, thread = (first.channel, first.thread_ts) if here else (first.owner, None)
        told = Notice(id, RepeatEnded(why), channel, first.resource, now, thread)
        await self._evaluations.set_repeat(first.id, None, entry, [told])

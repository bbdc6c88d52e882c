"""Running generations: rounds of questions, and the answer to each, until there are as many examples as were asked for,
or nothing new comes any more.

What is to be done is read from the store each time; what the teacher has said is kept by what it was asked. So a run
that was cut off asks only for what is missing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog

from bot.errors import Conflict, NotFound
from bot.evaluations.evaluation import Progress
from bot.evaluations.model_answers import Asked, Given, ModelAnswers, Payer, Stopped
from bot.evaluations.running import LOOK_EVERY, Runs, Work, reason_of
from bot.generation.check import with_answer
from bot.generation.diversity import Distinct
from bot.generation.generation import Counts, Draft, Generation, GenerationStore, State, Topic, Why, counts_of
from bot.generation.prompts import answer_asked, questions_asked, questions_in
from bot.generation.rounds import Batch, batches, next_round, sorted_out
from bot.providers.interface import Provider, ProviderError
from bot.spending.budget import OverBudget
from bot.spending.model_use import ModelSpending

log = structlog.get_logger()

_UNDER_WAY: Final = 64
_BARREN: Final = 3
"""Rounds in a row that bring next to nothing new, after which no more are begun."""
_NEXT_TO_NOTHING: Final = 0.1
_MOST_IN_VAIN: Final = 2
"""So many answers for each example that is wanted may be of no use; then no more are asked for."""
_LONG: Final = 80
"""Characters from which an answer that is like another is dropped; shorter ones may well be the same."""


class GenerationRuns(Runs[Generation, "_Making"]):
    def __init__(
        self,
        generations: GenerationStore,
        answers: ModelAnswers,
        spending: ModelSpending,
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        super().__init__(Generation.kind, generations, look_every)
        self._generations = generations
        self._answers = answers
        self._spending = spending

    async def counts(self, generation: Generation) -> Counts:
        return counts_of(await self._generations.drafts(generation.id))

    async def progress(self, generation: Generation) -> Progress:
        """Of the examples that are wanted, with what they have cost so far, and how fast it goes."""
        spent, counts = await self._spending.of(generation.id), await self.counts(generation)
        work = self._under_way.get(generation.id)
        speed = work.per_second() if work is not None else None
        wanted, done = generation.instructions.n, counts.kept + counts.dropped.get(Why.BY_PERSON, 0)
        return Progress(
            done=min(done, wanted),
            of=wanted,
            failed=counts.states.get(State.FAILED, 0),
            usd=spent.usd,
            unknown_price=spent.unknown > 0,
            per_second=speed,
            seconds_left=max(0, wanted - done) / speed if speed else None,
        )

    def _begin(self, run: Generation) -> "_Making":
        return _Making(run, self._generations, self._answers)

    async def _do(self, run: Generation, work: "_Making") -> None:
        await work.make()
        if work.stopped:
            return
        counts = await self.counts(run)
        if not counts.kept and not counts.dropped.keys() & {Why.BY_PERSON, Why.WITHDRAWN}:
            await self._generations.change(run.id, lambda known: msgspec.structs.replace(known, exhausted=False))
            raise Conflict("nothing_generated", model=run.teacher)
        await self._generations.set_result(run.id, msgspec.json.encode(counts), time.time())


class _Making(Work):
    """One generation while it is worked on."""

    def __init__(self, generation: Generation, store: GenerationStore, answers: ModelAnswers) -> None:
        super().__init__(generation)
        self._generation = generation
        self._told = generation.instructions
        self._store = store
        self._answers = answers
        self._payer = Payer(generation.owner, generation.channel, generation.id)
        self._exhausted = generation.exhausted
        self._barren = 0
        self._empty = 0
        self._fault: Exception | None = None
        self._comparing = asyncio.Lock()

    async def make(self) -> None:
        """Until nothing is missing, or it is to stop: what is under way then comes to its end."""
        provider = await self._answers.provider_of(self._generation.teacher)
        while True:
            topics = await self._store.topics(self._generation.id)
            if any(one.forgotten for one in topics):  # replies that were under way then have come since
                await self._store.erase_replies(self._generation.id)
            if self.stopped:
                break
            known = [number for number, one in enumerate(topics) if not one.forgotten]
            drafts = await self._store.drafts(self._generation.id)
            if any(one.state is State.ASKED for one in drafts):
                await self._answer(topics, drafts, provider)
            elif not self._exhausted and _in_vain(drafts) > _MOST_IN_VAIN * self._told.n + _BARREN:
                await self._exhaust()
            elif not self._exhausted and (asked := batches(self._told, known, drafts)):
                await self._question(topics, drafts, asked, provider)
            else:
                break
        if self._fault is not None:
            raise self._fault

    async def _question(
        self, topics: Sequence[Topic], drafts: Sequence[Draft], asked: Sequence[Batch], provider: Provider
    ) -> None:
        """One round. It is stored whole, or asked again, which costs nothing for what has been answered."""
        round = next_round(drafts) + self._empty
        found: list[list[str]] = [[] for _ in asked]

        async def ask(number: int, batch: Batch) -> None:
            if (await self._store.topics(self._generation.id))[batch.topic].forgotten:
                return
            question = questions_asked(
                self._generation,
                topics[batch.topic],
                batch.count,
                answerable=batch.answerable,
                round=round,
                place=batch.place,
                earlier=[one.question for one in drafts if one.topic == batch.topic],
            )
            try:
                given = await self._get(question, provider)
            except (ProviderError, NotFound) as error:
                self.failed(self._generation.teacher, reason_of(error))
                failures.append(error)
                return
            found[number] = questions_in(given.answer.content, batch.count)

        failures: list[ProviderError | NotFound] = []
        await self._all([partial(ask, number, batch) for number, batch in enumerate(asked)])
        if len(failures) == len(asked):
            self.stop(reason_of(failures[-1]))
        if self.stopped:
            return
        brought = await asyncio.to_thread(sorted_out, self._told, drafts, round, asked, found)
        new = sum(one.state is State.ASKED for one in brought)
        enough = _NEXT_TO_NOTHING * sum(batch.count for batch in asked)
        self._barren = self._barren + 1 if new < enough else 0
        self._empty = 0 if brought else self._empty + 1
        await self._store.add(self._generation.id, brought)
        if self._barren >= _BARREN:
            await self._exhaust()

    async def _exhaust(self) -> None:
        log.info("no more is asked for", generation=self._generation.id)
        self._exhausted = True
        await self._store.change(self._generation.id, lambda known: msgspec.structs.replace(known, exhausted=True))

    async def _answer(self, topics: Sequence[Topic], drafts: Sequence[Draft], provider: Provider) -> None:
        kept = (one.answer for one in drafts if one.state is State.KEPT)
        seen = Distinct(answer for answer in kept if len(answer) >= _LONG)

        async def answer(draft: Draft) -> None:
            if await self._store.draft(self._generation.id, draft.number) != draft:
                return  # the words that it was drawn from were taken back meanwhile
            try:
                given = await self._get(answer_asked(self._generation, topics[draft.topic], draft), provider)
            except (ProviderError, NotFound) as error:
                reason = reason_of(error)
                log.warning("no answer", generation=self._generation.id, why=reason.kind)
                self.failed(self._generation.teacher, reason)  # before it is stored, or others would be asked meanwhile
                await self._replace(draft, msgspec.structs.replace(draft, state=State.FAILED))
                return
            made = await asyncio.to_thread(with_answer, draft, given.answer, self._told.system)
            if made.state is State.KEPT and made.answerable and len(made.answer) >= _LONG:
                async with self._comparing:
                    if not await asyncio.to_thread(seen.add, made.answer):
                        made = msgspec.structs.replace(made, state=State.DROPPED, why=Why.NEAR_DUPLICATE)
            await self._replace(draft, made)

        await self._all([partial(answer, one) for one in drafts if one.state is State.ASKED])

    async def _replace(self, was: Draft, now: Draft) -> None:
        await self._store.replace(self._generation.id, was, now)

    async def _get(self, asked: Asked, provider: Provider) -> Given:
        given = await self._answers.get(asked, self._payer, provider, lambda: self.stopped)
        self.answered(self._generation.teacher)
        return given

    async def _all(self, asking: Sequence[Callable[[], Awaitable[None]]]) -> None:
        """Several at a time."""
        room = asyncio.Semaphore(_UNDER_WAY)
        async with asyncio.TaskGroup() as group:
            for one in asking:
                await room.acquire()
                if self.stopped:
                    break
                group.create_task(self._one(one)).add_done_callback(lambda _: room.release())

    async def _one(self, asking: Callable[[], Awaitable[None]]) -> None:
        try:
            await asking()
        except Stopped:
            pass
        except OverBudget as error:
            self.stop(reason_of(error))
        except Exception as error:  # raised once those that are under way, and paid for, have come to their end
            self._fault = self._fault or error
            self.stopped = True


def _in_vain(drafts: Sequence[Draft]) -> int:
    """Answers that were asked for and are of no use, whatever people dropped aside."""
    return sum(
        one.state is State.FAILED
        or (
            one.state is State.DROPPED
            and one.why not in (Why.BY_PERSON, Why.WITHDRAWN)
            and not one.is_like_another_question
        )
        for one in drafts
    )

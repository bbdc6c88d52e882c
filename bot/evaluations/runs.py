"""Running evaluations: items are asked of the models, graded, and counted, as long as there is something to ask.

What is to be done is read from the store each time: nothing is queued, and a run that was cut off goes on where it was.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path as FilePath
from typing import Final

import msgspec
import structlog

from bot.datasets.file_store import FileStore
from bot.datasets.interfaces import DatasetStore
from bot.errors import NotFound
from bot.evaluations.control import control_items
from bot.evaluations.evaluation import DrawnItem, Evaluation, EvaluationStore, GradeRow, Item, Place, Progress
from bot.evaluations.grading import GRADED_WITHIN, Ungraded, grade_all, judged, may_take, plain_values
from bot.evaluations.items import items_in
from bot.evaluations.model_answers import Asked, KeptJudge, ModelAnswers, Payer, Stopped
from bot.evaluations.result import Scores, compute
from bot.evaluations.run import Reason
from bot.evaluations.running import LOOK_EVERY, Runs, Work, reason_of
from bot.jobs.interfaces import JobStore
from bot.providers.interface import Provider, ProviderError
from bot.spending.budget import OverBudget
from bot.spending.model_use import ModelSpending
from bot.worker_processes import Pool, WorkerPools
from graders.errors import GraderError
from graders.grader import needs_embeddings, needs_model
from graders.reading import grader_of
from training_files import TrainingFileError

log = structlog.get_logger()

_READ_AT_ONCE: Final = 32
_GRADED_AT_ONCE: Final = 64
_GRADED_EVERY: Final = 1.0
_UNDER_WAY: Final = 128
_ANY_TEXT: Final = "text"


class EvaluationRuns(Runs[Evaluation, "_Asking"]):
    def __init__(
        self,
        evaluations: EvaluationStore,
        answers: ModelAnswers,
        spending: ModelSpending,
        jobs: JobStore,
        datasets: DatasetStore,
        file_store: FileStore,
        pools: WorkerPools,
        *,
        look_every: float = LOOK_EVERY,
        trusted: frozenset[str] = frozenset(),
    ) -> None:
        """`trusted`: the sources of Python graders that may run."""
        super().__init__(Evaluation.kind, evaluations, look_every)
        self._evaluations = evaluations
        self._answers = answers
        self._spending = spending
        self._jobs = jobs
        self._datasets = datasets
        self._file_store = file_store
        self._pools = pools
        self._trusted = trusted

    async def progress(self, evaluation: Evaluation) -> Progress:
        """With what it has cost so far, and how fast it goes."""
        spent = await self._spending.of(evaluation.id)
        known = await self._evaluations.progress(evaluation)
        run = self._under_way.get(evaluation.id)
        speed = run.per_second() if run is not None else None
        return msgspec.structs.replace(
            known,
            usd=spent.usd,
            unknown_price=spent.unknown > 0,
            per_second=speed,
            seconds_left=(known.of - known.done) / speed if speed else None,
        )

    def _begin(self, run: Evaluation) -> "_Asking":
        return _Asking(run, self._evaluations, self._answers, self._pools, self._trusted)

    async def _do(self, run: Evaluation, work: "_Asking") -> None:
        await work.look()
        await self._ask(work)
        if not work.stopped:
            await self._finish(run, work.items)

    async def _ask(self, work: "_Asking") -> None:
        evaluation = work.evaluation
        if not work.missing:
            await work.ask(None)
            return
        dataset = await self._datasets.get(evaluation.dataset_id)
        if dataset is None or dataset.deleted_at is not None:
            raise NotFound("copy_gone", file=evaluation.file_name)
        async with self._file_store.reading(dataset) as path:
            await work.ask(path)

    async def _finish(self, evaluation: Evaluation, items: Sequence[DrawnItem]) -> None:
        result = await self._pools.run(compute, await self._scores(evaluation, items), pool=Pool.GRADING)
        await self._evaluations.set_result(evaluation.id, msgspec.json.encode(result), time.time())

    async def _scores(self, evaluation: Evaluation, items: Sequence[DrawnItem]) -> Scores:
        made = await self._jobs.models(evaluation.models)
        places = {model: place for place, model in enumerate(evaluation.models)}
        of_jobs: list[list[int]] = [
            [places[model] for model in evaluation.models if model in made and made[model].id == job_id]
            for job_id in {job.id for job in made.values()}
        ]
        return Scores(
            models=evaluation.models,
            task=evaluation.task,
            labels=evaluation.labels,
            items=tuple(items),
            rows=tuple(await self._evaluations.grades(evaluation.id)),
            seed=evaluation.seed,
            earlier=tuple(await self._evaluations.grades(evaluation.repeats)) if evaluation.repeats else (),
            failed=tuple(await self._evaluations.failures(evaluation.id)),
            probabilities=await self._evaluations.probabilities(evaluation.id) if evaluation.labels else {},
            checkpoints=tuple(sorted(of_jobs, key=len)[-1]) if of_jobs else (),
            parents={
                places[model]: places[job.parent]
                for model, job in made.items()
                if job.parent in places and places[job.parent] != places[model]
            },
        )


class _Asking(Work):
    """One evaluation while it is worked on."""

    def __init__(
        self,
        evaluation: Evaluation,
        store: EvaluationStore,
        answers: ModelAnswers,
        pools: WorkerPools,
        trusted: frozenset[str],
    ) -> None:
        super().__init__(evaluation)
        self.evaluation = evaluation
        self.items: list[DrawnItem] = []
        self.missing: dict[tuple[int, int], DrawnItem] = {}
        self._missing_control: dict[int, DrawnItem] = {}
        self._store = store
        self._answers = answers
        self._pools = pools
        self._payer = Payer(evaluation.owner, evaluation.channel, evaluation.id)
        self._trusted = trusted
        self._judge = KeptJudge(answers, self._payer, evaluation.file, kept_in=evaluation.kept_in)
        self._grader = msgspec.json.encode(evaluation.grader)
        self._embedder = answers.embedder(evaluation.models, self._payer, evaluation.file, evaluation.kept_in)
        grader = grader_of(evaluation.grader)
        self._asks_vectors = needs_embeddings(grader)
        self._asks_model = self._asks_vectors or needs_model(grader)
        self._done: set[Place] = set()
        self._graded_at = time.monotonic()
        self._waiting: list[tuple[Ungraded, str, bool]] = []
        self._may_take = 0.0
        self._fault: Exception | None = None

    async def look(self) -> None:
        """See what is there, and what is missing."""
        evaluation = self.evaluation
        self.items = await self._store.items(evaluation.id)
        self._done = {*await self._store.answered(evaluation.id), *await self._store.failures(evaluation.id)}
        wanted = [item for item in self.items if any(place not in self._done for place in self._places(item.number))]
        self.missing = {(item.line, item.turn): item for item in wanted if not item.control}
        self._missing_control = {item.line: item for item in wanted if item.control}

    def _places(self, number: int) -> Iterator[Place]:
        for sample in range(self.evaluation.samples):
            for model in range(len(self.evaluation.models)):
                yield Place(model, number, sample)

    async def ask(self, path: FilePath | None) -> None:
        """Ask for all that is missing, of the file and of the control set; what is under way when it is to stop, comes
        to its end."""
        await self._try_vectors()
        providers = [await self._answers.provider_of(model) for model in self.evaluation.models]
        room = asyncio.Semaphore(_UNDER_WAY)
        unreadable: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                async for question in self._questions(path):
                    for place in self._places(question.number):
                        if place in self._done:
                            continue
                        await room.acquire()
                        if self.stopped:
                            break
                        one = self._one(question, place, providers[place.model])
                        group.create_task(one).add_done_callback(lambda _: room.release())
                    if self.stopped:
                        break
        except* TrainingFileError as errors:
            unreadable = errors.exceptions[0]
        if self._fault is not None:
            raise self._fault
        await self._grade()
        if unreadable is not None:
            raise unreadable

    async def _try_vectors(self) -> None:
        """Without them no answer is worth its price."""
        if not (self._asks_vectors and self._embedder and (self.missing or self._missing_control)):
            return
        try:
            await self._embedder.embed([_ANY_TEXT])
        except GraderError as error:
            self.stop(Reason(error.kind, plain_values(error.values)))
        except OverBudget as error:
            self.stop(reason_of(error))

    async def _questions(self, path: FilePath | None) -> AsyncIterator["_Question"]:
        for one in control_items():
            if (drawn := self._missing_control.get(one.item.line)) is not None:
                yield _Question(drawn.number, one.item, drawn.prompt, msgspec.json.encode(one.grader), control=True)
        if path is None:
            return
        reading = items_in(path, set(self.missing))
        while batch := await asyncio.to_thread(_next, reading):
            for item in batch:
                drawn = self.missing[item.line, item.turn]
                yield _Question(drawn.number, item, drawn.prompt, self._grader)

    async def _one(self, question: "_Question", place: Place, provider: Provider) -> None:
        if self.stopped:
            return
        try:
            await self._asked(question, place, provider)
        except Stopped:
            return
        except OverBudget as error:
            self.stop(reason_of(error))
        except Exception as error:  # raised once those that are under way, and paid for, have come to their end
            self._fault = self._fault or error
            self.stopped = True

    async def _asked(self, question: "_Question", place: Place, provider: Provider) -> None:
        evaluation, model, item = self.evaluation, self.evaluation.models[place.model], question.item
        how = evaluation.asked_how(model, control=question.control)
        # The words of the control set come from no file that could be deleted, and from no place.
        file, kept_in = ("", "") if question.control else (evaluation.file, evaluation.kept_in)
        asked = Asked(
            model,
            item.messages,
            question.prompt,
            file,
            how,
            item.tools,
            evaluation.sample_number(place.sample),
            kept_in,
        )
        try:
            given = await self._answers.get(asked, self._payer, provider, lambda: self.stopped)
        except (ProviderError, NotFound) as error:  # all else is no failure of the model's
            await self._failed(place, reason_of(error))
            return
        self.answered(model)
        ungraded = Ungraded(place, item.fields, given.answer, question.grader, how.labels)
        if self._asks_model and not question.control:
            row = await judged(ungraded, self._judge, self._pools, self._trusted, self._embedder)
            await self._record([row], {place: given.key}, int(given.cached))
            return
        self._waiting.append((ungraded, given.key, given.cached))
        self._may_take += may_take(ungraded, self._trusted)
        # All evaluations share one process: none may have it for long.
        are_enough = len(self._waiting) >= _GRADED_AT_ONCE or self._may_take >= GRADED_WITHIN
        if are_enough or time.monotonic() - self._graded_at >= _GRADED_EVERY:
            await self._grade()

    async def _failed(self, place: Place, reason: Reason) -> None:
        model = self.evaluation.models[place.model]
        log.warning("no answer", evaluation=self.evaluation.id, model=model, why=reason.kind)
        self.failed(model, reason)  # before it is stored, or others would be asked meanwhile
        await self._store.fail(self.evaluation.id, place, reason)

    async def _grade(self) -> None:
        waiting, self._waiting = self._waiting, []
        seconds, self._may_take = GRADED_WITHIN + self._may_take, 0.0
        self._graded_at = time.monotonic()
        if not waiting:
            return
        ungraded = [one for one, _, _ in waiting]
        try:
            rows = await self._pools.run(grade_all, ungraded, self._trusted, pool=Pool.GRADING, seconds=seconds)
        except TrainingFileError as error:  # an answer that no worker lives through, or not in time
            rows = [GradeRow(one.place, None, fault=reason_of(error)) for one in ungraded]
        await self._record(rows, {one.place: key for one, key, _ in waiting}, sum(cached for _, _, cached in waiting))

    async def _record(self, rows: Sequence[GradeRow], keys: Mapping[Place, str], cached: int) -> None:
        await self._store.record(self.evaluation.id, keys, rows, cached)


class _Question(msgspec.Struct, frozen=True):
    """An item to be asked; `prompt` is its hash, `grader` JSON."""

    number: int
    item: Item
    prompt: str
    grader: bytes
    control: bool = False


def _next(items: Iterator[Item]) -> list[Item]:
    return list(islice(items, _READ_AT_ONCE))

"""Running checks of judges: what a judge has not said yet is asked, and what came of it is worked out.

Each question is gone through again after a pause or a crash; what has been answered is kept, and costs nothing.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from bot.evaluations.evaluation import Progress
from bot.evaluations.grading import plain_values
from bot.evaluations.model_answers import KeptJudge, ModelAnswers, Payer, Stopped
from bot.evaluations.run import Reason
from bot.evaluations.running import LOOK_EVERY, Runs, Work, reason_of
from bot.judges.asking import Material, Question, Questions
from bot.judges.check import JudgeCheck, JudgeCheckStore
from bot.spending.budget import OverBudget
from bot.spending.model_use import ModelSpending
from graders.errors import GraderError
from graders.grading import Embedder
from graders.sample import Judge

_UNDER_WAY: Final = 64
_TOLD_EVERY: Final = 1.0


class JudgeRuns(Runs[JudgeCheck, "_Asking"]):
    def __init__(
        self,
        checks: JudgeCheckStore,
        material: Callable[[JudgeCheck], Material],
        answers: ModelAnswers,
        spending: ModelSpending,
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        super().__init__(JudgeCheck.kind, checks, look_every)
        self._checks = checks
        self._material = material
        self._answers = answers
        self._spending = spending

    async def progress(self, check: JudgeCheck) -> Progress:
        """Of the answers and pairs that are judged, with what that has cost so far, and how fast it goes."""
        spent, done = await self._spending.of(check.id), await self._checks.done(check.id)
        work = self._under_way.get(check.id)
        speed = work.per_second() if work is not None else None
        return Progress(
            done=min(done, check.total),
            of=check.total,
            usd=spent.usd,
            unknown_price=spent.unknown > 0,
            per_second=speed,
            seconds_left=(check.total - done) / speed if speed else None,
        )

    def _begin(self, run: JudgeCheck) -> "_Asking":
        return _Asking(run, self._checks)

    async def _do(self, run: JudgeCheck, work: "_Asking") -> None:
        material = self._material(run)
        questions = await material.questions(run)
        payer = Payer(run.owner, run.channel, run.id)
        judge = _WatchedJudge(KeptJudge(self._answers, payer, questions.file, lambda: work.stopped, run.kept_in), work)
        found = await work.ask(questions, judge, self._answers.embedder(run.models, payer, questions.file, run.kept_in))
        if judge.why is not None and not judge.has_answered:
            work.stop(judge.why)
        if not work.stopped:
            await self._checks.set_result(run.id, await material.report(run, found), time.time())


class _Asking(Work):
    """One check while it is worked on."""

    def __init__(self, check: JudgeCheck, store: JudgeCheckStore) -> None:
        super().__init__(check)
        self._check = check
        self._store = store
        self._done = 0
        self._told_at = 0.0
        self._fault: Exception | None = None

    async def ask(self, questions: Questions, judge: Judge, embedder: Embedder | None) -> list[Any]:
        """What each question gave, in their order; what is under way when it is to stop, comes to its end."""
        room = asyncio.Semaphore(_UNDER_WAY)
        asked: list[asyncio.Task[Any]] = []
        async with aclosing(questions.each), asyncio.TaskGroup() as group:
            try:
                async for question in questions.each:
                    await room.acquire()
                    if self.stopped:
                        break
                    asked.append(task := group.create_task(self._one(question, judge, embedder)))
                    task.add_done_callback(lambda _: room.release())
            except Exception as error:
                self._fail(error)
        if self._fault is not None:
            raise self._fault
        await self._store.set_done(self._check.id, self._done)
        return [task.result() for task in asked]

    async def _one(self, question: Question, judge: Judge, embedder: Embedder | None) -> Any:
        try:
            found = await question(judge, embedder)
            self._done += 1
            if time.monotonic() - self._told_at >= _TOLD_EVERY:
                self._told_at = time.monotonic()
                await self._store.set_done(self._check.id, self._done)
            return found
        except Stopped:
            pass
        except OverBudget as error:
            self.stop(reason_of(error))
        except Exception as error:
            self._fail(error)
        return None

    def _fail(self, error: Exception) -> None:
        """It is raised once those that are under way, and paid for, have come to their end."""
        self._fault = self._fault or error
        self.stopped = True


class _WatchedJudge:
    """A judge that fails again and again stops the work; else what it did not answer counts as unreadable. `why` it
    failed the last time."""

    def __init__(self, judge: KeptJudge, work: Work) -> None:
        self.has_answered = False
        self.why: Reason | None = None
        self._judge = judge
        self._work = work

    async def ask(self, model: str, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]) -> str:
        try:
            said = await self._judge.ask(model, messages, parameters)
        except GraderError as error:
            self.why = Reason(error.kind, plain_values(error.values))
            self._work.failed(model, self.why)
            raise
        self.has_answered = True
        self._work.answered(model)
        return said

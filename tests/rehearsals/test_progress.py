"""How a rehearsal goes: what is evaluated when, that its end is told once, and what it says."""

from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import msgspec
import pytest

from bot.errors import NotFound
from bot.evaluations.differences import Differences
from bot.evaluations.evaluation import DrawnItem, GradeRow, Place, Task
from bot.evaluations.evaluations import Evaluations
from bot.evaluations.result import Result, Scores, compute
from bot.evaluations.run import Reason, RunState
from bot.evaluations.statistics import compare
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import GroupEnded
from bot.providers.interface import Unreachable
from bot.rehearsals import progress as stages
from bot.rehearsals.progress import RehearsalProgress
from bot.rehearsals.rehearsal import Rehearsal
from bot.rehearsals.verdict import MoreData, more_data
from bot.store.database import Database
from bot.store.outbox import SqlCardStore
from handlers.blocks.rehearsal import rehearsal_card, render
from tests.rehearsals.conftest import SMALL, Stage

N = 100


class Evaluating:
    """Notes what is evaluated; `answers` come first: errors that are raised. `result`: once it has finished."""

    def __init__(self, *answers: Exception) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.answers = list(answers)
        self.found: Result | None = None
        self.state, self.why = RunState.RUNNING, cast(Reason | None, None)

    async def start(self, _caller: Any, _origin: Any, request: Any) -> Any:
        self.asked.append(request.models)
        if self.answers:
            raise self.answers.pop(0)
        return AsyncMock(id="eval-1")

    async def get(self, _evaluation: str) -> Any:
        return Mock(id="eval-1", state=RunState.FINISHED if self.found else self.state, why=self.why)

    async def result(self, _evaluation: str) -> bytes | None:
        return msgspec.json.encode(self.found) if self.found else None


async def ended(stage: Stage, jobs: list[Job], state: str = states.SUCCEEDED) -> None:
    for job in jobs:
        model = f"ft:{job.suffix}" if state == states.SUCCEEDED else None

        def end(known: Job, model: str | None = model) -> JobUpdate:
            return JobUpdate(msgspec.structs.replace(known, state=state, fine_tuned_model=model), followed=False)

        await stage.jobs.update(job.id, end)


def going(stage: Stage, database: Database, evaluating: Evaluating) -> RehearsalProgress:
    evaluations, store = cast(Evaluations, evaluating), cast(Any, evaluating)
    words = cast(Differences, Mock())
    return RehearsalProgress(stage.groups, stage.jobs, evaluations, store, words, SqlCardStore(database))


async def known(stage: Stage, rehearsal: Rehearsal) -> Rehearsal:
    found = await stage.groups.get(rehearsal.id)
    assert isinstance(found, Rehearsal)
    return found


def right(*shares: float, models: tuple[str, ...]) -> Result:
    """Of an evaluation in which each model had such a share of the items right, the first ones."""
    items = tuple(DrawnItem(n, n + 1, 0, f"p{n}") for n in range(N))
    rows = tuple(
        GradeRow(Place(model, n), float(n < share * N), n < share * N)
        for model, share in enumerate(shares)
        for n in range(N)
    )
    return compute(Scores(models, Task.TEXT, (), items, rows, seed=1))


async def test_once_the_model_is_there_it_and_the_base_model_answer_what_was_held_out(
    stage: Stage, database: Database
) -> None:
    await stage.dropped(30)
    rehearsal, jobs = await stage.begun()
    evaluating = Evaluating(Unreachable("gone"))
    progress = going(stage, database, evaluating)
    await progress.advance(rehearsal)
    assert evaluating.asked == []
    await ended(stage, jobs)
    await progress.advance(rehearsal)
    await progress.advance(await known(stage, rehearsal))
    await progress.advance(await known(stage, rehearsal))
    models = (SMALL, "ft:train-rehearsal")
    assert evaluating.asked == [models, models], "tried again, and then no more"
    evaluating.found = right(0.1, 0.9, models=models)
    await progress.advance(await known(stage, rehearsal))
    assert (await known(stage, rehearsal)).ended
    assert await stage.groups.open_rehearsals() == []
    standing = await progress.look(await known(stage, rehearsal))
    assert standing.base is not None
    assert standing.learned is not None
    assert (standing.base.value, standing.learned.gain) == (0.1, pytest.approx(0.8))


async def test_without_a_model_it_ends(stage: Stage, database: Database) -> None:
    await stage.dropped(30)
    rehearsal, jobs = await stage.begun()
    await ended(stage, jobs, states.FAILED)
    progress = going(stage, database, Evaluating())
    await progress.advance(rehearsal)
    assert (await progress.look(await known(stage, rehearsal))).stage is stages.Stage.NOT_TRAINED
    assert (await known(stage, rehearsal)).ended


async def test_what_cannot_be_evaluated_ends_with_the_reason(stage: Stage, database: Database) -> None:
    await stage.dropped(30)
    rehearsal, jobs = await stage.begun()
    await ended(stage, jobs)
    progress = going(stage, database, Evaluating(NotFound("copy_gone", file="held-out.jsonl")))
    await progress.advance(rehearsal)
    told = await known(stage, rehearsal)
    assert told.not_evaluated is not None
    assert told.not_evaluated.kind == "copy_gone"
    await progress.advance(told)
    assert (await known(stage, rehearsal)).ended


@pytest.mark.parametrize(
    ("state", "why", "said"),
    [
        (RunState.FAILED, Reason("copy_gone", {"file": "held-out.jsonl"}), "held-out.jsonl"),
        (RunState.CANCELLED, None, "cancelled"),
    ],
)
async def test_an_evaluation_that_comes_to_nothing_is_said_with_its_reason(
    stage: Stage, database: Database, state: RunState, why: Reason | None, said: str
) -> None:
    await stage.dropped(30)
    rehearsal, jobs = await stage.begun()
    await ended(stage, jobs)
    evaluating = Evaluating()
    progress = going(stage, database, evaluating)
    await progress.advance(rehearsal)
    evaluating.state, evaluating.why = state, why
    await progress.advance(await known(stage, rehearsal))
    told = await known(stage, rehearsal)
    assert told.ended
    assert said in render(GroupEnded(), told, await progress.look(told)).text
    assert said in rehearsal_card(told, await progress.look(told), {}).text


@pytest.mark.parametrize(
    ("half", "base", "quarter", "whole", "said"),
    [
        (0.4, 0.1, 0.2, 0.8, MoreData.HELPS),
        (0.9, 0.1, 0.9, 0.9, MoreData.PROBABLY_NOT),
        (0.5, 0.1, 0.4, 0.54, MoreData.CANNOT_TELL),
        (0.1, 0.1, 0.1, 0.1, MoreData.NOT_LEARNED),
    ],
)
async def test_a_curve_says_whether_more_data_would_help_by_its_last_doubling(
    stage: Stage, database: Database, half: float, base: float, quarter: float, whole: float, said: MoreData
) -> None:
    await stage.dropped(60)
    rehearsal, jobs = await stage.begun(curve=True)
    await ended(stage, jobs)
    evaluating = Evaluating()
    progress = going(stage, database, evaluating)
    await progress.advance(rehearsal)
    assert evaluating.asked == [("ft:train-curve-50", SMALL, "ft:train-curve-25", "ft:train-curve-100")]
    evaluating.found = right(half, base, quarter, whole, models=evaluating.asked[0])
    standing = await progress.look(await known(stage, rehearsal))
    assert [one.score.value for one in standing.trained if one.score] == pytest.approx([quarter, half, whole], abs=0.01)
    assert more_data(standing, N) is said
    unsure = msgspec.structs.replace(standing, base_against_half=compare([0.0, 1.0] * 3, [0.0] * 6))
    if said is not MoreData.HELPS:
        assert more_data(unsure, N) is MoreData.CANNOT_TELL, "that it has not learned is not shown by so few either"
    assert more_data(standing, 9) is MoreData.CANNOT_TELL, "of so few nothing is said"

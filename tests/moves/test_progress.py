"""How a move goes: what is evaluated when, and that its end is told once."""

from typing import Any, cast
from unittest.mock import AsyncMock

import msgspec
import pytest

from bot.errors import Conflict, Invalid, NotFound
from bot.evaluations.evaluations import Evaluations
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Loss, Origin
from bot.moves.move import Move
from bot.moves.planning import MoveRequest
from bot.moves.progress import MoveProgress, Stage
from bot.providers.interface import Unreachable
from bot.store.database import Database, StoreTrouble
from bot.store.outbox import SqlCardStore
from tests.moves.conftest import HOME_MODEL, MakeWorkshop, Workshop
from tests.slack_requests import a_caller

HERE = Origin("T0ACME", "C0TRAINING", False)


class Evaluating:
    """Notes what is evaluated; `answers` come first: errors that are raised."""

    def __init__(self, *answers: Exception) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.answers = list(answers)

    async def start(self, _caller: Any, _origin: Origin, request: Any) -> Any:
        self.asked.append(request.models)
        if self.answers:
            raise self.answers.pop(0)
        return AsyncMock(id="eval-1")


async def moved(workshop: Workshop, database: Database, **changes: Any) -> Move:
    """A move of one model, whose job has ended."""
    await workshop.made("support")
    move = await workshop.moves.start(a_caller(), MoveRequest("home", HOME_MODEL), HERE, "command/1")
    await workshop.submitter.settled()

    def end(job: Job) -> JobUpdate:
        ended = {"state": states.SUCCEEDED, "fine_tuned_model": "new", **changes}
        return JobUpdate(msgspec.structs.replace(job, **ended), followed=False)

    await workshop.jobs.update(move.models[0].job_id, end)
    return move


def progress(workshop: Workshop, database: Database, evaluating: Evaluating) -> MoveProgress:
    return MoveProgress(workshop.groups, cast(Evaluations, evaluating), workshop.evaluations, SqlCardStore(database))


async def known(workshop: Workshop, move: Move) -> Move:
    found = await workshop.groups.get(move.id)
    assert isinstance(found, Move)
    return found


async def test_when_a_successor_is_there_both_are_evaluated_once(
    make_workshop: MakeWorkshop, database: Database
) -> None:
    workshop, evaluating = make_workshop(), Evaluating()
    move = await moved(workshop, database)
    going = progress(workshop, database, evaluating)
    await going.advance(move)
    await going.advance(await known(workshop, move))
    assert evaluating.asked == [(move.models[0].model, "new")]
    assert (await known(workshop, move)).models[0].evaluation == "eval-1"


async def test_the_training_file_is_asked_where_nothing_was_held_out_and_the_new_model_alone_where_the_old_is_gone(
    make_workshop: MakeWorkshop, database: Database
) -> None:
    workshop, evaluating = make_workshop(), Evaluating(Invalid("which_file_to_evaluate"), NotFound("no_such_model"))
    move = await moved(workshop, database)
    await progress(workshop, database, evaluating).advance(move)
    old = move.models[0].model
    assert evaluating.asked == [(old, "new"), (old, "new"), ("new",)]
    assert (await known(workshop, move)).models[0].evaluation == "eval-1"


async def test_a_provider_that_is_away_is_asked_again_and_what_cannot_be_evaluated_says_why_and_ends_the_move(
    make_workshop: MakeWorkshop, database: Database
) -> None:
    workshop = make_workshop()
    evaluating = Evaluating(Unreachable("unreachable"), Conflict("over"))
    move = await moved(workshop, database)
    going = progress(workshop, database, evaluating)
    await going.advance(move)
    assert (await going.look(await known(workshop, move)))[0].stage is Stage.EVALUATING
    await going.advance(await known(workshop, move))
    (moving,) = await going.look(await known(workshop, move))
    assert moving.stage is Stage.NOT_EVALUATED
    assert moving.moved.not_evaluated is not None
    assert moving.moved.not_evaluated.kind == "over"
    for _ in range(2):
        await going.advance(await known(workshop, move))
    assert (await known(workshop, move)).ended
    assert await workshop.groups.open_moves() == []
    assert await told(database, move) == 1


async def test_trouble_of_the_store_is_waited_out(make_workshop: MakeWorkshop, database: Database) -> None:
    workshop, evaluating = make_workshop(), Evaluating(StoreTrouble("store_trouble", trouble="locked"))
    move = await moved(workshop, database)
    going = progress(workshop, database, evaluating)
    with pytest.raises(StoreTrouble):
        await going.advance(move)
    await going.advance(await known(workshop, move))
    assert (await known(workshop, move)).models[0].evaluation == "eval-1"


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({"state": states.FAILED, "fine_tuned_model": None}, Stage.NOT_TRAINED),
        ({"lost_models": {"new": Loss.DELETED}}, Stage.NOT_EVALUATED),
    ],
)
async def test_a_job_that_failed_and_a_successor_that_is_gone_hold_up_nothing(
    make_workshop: MakeWorkshop, database: Database, changes: dict[str, Any], stage: Stage
) -> None:
    workshop, evaluating = make_workshop(), Evaluating()
    move = await moved(workshop, database, **changes)
    going = progress(workshop, database, evaluating)
    assert [moving.stage for moving in await going.look(move)] == [stage]
    await going.advance(move)
    assert evaluating.asked == []
    assert (await known(workshop, move)).ended


async def told(database: Database, move: Move) -> int:
    row = await database.read(
        lambda db: db.execute("SELECT count(*) FROM notices WHERE id = ?", [f"{move.id}/ended"]).fetchone()
    )
    return int(row[0])

"""The simulation finds bugs that are put into moves and into the warnings of models that retire."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import msgspec

from bot.jobs.group import JobGroup
from bot.jobs.notice import Notice
from bot.models import retirement_warnings
from bot.moves.move import Move
from bot.moves.progress import MoveProgress, Moving
from bot.store.job_groups import SqlGroupStore
from tests.simulation.moving import MoveWorld
from tests.simulation.test_mutations import found, killed_often
from tests.simulation.world import EPOCH, Death


def nobody_agrees(world: MoveWorld) -> None:
    world.acts = [act for act in world.acts if act.kind != "agree"]


def pressed_twice(world: MoveWorld) -> None:
    nobody_agrees(world)
    first = world.acts[0]
    world.acts = [first, type(first)(first.at + 0.5, "move", first.job)]


def killed_all_the_time(world: MoveWorld) -> None:
    nobody_agrees(world)
    killed_often(world)


def killed_comparing(world: MoveWorld) -> None:
    nobody_agrees(world)
    world.deaths, world.dies_comparing = [Death()], True


def retires_soon(world: MoveWorld) -> None:
    nobody_agrees(world)
    world.ends = datetime.fromtimestamp(EPOCH, UTC).date() + timedelta(days=20)


def test_a_press_that_makes_a_move_of_its_own_each_time() -> None:
    number = itertools.count()

    def another(_: str) -> str:
        return f"move-{next(number)}"

    with patch("bot.moves.moves.move_id_for", another), patch("tests.simulation.moving.move_id_for", another):
        found("is trained 2 times", of="move", when=pressed_twice, first=2)


def test_a_comparison_that_is_not_known_again_after_a_crash() -> None:
    number, begin = itertools.count(), MoveProgress._begun

    async def forgetful(self: MoveProgress, move: Move, *rest: Any) -> str:
        return await begin(self, msgspec.structs.replace(move, id=f"{move.id}-{next(number)}"), *rest)

    with patch.object(MoveProgress, "_begun", forgetful):
        found("were compared 2 times", of="move", when=killed_comparing)


def test_an_end_that_is_told_to_nobody() -> None:
    async def lost(self: SqlGroupStore, notices: Sequence[Notice]) -> None: ...

    with patch.object(SqlGroupStore, "tell", lost):
        found("was to be told to nobody", of="move", when=nobody_agrees)


def test_an_end_that_is_told_anew_after_each_crash() -> None:
    number, notice = itertools.count(), JobGroup.notice

    def another(self: JobGroup, what: str, body: Any) -> Notice:
        made = notice(self, what, body)
        return msgspec.structs.replace(made, id=f"{made.id}/{next(number)}") if what == "ended" else made

    with patch.object(JobGroup, "notice", another):
        found("was told 2 times", of="move", when=killed_all_the_time, first=77)


def test_a_successor_that_is_taken_into_use_before_anybody_agreed() -> None:
    evaluate = MoveProgress._evaluate

    async def eager(self: MoveProgress, move: Move, moving: Moving) -> None:
        await evaluate(self, move, moving)
        store: Any = self._evaluation_store
        await store._database.write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO current_models VALUES (?, ?, ?, ?)",
                [move.origin.channel, str(moving.successor), move.requester, 0.0],
            )
        )

    with patch.object(MoveProgress, "_evaluate", eager):
        found("nobody had agreed", of="move", when=nobody_agrees)


def test_a_warning_on_each_day() -> None:
    def each_day(day: date, today: date) -> int:
        return max((day - today).days, 0)

    with patch.object(retirement_warnings, "_step", each_day):
        found("was warned between the marks", of="move", when=retires_soon)


def test_a_warning_that_is_not_known_to_have_been_given() -> None:
    number, make = itertools.count(), retirement_warnings._notice

    def another(*rest: Any) -> Notice:
        made = make(*rest)
        channel, day, step = made.id.split("/")[1:]
        return msgspec.structs.replace(made, id=f"retirement/{channel}-{next(number)}/{day}/{step}")

    with patch.object(retirement_warnings, "_notice", another):
        found("was warned out of order", of="move", when=retires_soon)

"""A job in several processes, one for each device: it learns what it would learn in one. On a processor, by gloo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.ranks_process import Answer, Asked, RanksProcess
from tests.tiny_model import tiny_plan
from tests.trainer_process import example, jsonl, some_examples
from trainer.training.messages import Done, Failed, Started, Stopped
from trainer.training.order import EvenOrder, Order
from trainer.training.plan import Plan

EXAMPLES = 11


@pytest.fixture(scope="module")
def ranks() -> Iterator[RanksProcess]:
    process = RanksProcess()
    yield process
    process.close()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Plan:
    """Batches of four of eleven examples: the last of an epoch has three, and one process gets a blank."""
    plan = tiny_plan(tmp_path_factory.mktemp("ranks"), table)
    Path(plan.training_file).write_bytes(jsonl(some_examples(EXAMPLES)))
    assert plan.validation_file
    Path(plan.validation_file).write_bytes(jsonl(some_examples(3)))
    return msgspec.structs.replace(plan, batch_size=4)


@pytest.fixture(scope="module")
def journey(ranks: RanksProcess, plan: Plan) -> list[Answer]:
    """One job: in two processes, in two with the base in parts, in one, and to its end in two with parts again. The
    second epoch, whose order is another, is entered in the midst."""
    plan = elsewhere(plan)
    return [
        ranks.train(plan, 2, stop_after=3),
        ranks.train(plan, 2, stop_after=5, sharded=True),
        ranks.train(plan, 1, stop_after=7),
        ranks.train(plan, 2, sharded=True),
    ]


_numbers = count()


def elsewhere(plan: Plan, **changes: Any) -> Plan:
    """The same with folders of its own."""
    place = Path(plan.output).parent / str(next(_numbers))
    return msgspec.structs.replace(plan, output=str(place / "output"), state=str(place / "state"), **changes)


def same(one: list[dict[str, float]], other: list[dict[str, float]]) -> None:
    """But for the order in which processes add numbers up."""
    assert len(one) == len(other)
    for mine, its in zip(one, other, strict=True):
        assert mine == pytest.approx(its, rel=1e-3, abs=2e-5)


def test_a_job_learns_the_same_in_any_number_of_processes_and_goes_on_in_another(
    ranks: RanksProcess, plan: Plan, journey: list[Answer]
) -> None:
    alone = elsewhere(plan)
    answer = ranks.train(alone)
    same([step for part in journey for step in part.metrics], answer.metrics)
    *parts, last = (part.reports for part in journey)
    assert all(isinstance(part[-1], Stopped) for part in parts)
    assert [part[0].resumed_at for part in (*parts, last) if isinstance(part[0], Started)] == [None, 4, 6, 8]
    assert isinstance(last[-1], Done)
    assert last[-1].trained_tokens == answer.metrics[-1]["elapsed_tokens"]


def test_what_an_attempt_left_goes_and_the_folder_at_which_other_ranks_look_stays(
    ranks: RanksProcess, plan: Plan
) -> None:
    begun = elsewhere(plan)
    output = Path(begun.output)
    (output / "step-1").mkdir(parents=True)
    (output / "half").touch()
    looking = os.open(output, os.O_RDONLY)
    try:
        ranks.train(begun, stop_after=1)
        assert os.fstat(looking).st_nlink, "it was removed"
    finally:
        os.close(looking)
    assert list(output.iterdir()) == []


def test_in_parts_each_process_holds_its_part_of_the_base(journey: list[Answer]) -> None:
    (whole, copy), (one, other), *_ = (part.held for part in journey)
    assert whole == copy
    assert one + other == pytest.approx(whole, rel=0.01)
    assert one == pytest.approx(whole / 2, rel=0.05)


def test_all_weights_learn_the_same_in_two_processes(ranks: RanksProcess, plan: Plan, tmp_path: Path) -> None:
    # Of such different lengths that they stand in one row, blanks included.
    file = tmp_path / "uneven.jsonl"
    file.write_bytes(jsonl([example("Go on!", "So it is. " * (1 + 5 * (one % 2))) for one in range(EXAMPLES)]))
    whole = msgspec.structs.replace(plan, lora_rank=0, n_epochs=1, training_file=str(file))
    alone, together = (ranks.train(elsewhere(whole), size) for size in (1, 2))
    same(together.metrics, alone.metrics)
    assert isinstance(together.reports[-1], Done)


def test_what_another_rank_cannot_go_on_from_is_told(ranks: RanksProcess, plan: Plan) -> None:
    plan = msgspec.structs.replace(elsewhere(plan), devices=2, training_file="/not/there")
    (failed,) = ranks.ask(Asked(plan, peers_only=True)).reports
    assert isinstance(failed, Failed)
    assert (failed.code, failed.param) == ("file_deleted", "training_file")


def test_all_ranks_get_as_many_rows_of_each_batch_and_each_example_once() -> None:
    order = EvenOrder(Order([5] * EXAMPLES, 3, seed=1), 3, rows=4)
    rows = list(order)
    assert len(rows) == len(order) == 16
    assert sorted(rows) == list(range(16))
    batches = [rows[start : start + 4] for start in range(0, 16, 4)]
    assert [sum(index >= EXAMPLES for index in batch) for batch in batches] == [1, 1, 1, 2]
    assert [index for index in rows if index < EXAMPLES] == list(Order([5] * EXAMPLES, 3, seed=1))

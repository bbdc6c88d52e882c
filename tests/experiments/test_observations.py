"""What shows in a run's course is said where it is sure, and with its figures."""

import json
import math
import random
from pathlib import Path

import pytest

from bot.experiments.observations import Kind, Observation, observe
from bot.jobs.diagnosis import diagnose
from bot.providers import objects
from bot.providers.protocol import REINFORCEMENT, Metrics
from tests.parts import a_job

RUNS = sorted((Path(__file__).parents[1] / "jobs" / "runs").glob("*.json"))
DONE = a_job(state="succeeded")


def course(losses: dict[int, float]) -> list[Metrics]:
    last = max(losses)
    return [
        Metrics(step, last, train_loss=3 * math.exp(-step / 10), full_valid_loss=losses.get(step))
        for step in range(1, last + 1)
    ]


def kinds(found: list[Observation]) -> list[Kind]:
    return [one.kind for one in found]


def test_a_run_that_gained_all_in_its_first_half_has_levelled_off() -> None:
    (found,) = observe(DONE, course({10: 2.0, 20: 1.2, 30: 0.81, 40: 0.8, 60: 0.8, 80: 0.8}))
    assert (found.kind, found.of_validation, found.step, found.total) == (Kind.PLATEAU, True, 30, 80)
    assert (found.before, found.after) == (0.81, 0.8)


def test_a_run_whose_end_is_its_best_may_go_on() -> None:
    (found,) = observe(DONE, course({20: 2.0, 40: 1.6, 60: 1.2, 80: 0.8}))
    assert (found.kind, found.step, found.before, found.after) == (Kind.STILL_IMPROVING, 60, 1.2, 0.8)


def test_a_reward_gets_better_by_rising() -> None:
    told = [Metrics(step, 40, full_valid_mean_reward=step / 50) for step in range(10, 50, 10)]
    (found,) = observe(a_job(state="succeeded", method=REINFORCEMENT), told)
    assert (found.kind, found.quantity) == (Kind.STILL_IMPROVING, "mean_reward")
    assert observe(a_job(state="succeeded"), course({10: 1.0, 20: 1.2, 30: 1.4, 40: 1.6})) == []


def test_while_it_trains_and_where_it_went_wrong_nothing_is_said_of_the_course() -> None:
    told = course({20: 2.0, 40: 1.6, 60: 1.2, 80: 0.8})
    assert observe(a_job(state="running"), told) == []
    assert observe(DONE, told, ruined=True) == []


def test_without_a_validation_file_nobody_knows() -> None:
    assert kinds(observe(DONE, [Metrics(1, train_loss=1.0)])) == [Kind.NOT_VALIDATED]
    assert observe(DONE, []) == []


def test_steps_that_were_no_number_are_counted() -> None:
    told = [*course({5: 1.0}), Metrics(6, not_finite=True), Metrics(7, not_finite=True)]
    (found,) = observe(a_job(state="running"), told)
    assert (found.kind, found.count, found.total) == (Kind.NOT_FINITE, 2, 7)


def test_files_that_overlap_are_named_first() -> None:
    found = observe(DONE, [Metrics(1, not_finite=True, train_loss=1.0)], overlap=3, examples=12)
    assert kinds(found) == [Kind.OVERLAP, Kind.NOT_FINITE, Kind.NOT_VALIDATED]
    assert (found[0].count, found[0].total) == (3, 12)


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_no_real_run_is_said_to_have_levelled_off_that_had_not(path: Path) -> None:
    """None of them had: they are short."""
    run = json.loads(path.read_text())
    events = [{"id": str(step), "type": "metrics", "data": data} for step, data in enumerate(run["metrics"])]
    told = [one for event in events if (one := objects.event(event).metrics) is not None]
    job = a_job(state="succeeded", method=run["method"])
    ruined = diagnose(told, run["method"]) is not None
    assert set(kinds(observe(job, told, ruined=ruined))) <= {Kind.NOT_VALIDATED, Kind.STILL_IMPROVING}


def test_noise_alone_is_no_course() -> None:
    told = {}
    for seed in range(200):
        noise = random.Random(seed)
        told = {step: 1.0 + noise.gauss(0, 0.01) for step in range(10, 110, 10)}
        found = observe(DONE, course(told))
        assert found == [], (seed, found)

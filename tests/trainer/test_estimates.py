"""How long a training would take: what this machine has measured, or calibrated, and what is said where it knows
nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import openai
import pytest

from tests.tiny_model import CONTEXT, MODEL_ID
from tests.trainer_process import KEY, Trainer, wait_for
from trainer.activity import ChatActivity
from trainer.base_models import read_table
from trainer.catalogue import Catalogue
from trainer.jobs.calibration import Calibrations
from trainer.jobs.pace import Stopwatch, duration, fitted
from trainer.machine import machine
from trainer.objects import Job, Pace
from trainer.settings import Settings
from trainer.settings import load as load_settings
from trainer.store import Store
from trainer.training.messages import Measured, Report, Started
from trainer.training.plan import Plan

TRAINING = Pace(
    "m", "supervised", False, "laptop", "cpu", steps=10, tokens=1000, seconds=40.0, around=5.0, created_at=1
)
CALIBRATION = msgspec.structs.replace(TRAINING, steps=7, tokens=700, seconds=7.0, step_tokens=100.0, around=3.0)


# What is made of what was measured


def test_where_nothing_was_measured_nobody_knows() -> None:
    assert duration([], 10, 1000) is None


def test_a_training_like_the_last_one_takes_as_long() -> None:
    told = duration([TRAINING], 10, 1000)
    assert told is not None
    assert (told.seconds, told.trainings) == (45.0, 1)
    assert told.low < 45 < told.high


def test_many_short_examples_take_longer_than_few_long_ones_of_as_many_tokens() -> None:
    few, many = duration([TRAINING], 10, 10_000), duration([TRAINING], 100, 10_000)
    assert few is not None
    assert many is not None
    assert few.seconds < many.seconds < 10 * few.seconds


def test_the_calibration_tells_what_a_step_takes_and_the_trainings_how_fast_it_goes() -> None:
    calibrated = duration([CALIBRATION], 10, 1000)
    both = duration([TRAINING, CALIBRATION], 20, 1000)
    assert calibrated is not None
    assert both is not None
    # 7 seconds for 700 + 7 * 100 tokens
    assert (calibrated.seconds, calibrated.trainings) == (pytest.approx(3 + 10), 0)
    # 40 seconds for 1000 + 10 * 100 tokens
    assert (both.seconds, both.trainings) == (pytest.approx(5 + 60), 1)


def test_one_slow_training_widens_the_range_and_moves_the_middle_little() -> None:
    slow = msgspec.structs.replace(TRAINING, seconds=400.0)
    steady, shaken = duration([TRAINING] * 3, 10, 1000), duration([slow, TRAINING, TRAINING], 10, 1000)
    assert steady is not None
    assert shaken is not None
    assert shaken.seconds == steady.seconds
    assert shaken.high > 5 * steady.high


def test_what_was_measured_on_another_device_counts_no_more() -> None:
    on_gpu = msgspec.structs.replace(TRAINING, device="cuda", seconds=1.0)
    told = duration([on_gpu, TRAINING], 10, 1000)
    assert told is not None
    assert (told.seconds, told.trainings) == (6.0, 1)


def test_a_line_is_laid_through_steps_of_two_lengths() -> None:
    assert fitted([(10, 1.1), (10, 1.1), (100, 2.0), (10, 9.0), (100, 2.0)]) == (
        pytest.approx(1.0),
        pytest.approx(0.01),
    )
    assert fitted([(10, 1.0), (10, 1.2)]) is None
    assert fitted([]) is None


def test_steps_that_take_the_same_whatever_they_read_are_steps_that_wait() -> None:
    a_step, a_token = fitted([(10, 1.0), (500, 1.0)]) or (0, 0)
    assert a_step > 0.9
    assert a_step + 500 * a_token == pytest.approx(1)


# What a training tells


def started(**more: Any) -> Started:
    lineage = {"code": {"computed_on": "cpu", "in": "torch.bfloat16"}, "settings": {"weights": "all"}}
    return Started(1, 2, 1.0, 0.1, 0, 0, 2048, lineage, **more)


def measured(step: int, tokens: int, seconds: float) -> Measured:
    return Measured(step, 3, {"elapsed_tokens": tokens}, seconds_left=1.0, seconds=seconds)


def test_a_training_that_was_seen_from_its_first_step_is_written_down() -> None:
    watch = Stopwatch()
    for report in (started(), measured(1, 20, 2.0), measured(2, 120, 3.0)):
        watch.hear(report)
    pace = watch.pace("m", "supervised")
    assert pace is not None
    assert (pace.steps, pace.tokens, pace.seconds, pace.whole) == (2, 120, 3.0, True)
    assert (pace.machine, pace.device) == (machine(), "cpu torch.bfloat16")


@pytest.mark.parametrize("reports", [[], [started(resumed_at=4), measured(5, 90, 9.0)], [measured(5, 90, 9.0)]])
def test_one_that_went_on_after_a_break_is_not(reports: list[Report]) -> None:
    watch = Stopwatch()
    for report in reports:
        watch.hear(report)
    assert watch.pace("m", "supervised") is None


# Calibration


@pytest.fixture
def settings(tmp_path: Path, table: Path) -> Settings:
    return load_settings(tmp_path / "data", cache=tmp_path / "cache", base_models=table, key=KEY)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    settings.data.mkdir(parents=True)
    store = Store(settings.data / "trainer.db")
    yield store
    store.close()


class StandInRun:
    """Tells steps of two lengths, then trains on for ever."""

    def __init__(self) -> None:
        self.killed = False

    def send(self, command: Any) -> None: ...

    async def messages(self) -> AsyncIterator[Report]:
        yield started()
        tokens, seconds = 0, 0.0
        for step in range(1, 9):
            read = 60 if step % 2 else 100
            tokens, seconds = tokens + read, seconds + 0.4 + 0.01 * read
            yield measured(step, tokens, seconds)
        await asyncio.Event().wait()

    async def kill(self) -> None:
        self.killed = True

    def close(self) -> None: ...


class StandInRunner:
    def __init__(self, *, hangs: bool = False) -> None:
        self.plans: list[Plan] = []
        self.run = StandInRun()
        self._hangs = hangs

    async def ready(self) -> None:
        if self._hangs:
            await asyncio.Event().wait()

    async def start(self, plan: Plan, folder: Path) -> StandInRun:
        self.plans.append(plan)
        return self.run


def calibrations(
    settings: Settings, store: Store, runner: StandInRunner, activity: ChatActivity | None = None
) -> Calibrations:
    catalogue = Catalogue(settings, store, read_table(settings.base_models))
    return Calibrations(settings, store, catalogue, cast(Any, runner), activity or ChatActivity())


async def settled(what: Any) -> Any:
    async with asyncio.timeout(20):
        while not (value := what()):
            await asyncio.sleep(0)
        return value


def known(store: Store) -> list[Pace]:
    return store.paces(base=MODEL_ID, method="supervised", whole=True, machine=machine())


async def test_a_calibration_ends_as_soon_as_it_has_seen_enough_and_leaves_nothing_behind(
    settings: Settings, store: Store
) -> None:
    runner = StandInRunner()
    base = read_table(settings.base_models)[MODEL_ID]
    doing = calibrations(settings, store, runner)
    assert doing.begin(base, "supervised", whole=False)
    assert doing.begin(base, "supervised", whole=False), "one at a time"
    pace = (await settled(lambda: known(store)))[0]
    await settled(lambda: not doing.is_running)
    # A token takes 0.01 s, a step by itself 0.4 s.
    assert pace.step_tokens == pytest.approx(40)
    assert len(runner.plans) == 1
    assert runner.run.killed
    assert not (settings.states / "calibration").exists()


async def test_it_never_stands_in_the_way(settings: Settings, store: Store) -> None:
    base = read_table(settings.base_models)[MODEL_ID]
    activity = ChatActivity()
    doing = calibrations(settings, store, StandInRunner(hangs=True), activity)
    assert doing.begin(base, "supervised", whole=False)
    activity.begin()
    await settled(lambda: not doing.is_running)
    assert not doing.begin(base, "supervised", whole=False), "somebody chats"
    activity.end()
    assert doing.begin(base, "supervised", whole=False)
    await doing.stop()
    assert not doing.is_running, "a job begins"
    store.add_job(Job("ftjob-1", 1, "queued", MODEL_ID, MODEL_ID, "file-1", 1))
    assert not doing.begin(base, "supervised", whole=False), "a job waits"
    assert known(store) == []


async def test_it_is_left_out_where_the_settings_say_so(settings: Settings, store: Store) -> None:
    without = settings.model_copy(update={"calibrate": False})
    doing = calibrations(without, store, StandInRunner())
    assert not doing.begin(read_table(settings.base_models)[MODEL_ID], "supervised", whole=False)


# All of it


def asked(trainer: Trainer, **more: Any) -> dict[str, Any]:
    params = {"model": MODEL_ID, "tokens": 600, "examples": 12, "longest": 60, **more}
    return trainer.client.get("/x/estimate", cast_to=dict[str, Any], options={"params": params})


def test_a_model_is_calibrated_when_somebody_asks_and_a_training_says_more(trainer: Trainer) -> None:
    with sqlite3.connect(trainer.data / "trainer.db") as database:
        database.execute("DELETE FROM paces")
    first = asked(trainer)
    assert (first["basis"], first["seconds"], first["calibrating"]) == ("unknown", None, True)
    then = wait_for(lambda: (told := asked(trainer))["basis"] != "unknown" and told)
    assert (then["basis"], then["trainings"]) == ("calibrated", 0)
    assert 0 < then["low_seconds"] < then["seconds"] < then["high_seconds"]
    assert trainer.ended(trainer.train(hyperparameters={"n_epochs": 1}).id).status == "succeeded"
    last = asked(trainer)
    assert (last["basis"], last["trainings"], last["n_epochs"], last["steps"]) == ("measured", 1, 8, 48)
    assert 500 << 20 < last["memory_bytes"] < last["memory_total_bytes"]
    assert (last["fits"], last["longest_that_fits"], last["models_that_fit"]) == (True, None, [])
    two = asked(trainer, gpus=2)
    assert (last["gpus"], two["gpus"], two["seconds"], two["calibrating"]) == (1, 2, None, False)
    assert two["memory_total_bytes"] == last["memory_total_bytes"] // 2, "two processes share a processor's memory"


def test_what_does_not_fit_is_said_beforehand_with_what_would(trainer: Trainer) -> None:
    trainer.ended(trainer.train(hyperparameters={"n_epochs": 1}).id)
    base = asked(trainer, longest=10)["memory_bytes"]
    with sqlite3.connect(trainer.data / "trainer.db") as database:
        # A machine that holds the model, and examples of a few tokens.
        database.execute("UPDATE paces SET memory = ?", [int(base / 0.95) + 1])
    told = asked(trainer, longest=CONTEXT)
    assert told["fits"] is False
    assert told["memory_bytes"] > 0.95 * told["memory_total_bytes"], "some is left for others"
    assert 0 < told["longest_that_fits"] < CONTEXT
    assert asked(trainer, longest=told["longest_that_fits"])["fits"] is True
    with sqlite3.connect(trainer.data / "trainer.db") as database:
        database.execute("UPDATE paces SET memory = ?", [1 << 20])
    told = asked(trainer, longest=10)
    assert (told["fits"], told["longest_that_fits"], told["models_that_fit"]) == (False, 0, [])


def test_nobody_knows_how_long_reinforcement_takes(trainer: Trainer) -> None:
    told = asked(trainer, method="reinforcement")
    assert (told["basis"], told["calibrating"]) == ("unknown", False)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"model": "nobodys"}, 404), ({"tokens": 0}, 400), ({"n_epochs": 51}, 400), ({"method": "x"}, 400)],
)
def test_a_question_that_makes_no_sense_is_refused(trainer: Trainer, wrong: dict[str, Any], status: int) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        asked(trainer, **wrong)
    assert refused.value.status_code == status

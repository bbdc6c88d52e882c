"""Ruined runs are recognised, healthy ones left in peace. The runs in `runs/` are real ones of SmolLM2-135M-Instruct on
the examples of this project and of AR-LSAT (the trainer's own figures, November 2026)."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.jobs.diagnosis import Diagnosis, Problem, diagnose, lower_rate
from bot.providers import objects
from bot.providers.protocol import Metrics

RUNS = Path(__file__).with_name("runs")


def recorded(name: str) -> tuple[list[Metrics], str]:
    run = json.loads((RUNS / f"{name}.json").read_text())
    events = [{"id": str(step), "type": "metrics", "data": data} for step, data in enumerate(run["metrics"])]
    told = [objects.event(event).metrics for event in events]
    return [one for one in told if one is not None], run["method"]


def problem(found: Diagnosis | None) -> Problem | None:
    return found.problem if found else None


HEALTHY = ["house_voice", "three_steps", "three_steps_validated", "batch_of_one", "one_epoch", "classes", "preferences"]
RUINED = {
    "rate_times_100": Problem.DIVERGED,
    "rate_times_100_briefly": Problem.DIVERGED,
    "rate_times_100_unvalidated": Problem.DIVERGED,
    "rate_times_100_recovering": Problem.DIVERGED,
    "rate_times_10": Problem.OVERFITTED,
    "preferences_rate_times_100": Problem.DIVERGED,
    "learned_by_heart": Problem.OVERFITTED,
    "learned_by_heart_slowly": Problem.OVERFITTED,
    "rate_near_nothing": Problem.NOT_LEARNED,
}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_against_a_healthy_run_neither_at_its_end_nor_on_the_way(name: str) -> None:
    told, method = recorded(name)
    assert diagnose(told, method) is None
    for upto in range(len(told)):
        assert diagnose(told[:upto], method, ended=False) is None


@pytest.mark.parametrize(("name", "what"), RUINED.items())
def test_a_ruined_run_is_called_what_it_is(name: str, what: Problem) -> None:
    assert problem(diagnose(*recorded(name))) is what


def losing_words(**rewards: Any) -> list[Metrics]:
    """The loss has hardly moved, and the answers of the file have become less likely word by word."""
    return [
        Metrics(step, train_loss=0.69 - step / 1000, train_mean_token_accuracy=0.6 - step / 100, **rewards)
        for step in range(1, 31)
    ]


def test_preferences_may_lose_token_accuracy() -> None:
    assert problem(diagnose(losing_words())) is Problem.DIVERGED
    assert diagnose(losing_words(), "dpo") is None
    assert diagnose(losing_words(train_reward_accuracy=0.8)) is None


def test_divergence_is_told_while_there_is_still_something_to_save() -> None:
    told, method = recorded("rate_times_100")
    seen = [upto for upto in range(len(told)) if diagnose(told[:upto], method, ended=False)]
    assert seen[0] <= 10


def falling(steps: int = 60, to: float = 0.3) -> list[float]:
    return [to + 2.5 * math.exp(-step / (steps / 4)) for step in range(steps)]


def run(
    train: list[float], full_valid: dict[int, float] | None = None, valid: dict[int, float] | None = None
) -> list[Metrics]:
    return [
        Metrics(
            step,
            len(train),
            train_loss=loss,
            full_valid_loss=(full_valid or {}).get(step),
            valid_loss=(valid or {}).get(step),
        )
        for step, loss in enumerate(train, 1)
    ]


def test_a_loss_that_is_no_number_has_diverged() -> None:
    for said in (math.nan, math.inf, 1e300):
        event = {"id": "e", "type": "metrics", "data": {"step": 3, "train_loss": said}}
        last = objects.event(event).metrics
        assert last is not None
        found = diagnose([*run([3.0, 2.9]), last], ended=False)
        assert found is not None
        assert (found.problem, found.ended) == (Problem.DIVERGED, None)


def test_over_fitting_names_the_step_at_which_the_model_was_best() -> None:
    found = diagnose(run(falling(), {12: 2.0, 24: 1.4, 36: 1.3, 48: 1.5, 60: 1.9}))
    assert found == Diagnosis(Problem.OVERFITTED, True, 2.0, 1.9, 36, 1.3)


def test_a_validation_loss_that_only_rose_while_nothing_was_learned_is_told() -> None:
    flat = [2.0 + 0.01 * (-1) ** step for step in range(60)]
    assert problem(diagnose(run(flat, {20: 2.0, 40: 2.3, 60: 2.6}))) is Problem.VALIDATION_ROSE


def test_a_rise_that_is_too_small_to_matter_is_not_told() -> None:
    assert diagnose(run(falling(), {12: 2.0, 24: 1.4, 36: 1.30, 48: 1.31, 60: 1.38})) is None
    assert diagnose(run(falling(), {30: 0.001, 60: 0.004})) is None


def test_one_full_validation_at_the_end_is_compared_with_nothing() -> None:
    assert diagnose(run(falling(), {60: 4.0})) is None


def test_constant_tiny_losses_have_nothing_left_to_learn() -> None:
    assert diagnose(run([0.01] * 60)) is None
    assert diagnose(run([0.0] * 60)) is None


def test_a_loss_that_never_fell_is_told() -> None:
    assert problem(diagnose(run([2.0 + 0.02 * (-1) ** step for step in range(60)]))) is Problem.NOT_LEARNED
    assert diagnose(run([2.0 + 0.02 * (-1) ** step for step in range(5)])) is None


def test_a_fall_in_the_very_first_steps_is_one() -> None:
    assert diagnose(run([2.4, 2.2, 2.0] + [1.8 + 0.02 * (-1) ** step for step in range(97)])) is None


def test_a_spike_from_which_it_comes_back_is_forgiven() -> None:
    assert diagnose(run([*falling()[:20], 15.0, *falling()[20:]])) is None


def test_a_short_run_that_shot_up_and_ends_above_its_beginning_never_came_back() -> None:
    up = [4.7, 5.2, 5.4, 20.0, 30.0, 40.0, 25.0, 15.0]
    assert problem(diagnose(run([*up, 9.0, 7.5, 7.0, 6.9]))) is Problem.DIVERGED
    assert diagnose(run([*up, 5.0, 4.0, 3.5, 3.4])) is None


def test_an_easy_first_batch_of_a_short_run_is_not_where_it_began() -> None:
    assert diagnose(run([2.46, 4.49, 7.2, 5.58, 5.91, 10.23]), ended=False) is None


def test_a_few_batches_of_a_validation_file_say_nothing_of_a_rise() -> None:
    hard_at_the_end = {3: 2.33, 6: 2.37, 9: 2.6, 12: 2.29, 15: 6.52}
    assert diagnose(run(falling(17), valid=hard_at_the_end)) is None
    rises = {3 * number: 2.2 + 0.1 * number for number in range(1, 21)}
    assert problem(diagnose(run(falling(60), valid=rises))) is Problem.OVERFITTED


def test_a_preference_loss_above_that_of_a_model_that_never_moved_is_told() -> None:
    told = [
        Metrics(step, train_loss=0.6 - step / 100, full_valid_loss=0.85 if step == 20 else None)
        for step in range(1, 21)
    ]
    assert problem(diagnose(told, "dpo")) is Problem.VALIDATION_ROSE


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 120), st.floats(0.05, 0.4), st.floats(0.1, 3), st.booleans())
@example(426, 21, 0.375, 3.0, False)
def test_noise_alone_is_never_a_problem(seed: int, steps: int, noise: float, to: float, looks: bool) -> None:
    """A loss that falls as it should, however much its batches and a validation file's batches differ. Of the real runs
    none has noise of more than a fifth of a loss above 2 nats; this has up to 0.8 nats, and 0.4 of the loss."""
    chance = random.Random(seed)

    def noisy(loss: float) -> float:
        return max(0.01, loss * chance.lognormvariate(0, min(noise, 0.8 / loss)))

    course = [noisy(loss) for loss in falling(steps, to)]
    valid = {step: noisy(loss + 0.2) for step, loss in enumerate(falling(steps, to), 1)}
    told = run(course, valid={step: loss for step, loss in valid.items() if step % 3 == 0} if looks else None)
    assert diagnose(told) is None
    for upto in range(1, steps):
        assert diagnose(told[:upto], ended=False) is None


def test_after_divergence_a_quarter_of_the_rate_is_advised_and_no_more_than_the_usual() -> None:
    assert [lower_rate(rate) for rate in (100.0, 2.0, 0.4, "auto")] == [1.0, 0.5, 0.1, None]


def test_a_validation_loss_that_no_model_with_sense_has_is_told_however_few_the_steps() -> None:
    found = diagnose(run([4.4, 60.0, 9.7], {3: 9.7}), ended=False)
    assert found == Diagnosis(Problem.DIVERGED, True, 4.4, 9.7)


# Reinforcement


def rewarded(*rewards: float, still: int = 0, entropy: float | None = 0.5) -> list[Metrics]:
    """A step for each reward; in the last `still` ones all answers to a prompt scored the same."""
    return [
        Metrics(
            step=step,
            train_loss=0.0,
            train_mean_reward=reward,
            train_frac_reward_zero_std=1.0 if step > len(rewards) - still else 0.5,
            train_entropy=entropy,
        )
        for step, reward in enumerate(rewards, 1)
    ]


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("reward", [0.0, 0.5, 1.0])
def test_reinforcement_in_which_no_answer_scores_above_another_has_nothing_to_learn_from(
    ended: bool, reward: float
) -> None:
    found = diagnose(rewarded(*[reward] * 12, still=12), ended=ended)
    assert found == Diagnosis(Problem.NOTHING_TO_LEARN, False, ended=reward, steps=12)


@pytest.mark.parametrize("fallen_to", [0.0, 0.3])
def test_a_model_that_gives_one_and_the_same_answer_has_collapsed(fallen_to: float) -> None:
    run = rewarded(*[0.2, 0.4, 0.6, 0.6, 0.6, 0.6], *[fallen_to] * 14, still=14, entropy=0.001)
    assert problem(diagnose(run)) is Problem.COLLAPSED
    unmeasured = rewarded(*[0.2, 0.4, 0.6, 0.6, 0.6, 0.6], *[fallen_to] * 14, still=14, entropy=None)
    assert problem(diagnose(unmeasured)) is Problem.NOTHING_TO_LEARN


def test_a_model_that_has_learned_all_there_is_and_answers_alike_is_done() -> None:
    assert diagnose(rewarded(*[0.1, 0.3, 0.5, 0.8, 0.9, 0.95], *[1.0] * 14, still=14, entropy=0.001)) is None


def test_a_few_steps_without_a_difference_say_nothing() -> None:
    assert diagnose(rewarded(*[0.0] * 20, still=9)) is None
    assert diagnose([Metrics(step=step, train_mean_reward=0.0) for step in range(1, 30)]) is None, "not measured"

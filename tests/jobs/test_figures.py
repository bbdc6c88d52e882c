"""Headline figures: what is shown is not the noise of one batch, and the chart says the same."""

import math

import pytest

from bot.jobs.figures import averaged, figures, smoothed, training, validation, window
from bot.providers.protocol import Metrics


def test_one_lucky_batch_is_no_headline() -> None:
    losses = [0.13 + 0.05 * (-1) ** step for step in range(59)] + [0.006]
    (loss,) = figures([Metrics(step, train_loss=value) for step, value in enumerate(losses, 1)])
    assert (loss.step, loss.over) == (60, 10)
    assert loss.value == pytest.approx(sum(losses[-10:]) / 10)


def test_the_whole_validation_file_counts_more_than_its_batches() -> None:
    told = [
        Metrics(10, valid_loss=1.5, full_valid_loss=0.75, full_valid_mean_token_accuracy=0.8),
        Metrics(12, valid_loss=0.1, valid_mean_token_accuracy=1.0),
    ]
    loss, accuracy = figures(told)
    assert (loss.value, loss.step, loss.whole) == (0.75, 10, True)
    assert (accuracy.value, accuracy.whole) == (0.8, True)


def test_of_reinforcement_the_reward_is_what_counts() -> None:
    told = [Metrics(1, train_mean_reward=0.2, train_loss=0.01), Metrics(2, full_valid_mean_reward=0.6)]
    assert [(one.quantity, one.part, one.value) for one in figures(told)] == [
        ("mean_reward", "training", 0.2),
        ("mean_reward", "validation", 0.6),
    ]


def test_without_a_full_validation_its_batches_are_smoothed() -> None:
    (loss,) = figures([Metrics(step, valid_loss=1.0 + 0.5 * (-1) ** step) for step in range(1, 41)])
    assert (loss.value, loss.over, loss.whole) == (pytest.approx(1.0), 10, False)


def test_what_was_said_of_a_step_stays_true_when_more_is_known() -> None:
    told = [Metrics(step, train_loss=3 / step) for step in range(1, 200)]
    for step in (1, 7, 60, 150):
        assert figures(told, upto=step) == figures([one for one in told if one.step <= step])
        assert figures(told, upto=step)[0].value == dict(training(told, "loss").points)[step]


def test_a_short_run_is_not_smoothed_away() -> None:
    assert [window(count) for count in (1, 3, 4, 8, 20, 40, 100, 500)] == [1, 1, 1, 2, 5, 10, 10, 50]
    assert smoothed([(1, 3.0), (2, 1.0), (3, 0.5)]) == [(1, 3.0), (2, 1.0), (3, 0.5)]


def test_preferences_show_rewards_and_no_token_accuracy() -> None:
    told = [
        Metrics(
            1,
            train_loss=0.69,
            train_mean_token_accuracy=0.22,
            train_reward_accuracy=0.5,
            train_reward_margin=0.01,
            full_valid_loss=0.6,
            full_valid_mean_token_accuracy=0.3,
            full_valid_reward_accuracy=0.9,
            full_valid_reward_margin=0.2,
        )
    ]
    assert [(one.quantity, one.part) for one in figures(told, "dpo")] == [
        ("loss", "training"),
        ("loss", "validation"),
        ("reward_accuracy", "training"),
        ("reward_accuracy", "validation"),
        ("reward_margin", "training"),
        ("reward_margin", "validation"),
    ]


def test_figures_that_are_no_numbers_are_left_out() -> None:
    told = [Metrics(1, train_loss=2.0), Metrics(2, train_loss=math.nan), Metrics(3, train_loss=1e300)]
    assert training(told, "loss").raw == [(1, 2.0)]
    assert validation(told, "loss").points == []
    assert figures([]) == []


def test_a_moving_average_begins_at_the_first_value_and_forgets_it() -> None:
    points = [(1, 4.0), (2, 0.0), (3, 0.0)]
    assert averaged(points, 0.5) == [(1, 4.0), (2, pytest.approx(4 / 3)), (3, pytest.approx(4 / 7))]
    assert averaged(points, 0) == points
    assert averaged([(1, 2.5), (2, 2.5)], 0.9) == [(1, pytest.approx(2.5)), (2, pytest.approx(2.5))]

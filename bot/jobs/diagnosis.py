"""Whether a training run went wrong, judged by its metrics: diverged, overfitted, or nothing learned.

A false alarm on a healthy run is worse than silence, so each threshold leaves room for the noise of batches, and a run
of a few steps is only called ruined where that is beyond doubt. The thresholds were set by runs of SmolLM2-135M,
healthy and ruined ones (tests/jobs/runs, made in November 2026).
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise, takewhile
from statistics import mean, median

import msgspec

from bot.jobs.figures import (
    QUANTITIES,
    REINFORCEMENT_QUANTITIES,
    Curve,
    Points,
    quantities,
    smoothed,
    training,
    validation,
    window,
)
from bot.providers.protocol import DPO, Auto, Metrics


class Problem(StrEnum):
    DIVERGED = "diverged"
    """The loss shot up, or turned into no number, and did not come back: the learning rate is too high."""
    VALIDATION_ROSE = "validation_rose"
    """The validation loss is above where it began, and training's did not fall either."""
    OVERFITTED = "overfitted"
    """The validation loss has risen from its lowest while training's went on falling."""
    NOT_LEARNED = "not_learned"
    """The loss never fell."""
    COLLAPSED = "collapsed"
    """Of reinforcement: the model gives one and the same answer to a prompt, and no good one."""
    NOTHING_TO_LEARN = "nothing_to_learn"
    """Of reinforcement: all answers to a prompt score the same, which teaches nothing."""


class Diagnosis(msgspec.Struct, frozen=True):
    """`began` and `ended`: the loss that shows it, training's or (`of_validation`) validation's; None where it is no
    number. `best_step`: where the validation loss was lowest, `best`. Of reinforcement `ended` is the mean reward of
    the latest `steps`, in which it stood still."""

    problem: Problem
    of_validation: bool
    began: float | None = None
    ended: float | None = None
    best_step: int | None = None
    best: float | None = None
    steps: int | None = None


# In nats, and as a share of where it was: what counts as a rise of the validation loss, whatever the noise.
_RISE, _RISE_SHARE = 0.05, 0.1
# The same of a training loss that ends above where it began.
_DIVERGED, _DIVERGED_SHARE = 0.5, 0.2
# No model that has learned has such a loss, in nats: guessing blindly among 3,000 tokens costs as much.
_PEAK, _PEAK_SHARE = 8.0, 3.0
_ACCURACY_LOST = 0.1
# A loss that fell by less than this share never fell, where there was something to learn.
_FALL_SHARE, _TO_LEARN = 0.02, 0.5
# Of fewer steps nobody can tell how noisy they are, and of fewer still nothing at all.
_ENOUGH_STEPS, _FEWEST_STEPS = 20, 6
_SIGMAS = 4.0
# Steps of reinforcement without any difference between the answers to a prompt; of fewer it may come right by itself.
_STILL_STEPS = 10
# Nats a token: below it, sampling draws the same tokens nearly always.
_CERTAIN = 0.01
# What counts as another mean reward, and as a share of what it was.
_REWARD, _REWARD_SHARE = 0.02, 0.05
# The DPO loss of a model that has not moved yet.
_DPO_START = math.log(2)


def diagnose(metrics: Sequence[Metrics], method: str = "", *, ended: bool = True) -> Diagnosis | None:
    """What is wrong with the run as a whole, or None. While it still trains (`ended` is False) only divergence is
    told, and that reinforcement stands still: the rest may yet come right. `metrics` in any order. The loss of
    reinforcement stays about zero however well it learns: only one that is no number is told."""
    if quantities(method, metrics) == REINFORCEMENT_QUANTITIES:
        return _divergence(metrics, Curve([], []), Curve([], []), method) or _stands_still(metrics)
    train, valid = training(metrics, "loss"), validation(metrics, "loss")
    found = _divergence(metrics, train, valid, method)
    return found if found or not ended else _rise(train, valid, method) or _standstill(train, valid)


def lower_rate(rate: float | Auto) -> float | None:
    """The learning rate multiplier to try after a run diverged with `rate`: a quarter of it, and no more than the usual
    1. None where the provider chose the rate and did not tell it.
    """
    return None if rate == "auto" else min(1.0, rate / 4)


def _divergence(metrics: Sequence[Metrics], train: Curve, valid: Curve, method: str) -> Diagnosis | None:
    began = _level(train.raw)
    if metrics and max(metrics, key=lambda one: one.step).not_finite:
        return Diagnosis(Problem.DIVERGED, False, began)
    if began is None:
        return None
    # However few the steps: a whole validation file has no noise of batches.
    if valid.whole and valid.points[-1][1] > max(_PEAK, 1.5 * began):
        return Diagnosis(Problem.DIVERGED, True, began, valid.points[-1][1])
    if len(train.raw) < _FEWEST_STEPS:
        return None
    end, peak = train.points[-1][1], max(value for _, value in train.points[4:])
    rise = end - began - _noise(train.raw)
    enough = len(train.raw) >= _ENOUGH_STEPS
    shot_up = enough and rise > max(_DIVERGED, _DIVERGED_SHARE * began)
    # The first batch of a short run may by chance be an easy one, so the harder of two is where it began.
    before, back = (began, 0.8) if enough else (max(value for _, value in train.raw[:2]), 1.2)
    never_came_back = peak > max(_PEAK, _PEAK_SHARE * before) and end > back * before
    # Of preferences both answers become less likely, the other one more so: token accuracy falls in healthy runs.
    babbles = quantities(method, metrics) == QUANTITIES and end > 0.9 * began and _accuracy_lost(metrics)
    return Diagnosis(Problem.DIVERGED, False, began, end) if shot_up or never_came_back or babbles else None


def _accuracy_lost(metrics: Sequence[Metrics]) -> bool:
    accuracy = training(metrics, "mean_token_accuracy")
    began = _level(accuracy.raw)
    if began is None or len(accuracy.raw) < _ENOUGH_STEPS:
        return False
    return began - accuracy.points[-1][1] > _ACCURACY_LOST + _noise(accuracy.raw)


def _rise(train: Curve, valid: Curve, method: str) -> Diagnosis | None:
    whole = valid.whole and (len(valid.points) > 1 or method == DPO)
    points = valid.points if whole else smoothed(valid.raw)
    if not train.points or not (whole or len(valid.raw) >= _ENOUGH_STEPS):
        return None
    noise = 0.0 if whole else _noise(valid.raw)
    began, end = _DPO_START if method == DPO else points[0][1], points[-1][1]
    best_step, best = min(points, key=lambda point: point[1])
    lowest = min(began, best)
    if end - lowest <= max(_RISE, _RISE_SHARE * lowest) + noise:
        return None
    then = [value for step, value in train.points if step <= best_step] or [train.points[0][1]]
    if train.points[-1][1] < then[-1] and lowest == best:
        return Diagnosis(Problem.OVERFITTED, True, began, end, best_step, best)
    return Diagnosis(Problem.VALIDATION_ROSE, True, began, end) if end > began else None


def _standstill(train: Curve, valid: Curve) -> Diagnosis | None:
    began, third = _level(train.raw), len(train.raw) // 3
    if began is None or began < _TO_LEARN or len(train.raw) < _ENOUGH_STEPS:
        return None
    first, last = (mean(value for _, value in part) for part in (train.raw[:third], train.raw[-third:]))
    end = train.points[-1][1]
    # A whole validation file has no noise of batches: where it stands still, so does the model.
    sure = valid.whole and len(valid.points) > 1
    noise = 0.0 if sure else _SIGMAS / 2 * _spread(train.raw) * math.sqrt(2 / third)
    fell = first - last + noise > _FALL_SHARE * first or began - end > 2 * _FALL_SHARE * began
    valid_fell = bool(valid.points) and valid.points[-1][1] < (1 - _FALL_SHARE / 2) * valid.points[0][1]
    return None if fell or valid_fell else Diagnosis(Problem.NOT_LEARNED, False, began, end)


def _stands_still(metrics: Sequence[Metrics]) -> Diagnosis | None:
    """Whether reinforcement has nothing to learn from any more. A run that has come up to its best reward is done, and
    nothing is wrong with it."""
    told = sorted(metrics, key=lambda one: one.step)
    steps = [one for one in told if one.train_frac_reward_zero_std is not None]
    still = list(takewhile(lambda one: (one.train_frac_reward_zero_std or 0.0) >= 1.0, reversed(steps)))
    reward = training(told, "mean_reward")
    if len(still) < _STILL_STEPS or not reward.raw:
        return None
    ended = mean(value for step, value in reward.raw if step >= still[-1].step)
    peak = max(value for _, value in reward.points)
    other = max(_REWARD, _REWARD_SHARE * abs(peak))
    if ended > reward.points[0][1] + other and ended > peak - other:
        return None
    entropies = [one.train_entropy for one in still if one.train_entropy is not None]
    collapsed = len(entropies) >= _STILL_STEPS and mean(entropies) < _CERTAIN
    problem = Problem.COLLAPSED if collapsed else Problem.NOTHING_TO_LEARN
    return Diagnosis(problem, False, ended=ended, steps=len(still))


def _level(raw: Points) -> float | None:
    """Where it began, before steps have changed anything: a median, since a loss may shoot up in the very first."""
    return median(value for _, value in raw[: _first(raw)]) if raw else None


def _first(raw: Points) -> int:
    return max(1, min(5, len(raw) // 10))


def _noise(raw: Points) -> float:
    """How much of a difference between the beginning and the smoothed end may be chance."""
    return _SIGMAS * _spread(raw) * math.sqrt(1 / _first(raw) + 1 / window(len(raw)))


def _spread(raw: Points) -> float:
    """Standard deviation of the noise from batch to batch: by the median difference of neighbours, which neither a
    trend nor single outliers move. Of fewer than three, nobody knows."""
    jumps = [abs(after - before) for (_, before), (_, after) in pairwise(raw)]
    return median(jumps) / 0.954 if len(jumps) > 1 else math.inf

"""What a job's metrics come to: the figures that cards, checkpoints, notices and charts show, all from here.

The figure of one step is that of a handful of examples, and jumps. What is shown is the mean over the latest steps, or
the figure of the whole validation file where the provider measured that.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from bot.providers.protocol import DPO, REINFORCEMENT, Metrics

Points = list[tuple[int, float]]
"""(step, value), by step."""

Quantity = Literal["loss", "mean_token_accuracy", "reward_accuracy", "reward_margin", "mean_reward"]
"""As the protocol names it, without `train_`, `valid_` or `full_valid_`. `reward_…` are TRL's, for preferences."""

QUANTITIES: Final[tuple[Quantity, ...]] = ("loss", "mean_token_accuracy")
DPO_QUANTITIES: Final[tuple[Quantity, ...]] = ("loss", "reward_accuracy", "reward_margin")
REINFORCEMENT_QUANTITIES: Final[tuple[Quantity, ...]] = ("mean_reward",)

# Beyond this a loss has long diverged, and arithmetic with it.
_LARGEST: Final = 1e30


class Curve(msgspec.Struct, frozen=True):
    """One quantity over the steps. `raw`: of each batch, as measured. `points`: what it comes to, without the noise of
    batches; `whole` where that is of the whole validation file."""

    raw: Points
    points: Points
    whole: bool = False


class Figure(msgspec.Struct, frozen=True):
    """`value` of a quantity at `step`: of the whole validation file (`whole`), else the mean of the latest `over`
    batches."""

    quantity: Quantity
    part: Literal["training", "validation"]
    value: float
    step: int
    over: int = 1
    whole: bool = False


def figures(metrics: Sequence[Metrics], method: str = "", *, upto: int | None = None) -> list[Figure]:
    """The headline figures at step `upto`, or at the latest one: of each quantity first training's, then
    validation's. What was not measured is left out. `metrics` in any order."""
    told = [one for one in metrics if upto is None or one.step <= upto]
    found = []
    for quantity in quantities(method, told):
        for part, curve in (("training", training(told, quantity)), ("validation", validation(told, quantity))):
            if curve.points:
                step, value = curve.points[-1]
                over = 1 if curve.whole else window(len(curve.raw))
                found.append(Figure(quantity, part, value, step, over, curve.whole))  # type: ignore[arg-type]
    return found


def quantities(method: str, metrics: Sequence[Metrics]) -> tuple[Quantity, ...]:
    """What tells how training by this method of the protocol goes, the most telling first. Of preferences, token
    accuracy says nothing: the aim is that the preferred answer gains on the other one, not that it is said word for
    word. Of reinforcement, only the reward does. Not every provider tells the method; what is measured tells it, too.
    """
    if method == REINFORCEMENT or any(one.of_reinforcement for one in metrics):
        return REINFORCEMENT_QUANTITIES
    return DPO_QUANTITIES if method == DPO or any(one.of_preferences for one in metrics) else QUANTITIES


def training(metrics: Sequence[Metrics], quantity: Quantity) -> Curve:
    raw = _points(metrics, f"train_{quantity}")
    return Curve(raw, smoothed(raw))


def validation(metrics: Sequence[Metrics], quantity: Quantity) -> Curve:
    """Of the whole file where that was ever measured, else of its batches, smoothed."""
    raw, whole = _points(metrics, f"valid_{quantity}"), _points(metrics, f"full_valid_{quantity}")
    return Curve(raw, whole, True) if whole else Curve(raw, smoothed(raw))


def smoothed(points: Points) -> Points:
    """At each step the mean of the latest `window` values up to it, so that what was said of a step stays true."""
    sums = [0.0]
    for _, value in points:
        sums.append(sums[-1] + value)
    mean = []
    for end, (step, _) in enumerate(points, 1):
        over = window(end)
        mean.append((step, (sums[end] - sums[end - over]) / over))
    return mean


def averaged(points: Points, weight: float) -> Points:
    """The exponential moving average of the values up to each step, in which what came before weighs `weight` (0 to
    below 1): without the bias towards zero that it begins with, as TensorBoard and Weights & Biases draw it."""
    mean, seen, found = 0.0, 0.0, []
    for step, value in points:
        mean, seen = weight * mean + (1 - weight) * value, weight * seen + (1 - weight)
        found.append((step, mean / seen))
    return found


def better(quantity: Quantity, value: float, other: float) -> bool:
    """Whether `value` is better than `other`: a lower loss, a higher one of anything else."""
    return value < other if quantity == "loss" else value > other


def window(count: int) -> int:
    """Over how many of `count` values the mean at the last is taken: a quarter of a short run, so that it does not lag
    behind a loss that falls, ten, and a tenth of a long one."""
    return max(min(10, -(-count // 4)), count // 10)


def _points(metrics: Sequence[Metrics], name: str) -> Points:
    """By step, the last value given for each, without infinities."""
    by_step: dict[int, float] = {}
    for one in metrics:
        value = getattr(one, name)
        if value is not None and math.isfinite(value) and abs(value) < _LARGEST:
            by_step[one.step] = value
    return sorted(by_step.items())

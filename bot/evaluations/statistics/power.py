"""How many items, or votes, it takes to tell a gain from chance. By normal approximation, two-sided.

Of pairs that differ or do not: Connor, Sample Size for Testing Differences in Proportions for the Paired-Sample Design
(Biometrics 43, 1987). A win rate is the case in which all pairs differ (Fleiss, Levin and Paik, Statistical Methods for
Rates and Proportions, 3rd edition, formula 2.18 without the correction for continuity).
"""

import math
from statistics import NormalDist
from typing import Final

FEW_WORSE: Final = 0.02
MANY_WORSE: Final = 0.10
"""Shares of items that a model that is better on the whole usually does worse on: a careful change, and a large one."""


def needed(better: float, worse: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Items of which a gain shows with probability `power`, where the model is truly better on a share `better` of them
    and worse on `worse`. Raises ValueError where these are the same, or no shares.
    """
    return round(_pairs(better, worse, power, alpha))


def votes_needed(win_rate: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Votes after which a two-sided test at `alpha` finds a true `win_rate` (not 0.5) with probability `power`."""
    if not 0 < win_rate < 1 or win_rate == 0.5:
        raise ValueError("a win rate between 0 and 1, and other than one half")
    return math.ceil(_pairs(win_rate, 1 - win_rate, power, alpha))


def gain_items(gain: float, deviation: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Items of which a mean `gain` shows, where those of single items have the standard `deviation`."""
    return math.ceil(((_z(1 - alpha / 2) + _z(power)) * deviation / gain) ** 2)


def detectable(n: int, *, power: float = 0.8, alpha: float = 0.05) -> tuple[float, float] | None:
    """The gain, in percentage points, that `n` items show: where the model does worse on few of them (2 %), and where
    on many (10 %). None where they are too few for any.
    """

    def smallest(worse: float) -> float:
        low, high = 0.0, 1 - 2 * worse
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if _pairs(worse + middle, worse, power, alpha) <= n else (middle, high)
        return high

    if n < _pairs(1 - MANY_WORSE, MANY_WORSE, power, alpha):
        return None
    return 100 * smallest(FEW_WORSE), 100 * smallest(MANY_WORSE)


def _pairs(better: float, worse: float, power: float, alpha: float) -> float:
    if better == worse or min(better, worse) < 0 or better + worse > 1 + 1e-9:
        raise ValueError("two shares that differ, of together at most 1")
    differing, gain = better + worse, better - worse
    by_chance = _z(1 - alpha / 2) * math.sqrt(differing)
    by_truth = _z(power) * math.sqrt(max(0.0, differing - gain**2))
    return ((by_chance + by_truth) / gain) ** 2


def _z(probability: float) -> float:
    return NormalDist().inv_cdf(probability)

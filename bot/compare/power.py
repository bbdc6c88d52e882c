"""How many votes it takes to tell a win rate from chance."""

import math
from statistics import NormalDist


def votes_needed(win_rate: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Votes after which a two-sided test at `alpha` finds a true `win_rate` (not 0.5) with probability `power`.

    Normal approximation for one proportion against one half (Fleiss, Levin and Paik, Statistical Methods for Rates and
    Proportions, 3rd edition, formula 2.18 without the correction for continuity).
    """
    if not 0 < win_rate < 1 or win_rate == 0.5:
        raise ValueError("a win rate between 0 and 1, and other than one half")
    normal = NormalDist()
    by_chance = normal.inv_cdf(1 - alpha / 2) * 0.5
    by_truth = normal.inv_cdf(power) * math.sqrt(win_rate * (1 - win_rate))
    return math.ceil(((by_chance + by_truth) / (win_rate - 0.5)) ** 2)

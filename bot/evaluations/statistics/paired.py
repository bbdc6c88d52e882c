"""Two models on the same items: the gain, its interval, and whether chance alone would do as much."""

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from bot.evaluations.statistics.intervals import Method, clustered_interval, is_binary, jackknife_error, present
from bot.evaluations.statistics.power import gain_items, needed
from bot.evaluations.statistics.verdict import Verdict, verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.evaluations.statistics.intervals import Floats, Places

_FLIPS: Final = 9_999
_ALL_FLIPS_UP_TO: Final = 12
"""Clusters that differ, of which all ways to flip signs are gone through."""

_MOST_TIMES_N: Final = 30
"""A gain for which more items than so many times those asked would be needed lies within half a standard error of zero,
and says nothing about how large it is."""


class Compared(msgspec.Struct, frozen=True):
    """`before` and `after`: the means of base and model over the `n` items that both have a score of; `gain`: from the
    one to the other. None of no items. `low` and `high`: its 95 % interval (1 - alpha), None where the items cannot
    say; it reaches to zero where the test cannot tell. `p`: two-sided, of this comparison alone; `p_adjusted`: among
    several, by Holm. `better`, `worse`: items on which the model did better or worse than the base. `needed`: about how
    many items would show a gain as large as the one seen, where these cannot tell and it is not too small to say.
    """

    gain: float | None
    low: float | None
    high: float | None
    p: float
    n: int
    clusters: int
    better: int
    worse: int
    verdict: Verdict
    needed: int | None
    method: Method
    missing: int = 0
    p_adjusted: float | None = None
    before: float | None = None
    after: float | None = None


def compare(
    base: Sequence[float | None],
    model: Sequence[float | None],
    groups: Sequence[Hashable] | None = None,
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> Compared:
    """Pairs are matched by index; a pair of which one score is missing is left out.

    Scores of 0 and 1 without groups: exact McNemar's test, Tango's interval. Else the signs of whole clusters are
    flipped for the test, and clusters resampled for the interval. Raises ValueError where lengths differ.
    """
    import numpy as np

    if len(base) != len(model):
        raise ValueError("a score of each model for each item")
    gains, places, missing = present([_gain(*pair) for pair in zip(base, model, strict=True)], groups)
    n = len(gains)
    if not n:
        return Compared(None, None, None, 1.0, 0, 0, 0, 0, Verdict.CANNOT_TELL, None, Method.NOTHING, missing)
    scores = np.array([pair for pair in zip(base, model, strict=True) if _gain(*pair) is not None], dtype=np.float64)
    before, after = map(float, scores.mean(axis=0))
    clusters = int(places.max()) + 1
    # Averages of several samples differ by less than a float can hold.
    gains[np.abs(gains) < 1e-12] = 0.0
    better, worse, gain = int((gains > 0).sum()), int((gains < 0).sum()), float(gains.mean())
    interval: tuple[float, float] | None
    if clusters == n and is_binary(scores):
        method, p = Method.MCNEMAR, mcnemar(better, worse)
        interval = tango(better, worse, n, level=1 - alpha)
    else:
        p = sign_flip(np.bincount(places, weights=gains).astype(np.float64), seed=seed)
        bounds = (-1.0, 1.0) if scores.min() >= 0 and scores.max() <= 1 else None
        interval, way = clustered_interval(gains, places, bounds, level=1 - alpha, seed=seed)
        method = way if way is Method.ALL_ALIKE else Method.SIGN_FLIP
    if interval is not None and p >= alpha:
        interval = min(interval[0], 0.0), max(interval[1], 0.0)
    clear = interval is not None and not interval[0] <= 0 <= interval[1]
    said = verdict(gain, p, alpha) if clear else Verdict.CANNOT_TELL
    low, high = interval or (None, None)
    enough = _enough(gains, places, alpha) if said is Verdict.CANNOT_TELL else None
    return Compared(
        gain, low, high, p, n, clusters, better, worse, said, enough, method, missing, before=before, after=after
    )


def _gain(before: float | None, after: float | None) -> float | None:
    """None where one of them is missing, or not a number."""
    gain = math.nan if before is None or after is None else after - before
    return gain if math.isfinite(gain) else None


@lru_cache(maxsize=10_000)
def mcnemar(better: int, worse: int) -> float:
    """The p-value of the exact test, two-sided."""
    from statsmodels.stats.contingency_tables import mcnemar as test

    return float(test([[0, better], [worse, 0]], exact=True).pvalue) if better + worse else 1.0


@lru_cache(maxsize=10_000)
def tango(better: int, worse: int, n: int, *, level: float) -> tuple[float, float]:
    """The score interval of the difference of two paired proportions (Tango, Statistics in Medicine 17, 1998): all
    differences that McNemar's test, without correction, would not refuse.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    z, gain = float(norm.ppf((1 + level) / 2)), (better - worse) / n

    def excess(difference: float) -> float:
        """How far `difference` lies from the gain, in standard errors under it, beyond or within z."""
        linear = -better - worse + (2 * n - better + worse) * difference
        share = (math.sqrt(max(0.0, linear**2 + 8 * n * worse * difference * (1 - difference))) - linear) / (4 * n)
        variance = n * (2 * share + difference * (1 - difference))
        return abs(better - worse - n * difference) - z * math.sqrt(max(variance, 0.0))

    # At the gain itself, where no pair differs, the error is zero.
    low = -1.0 if gain == -1 else float(brentq(excess, -1 + 1e-12, gain - 1e-9))
    high = 1.0 if gain == 1 else float(brentq(excess, gain + 1e-9, 1 - 1e-12))
    return low, high


def sign_flip(sums: "Floats", *, seed: int) -> float:
    """The p-value of a permutation test that gain and loss are as likely, where each cluster's sum of gains could as
    well have had the other sign: of all ways where they are few, else of 9,999 drawn and the one seen.
    """
    import numpy as np

    sizes = np.abs(sums[sums != 0])
    if not len(sizes):
        return 1.0
    seen = abs(float(sums.sum())) * (1 - 1e-9) - 1e-12
    if len(sizes) <= _ALL_FLIPS_UP_TO:
        every = np.arange(2 ** len(sizes), dtype="<u2").view(np.uint8).reshape(-1, 2)
        return float(_as_large(every.T, sizes, seen).mean())
    drawn = np.random.default_rng(seed).integers(0, 256, (-(-len(sizes) // 8), _FLIPS), np.uint8)
    return float((_as_large(drawn, sizes, seen).sum() + 1) / (_FLIPS + 1))


def _as_large(flips: "NDArray[np.uint8]", sizes: "Floats", seen: float) -> "NDArray[np.bool_]":
    """`flips`: a column a way to flip, a row eight clusters, a bit of which each: their 256 sums are looked up."""
    import numpy as np

    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    sums = np.pad(sizes, (0, 8 * len(flips) - len(sizes))).reshape(-1, 8) @ bits.T
    flipped: Floats = sum((of.take(ways) for of, ways in zip(sums, flips, strict=True)), np.zeros(flips.shape[1]))
    as_large: NDArray[np.bool_] = np.abs(sizes.sum() - 2 * flipped) >= seen
    return as_large


def _enough(gains: "Floats", places: "Places", alpha: float) -> int | None:
    """Items that would show this gain; None where it is too small to say, and of one cluster."""
    import numpy as np

    n, gain = len(gains), float(gains.mean())
    clusters = int(places.max()) + 1
    if gain == 0 or clusters < 2:
        return None
    if clusters == n and bool(np.isin(gains, (-1, 0, 1)).all()):
        enough = needed(float((gains > 0).mean()), float((gains < 0).mean()), alpha=alpha)
    else:
        sums = np.bincount(places, weights=gains).astype(np.float64)
        error = jackknife_error(sums, np.bincount(places).astype(np.float64))
        enough = gain_items(gain, error * math.sqrt(n), alpha=alpha)
    return max(enough, n + 1) if enough <= _MOST_TIMES_N * n else None

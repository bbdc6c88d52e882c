"""The mean of scores, with its interval."""

import math
from collections.abc import Hashable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

FEWEST_FOR_BOOTSTRAP: Final = 50
"""Clusters. Of fewer the bootstrap makes intervals that are too narrow (benchmarks/coverage.py)."""

_RESAMPLES: Final = 2_000
_DRAWN_AT_ONCE: Final = 32_000
"""As many as the cache of a core holds."""


class Method(StrEnum):
    """How an interval or a test was made."""

    WILSON = "wilson"
    T = "t"
    BCA = "bca"
    WILSON_EFFECTIVE = "wilson_effective"
    ALL_ALIKE = "all_alike"
    MCNEMAR = "mcnemar"
    SIGN_FLIP = "sign_flip"
    KAPPA = "kappa"
    ALPHA = "alpha"
    PREDICTION_POWERED = "prediction_powered"
    NOTHING = "nothing"


class Estimate(msgspec.Struct, frozen=True):
    """A mean of `n` scores in `clusters` (as many as there are scores where they depend on nothing), `missing` ones
    left out. `value` is None of no scores; `low` and `high` are None where the scores cannot say how sure they are.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    method: Method
    missing: int = 0


def mean_interval(
    scores: Sequence[float | None], groups: Sequence[Hashable] | None = None, *, level: float = 0.95, seed: int = 0
) -> Estimate:
    """The mean, and its interval: Wilson's for scores of 0 and 1 without groups; else over clusters, which are
    resampled (BCa), or, where they are few, taken by the t distribution with the jackknife's error.

    Raises ValueError where `groups` is of another length.
    """
    values, places, missing = present(scores, groups)
    n = len(values)
    if not n:
        return Estimate(None, None, None, 0, 0, Method.NOTHING, missing)
    mean = float(values.mean())
    clusters = int(places.max()) + 1
    if clusters == n and is_binary(values):
        return Estimate(mean, *wilson(mean, n, level=level), n, n, Method.WILSON, missing)
    bounds = (0.0, 1.0) if values.min() >= 0 and values.max() <= 1 else None
    interval, method = clustered_interval(values, places, bounds, level=level, seed=seed)
    low, high = interval or (None, None)
    return Estimate(mean, low, high, n, clusters, method, missing)


def wilson(share: float, n: float, *, level: float) -> tuple[float, float]:
    """Of a share of `n` items, or of as many as would tell as much."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(share * n, n, 1 - level, method="wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def present(scores: Sequence[float | None], groups: Sequence[Hashable] | None) -> "tuple[Floats, Places, int]":
    """The scores that are there, the number of each one's cluster (from 0), and how many are missing."""
    import numpy as np

    if groups is not None and len(groups) != len(scores):
        raise ValueError("a group for each score")
    values = np.array([math.nan if score is None else score for score in scores], dtype=np.float64)
    there = np.isfinite(values)
    if groups is None:
        places = np.arange(int(there.sum()))
    else:
        seen: dict[Hashable, int] = {}
        kept = [group for group, is_there in zip(groups, there, strict=True) if is_there]
        places = np.array([seen.setdefault(group, len(seen)) for group in kept], dtype=np.int64)
    return values[there], places, int(len(values) - there.sum())


def is_binary(values: "Floats") -> bool:
    return bool(((values == 0) | (values == 1)).all())


def clustered_interval(
    values: "Floats",
    places: "Places",
    bounds: tuple[float, float] | None,
    *,
    level: float,
    seed: int,
) -> tuple[tuple[float, float] | None, Method]:
    """The interval of the mean of `values` that come in clusters; None where they cannot say. `bounds`: between which
    all possible values lie, where that is known.

    Few values of a kind, all alike, are no proof that all others are as well: with m clusters, a share of others of up
    to 1 - ((1 - level) / 2) ** (1 / m) would often go unseen, and these might lie at the bounds.
    """
    import numpy as np
    from scipy.stats import t as student

    sums: Floats = np.bincount(places, weights=values).astype(np.float64)
    sizes = np.bincount(places).astype(np.float64)
    clusters, mean = len(sums), float(values.mean())
    if (values == values[0]).all() or clusters == 1:
        if bounds is None:
            return None, Method.ALL_ALIKE
        unseen = 1 - ((1 - level) / 2) ** (1 / clusters)
        low, high = (mean + unseen * (bound - mean) for bound in bounds)
        return (low, high), Method.ALL_ALIKE
    if clusters >= FEWEST_FOR_BOOTSTRAP:
        low, high = bca(sums, sizes, level=level, seed=seed)
        if math.isfinite(low) and math.isfinite(high):
            return (low, high), Method.BCA
    half = float(student.ppf((1 + level) / 2, clusters - 1)) * jackknife_error(sums, sizes)
    low, high = mean - half, mean + half
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return (low, high), Method.T


def bca(sums: "Floats", sizes: "Floats", *, level: float, seed: int) -> tuple[float, float]:
    """The bias-corrected and accelerated bootstrap interval of the mean of all items, whose clusters have these sums
    and sizes (Efron 1987): that of `scipy.stats.bootstrap` in a fraction of its time. Not finite where all resamples
    lie on one side of the mean.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    clusters, random = len(sums), np.random.default_rng(seed)
    rows, means = max(1, _DRAWN_AT_ONCE // clusters), np.empty(_RESAMPLES)
    for done in range(0, _RESAMPLES, rows):
        some = means[done : done + rows]
        drawn = random.integers(0, clusters, (len(some), clusters))
        some[:] = sums.take(drawn).sum(axis=1) / sizes.take(drawn).sum(axis=1)
    mean = sums.sum() / sizes.sum()
    bias = ndtri(((means < mean).mean() + (means <= mean).mean()) / 2)
    without = _without_each(sums, sizes)
    influence = without.mean() - without
    acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    normal = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    shares = ndtr(bias + normal / (1 - acceleration * normal))
    if not np.isfinite(shares).all():
        return math.nan, math.nan
    low, high = np.quantile(means, shares)
    return float(low), float(high)


def jackknife_error(sums: "Floats", sizes: "Floats") -> float:
    """The standard error of the mean of all items, leaving out one cluster after another."""
    without, clusters = _without_each(sums, sizes), len(sums)
    return math.sqrt((clusters - 1) / clusters * float(((without - without.mean()) ** 2).sum()))


def _without_each(sums: "Floats", sizes: "Floats") -> "Floats":
    """The mean of all items but those of one cluster, for each."""
    means: Floats = (sums.sum() - sums) / (sizes.sum() - sizes)
    return means

"""Whether a model that judges can be trusted, and what its scores are worth where people labelled a part."""

import math
import warnings
from collections.abc import Sequence

import msgspec

from bot.evaluations.statistics.intervals import Estimate, Method, mean_interval, present


class Agreement(msgspec.Struct, frozen=True):
    """1 where all agree, 0 as by chance: Cohen's kappa of two who labelled, Krippendorff's alpha of more. `value` is
    None where fewer than two items were labelled by two, and where all of them have the same label: chance would do as
    much. `share`: of the items on which all said the same. `low`, `high`: the 95 % interval.
    """

    value: float | None
    low: float | None
    high: float | None
    share: float | None
    n: int
    method: Method


def agreement(judge: Sequence[str | None], *people: Sequence[str | None]) -> Agreement:
    """The labels of the judge and of each person, by item; None where one of them gave none. Raises ValueError where
    lengths differ.
    """
    if not people or any(len(one) != len(judge) for one in people):
        raise ValueError("a label of each for each item, or None")
    labelled = [
        (given, labels)
        for given in zip(judge, *people, strict=True)
        if len(labels := [label for label in given if label is not None]) > 1
    ]
    method = Method.KAPPA if len(people) == 1 else Method.ALPHA
    same = [float(len(set(labels)) == 1) for _, labels in labelled]
    share = sum(same) / len(same) if same else None
    if len(labelled) < 2 or len({label for _, labels in labelled for label in labels}) < 2:
        return Agreement(None, None, None, share, len(labelled), method)
    rows = [given for given, _ in labelled]
    value, low, high = _kappa(rows) if method is Method.KAPPA else _alpha(rows)
    return Agreement(value, low, high, share, len(labelled), method)


def length_bias(longer_won: Sequence[float | None]) -> Estimate:
    """How often the longer answer won, of those verdicts that decided between answers of different lengths: 1 where it
    did, 0 where the shorter one, None where there was a tie or the lengths are the same. Far from one half, the judge
    may go by length; longer answers may as well be better ones.
    """
    return mean_interval(longer_won)


def corrected(
    judge_all: Sequence[float | None],
    judge_labelled: Sequence[float | None],
    people_labelled: Sequence[float | None],
    *,
    level: float = 0.95,
    among: bool = True,
) -> Estimate:
    """The mean score that people would give all items: the judge's mean over all and what people gave more than it on
    the labelled ones (Angelopoulos and others, Prediction-Powered Inference, Science 382, 2023). `among`: the labelled
    items are some of all; else they are others, and it is taken that the judge errs on them as it does on these. `n`:
    all that were judged; `clusters`: those that people labelled; of fewer than two nothing is said. Raises ValueError
    where lengths differ.
    """
    import numpy as np
    from scipy.stats import t as student

    if len(judge_labelled) != len(people_labelled):
        raise ValueError("a score of the judge and of people for each labelled item")
    judged, _, missing = present(judge_all, None)
    both = [
        (a, b)
        for a, b in zip(judge_labelled, people_labelled, strict=True)
        if a is not None and b is not None and math.isfinite(a) and math.isfinite(b)
    ]
    n, m = len(judged), len(both)
    if m < 2 or n < (m if among else 2):
        return Estimate(None, None, None, n, m, Method.NOTHING, missing)
    judge, people = (np.array(column, dtype=np.float64) for column in zip(*both, strict=True))
    value = float(judged.mean() + (people - judge).mean())
    every = [*judged, *judge, *people]
    bounds = (0.0, 1.0) if min(every) >= 0 and max(every) <= 1 else None
    # Two more differences, the largest seen in both directions, keep the interval from being too narrow where few of
    # the labels differ from the judge's (as Bonett and Price do for pairs).
    largest = float(np.abs(people - judge).max())
    differences = np.concatenate([people - judge, [largest, -largest]])
    if among:  # the labelled items count in both means
        at_labelled = np.concatenate([judge, [judge.mean()] * 2])
        variance = (n - m) / n**2 * judged.var(ddof=1) + m * (at_labelled / n + differences / m).var(ddof=1)
    else:
        variance = judged.var(ddof=1) / n + differences.var(ddof=1) / m
    half = float(student.ppf((1 + level) / 2, m - 1)) * math.sqrt(variance)
    if np.ptp(people - judge) == 0:
        if bounds is None:
            return Estimate(value, None, None, n, m, Method.PREDICTION_POWERED, missing)
        # So many labels that agree leave this share of others unseen.
        half += 1 - ((1 - level) / 2) ** (1 / m)
    low, high = value - half, value + half
    if bounds is not None:
        value, low, high = (min(max(one, bounds[0]), bounds[1]) for one in (value, low, high))
    return Estimate(value, low, high, n, m, Method.PREDICTION_POWERED, missing)


def _kappa(rows: Sequence[tuple[str | None, ...]]) -> tuple[float, float, float]:
    """Cohen's kappa. Its interval is Wilson's of the share that agrees, by what chance alone would agree: unlike that
    by the standard error it has a width where all agree."""
    first, second = zip(*rows, strict=True)
    by_chance = sum(first.count(label) * second.count(label) for label in set(first)) / len(rows) ** 2
    agreed = mean_interval([float(a == b) for a, b in rows])
    value, low, high = (
        ((share or 0.0) - by_chance) / (1 - by_chance) for share in (agreed.value, agreed.low, agreed.high)
    )
    return value, low, high


def _alpha(rows: Sequence[tuple[str | None, ...]]) -> tuple[float, float | None, float | None]:
    import evalica
    import pandas as pd

    frame = pd.DataFrame([list(row) for row in zip(*rows, strict=True)], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = evalica.alpha_bootstrap(frame, n_resamples=1_000, random_state=1)
    low, high = float(drawn.low), float(drawn.high)
    return float(drawn.alpha), *((low, high) if math.isfinite(low) and low < high else (None, None))

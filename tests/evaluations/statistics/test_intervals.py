import math

import numpy as np
import pytest

from bot.evaluations.statistics import mean_interval
from bot.evaluations.statistics.intervals import Method


def test_right_and_wrong_have_wilsons_interval() -> None:
    from statsmodels.stats.proportion import proportion_confint

    estimate = mean_interval([1] * 70 + [0] * 30)
    assert estimate.value == pytest.approx(0.7)
    assert (estimate.low, estimate.high) == pytest.approx(proportion_confint(70, 100, method="wilson"))
    assert (estimate.n, estimate.clusters, estimate.method) == (100, 100, Method.WILSON)


def test_a_missing_score_is_counted_and_never_zero() -> None:
    estimate = mean_interval([1, None, 1, math.nan, 0, math.inf])
    assert estimate.value == pytest.approx(2 / 3)
    assert (estimate.n, estimate.missing) == (3, 3)


def test_of_no_scores_nothing_is_said() -> None:
    for scores in ([], [None, math.nan]):
        estimate = mean_interval(scores)
        assert (estimate.value, estimate.low, estimate.high, estimate.n) == (None, None, None, 0)


def test_copies_of_an_item_tell_no_more_than_the_item() -> None:
    scores = list(np.random.default_rng(1).uniform(size=60))
    once = mean_interval(scores)
    copied = mean_interval(scores * 10, list(range(60)) * 10)
    assert copied.clusters == 60
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), abs=1e-9)


def test_many_clusters_have_the_interval_of_scipys_bootstrap() -> None:
    from scipy.stats import bootstrap

    random = np.random.default_rng(1)
    for clusters in (50, 1_500):
        sizes = random.integers(1, 10, clusters)
        sums = random.binomial(sizes, random.beta(4, 1, clusters))
        scores = [float(place < right) for right, size in zip(sums, sizes, strict=True) for place in range(size)]
        estimate = mean_interval(scores, np.repeat(np.arange(clusters), sizes).tolist(), seed=3)
        reference = bootstrap(
            (sums, sizes),
            lambda right, size, axis: right.sum(axis) / size.sum(axis),
            paired=True,
            n_resamples=2_000,
            batch=1_000_000 // clusters,
            rng=np.random.default_rng(3),
        )
        assert estimate.method is Method.BCA
        assert (estimate.low, estimate.high) == pytest.approx(tuple(reference.confidence_interval), abs=1e-9)


def test_few_clusters_are_taken_by_the_t_distribution() -> None:
    scores = [0.2, 0.4, 0.3, 0.8, 0.6]
    estimate = mean_interval(scores)
    half = 2.7764451 * np.std(scores, ddof=1) / math.sqrt(5)
    assert estimate.method is Method.T
    assert (estimate.low, estimate.high) == pytest.approx((np.mean(scores) - half, np.mean(scores) + half))


@pytest.mark.parametrize("groups", [None, ["a"] * 30], ids=["alone", "one conversation"])
def test_scores_that_are_all_alike_are_no_certainty(groups: list[str] | None) -> None:
    estimate = mean_interval([0.7] * 30, groups)
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < 0.7 < estimate.high
    if groups:  # one cluster: next to nothing is known
        assert estimate.low < 0.05
        assert estimate.high > 0.95
    else:
        assert estimate.low > 0.6
        assert estimate.high < 0.75


def test_one_score_says_next_to_nothing() -> None:
    for score in (0.0, 1.0, 0.4):
        estimate = mean_interval([score])
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.high - estimate.low > 0.75


def test_scores_without_bounds_that_are_all_alike_have_no_interval() -> None:
    estimate = mean_interval([7, 7, 7])
    assert (estimate.value, estimate.low, estimate.high) == (7, None, None)


def test_an_interval_of_shares_stays_between_0_and_1() -> None:
    estimate = mean_interval([1.0] * 9 + [0.5], list(range(10)))
    assert estimate.high == 1.0


def test_a_group_is_wanted_for_each_score() -> None:
    with pytest.raises(ValueError, match="a group for each score"):
        mean_interval([1, 0], ["a"])

import itertools
import math
import time

import msgspec
import numpy as np
import pytest

from bot.evaluations.statistics import Compared, Verdict, compare
from bot.evaluations.statistics.intervals import Method
from bot.evaluations.statistics.paired import sign_flip, tango


def answers(both: int, better: int, worse: int, neither: int) -> tuple[list[float], list[float]]:
    base = [1.0] * both + [0.0] * better + [1.0] * worse + [0.0] * neither
    model = [1.0] * both + [1.0] * better + [0.0] * worse + [0.0] * neither
    return base, model


def test_right_and_wrong_are_compared_by_the_exact_test_of_mcnemar() -> None:
    from scipy.stats import binomtest

    compared = compare(*answers(70, 12, 2, 16))
    assert compared.gain == pytest.approx(0.10)
    assert compared.p == pytest.approx(binomtest(2, 14).pvalue)
    assert (compared.n, compared.better, compared.worse) == (100, 12, 2)
    assert compared.method is Method.MCNEMAR
    assert compared.verdict is Verdict.BETTER
    assert compared.needed is None
    assert 0 < compared.low < 0.10 < compared.high


def test_what_one_model_alone_was_graded_on_is_in_no_figure() -> None:
    compared = compare([1.0, 1.0, 0.0, math.nan, 0.0], [None, 1.0, 1.0, 1.0, 1.0])
    assert (compared.before, compared.after) == pytest.approx((1 / 3, 1.0))
    assert compared.gain == pytest.approx(compared.after - compared.before)
    assert (compared.n, compared.missing) == (3, 2)


def test_the_other_way_round_it_is_worse() -> None:
    base, model = answers(70, 12, 2, 16)
    better, worse = compare(base, model), compare(model, base)
    assert worse.verdict is Verdict.WORSE
    assert (worse.gain, worse.low, worse.high) == pytest.approx((-better.gain, -better.high, -better.low))


def test_the_interval_is_that_of_tango() -> None:
    # Tango 1998, section 5.
    assert tango(9, 3, 32, level=0.95) == pytest.approx((-0.027, 0.390), abs=5e-4)
    # All differences that McNemar's test would not refuse: where it just does, the bound is zero.
    low, _ = tango(20, 10, 100, level=math.erf(math.sqrt(100 / 30 / 2)))
    assert low == pytest.approx(0, abs=1e-6)


def test_models_that_never_differ_may_still_differ_elsewhere() -> None:
    compared = compare([1.0] * 50, [1.0] * 50)
    assert compared.verdict is Verdict.CANNOT_TELL
    assert compared.p == 1
    assert compared.low < -0.03
    assert compared.high > 0.03
    assert compared.needed is None


def test_where_it_cannot_tell_the_interval_holds_zero_and_it_says_how_many_would_do() -> None:
    compared = compare(*answers(150, 20, 10, 20))
    assert compared.verdict is Verdict.CANNOT_TELL
    assert compared.low <= 0 <= compared.high
    assert compared.needed == 469


def test_a_gain_next_to_nothing_says_no_number() -> None:
    assert compare(*answers(100, 41, 40, 100)).needed is None


def test_scores_are_compared_by_flipping_signs() -> None:
    from scipy.stats import ttest_1samp

    generator = np.random.default_rng(3)
    base = generator.uniform(size=200)
    model = np.clip(base + generator.normal(0.03, 0.15, size=200), 0, 1)
    compared = compare(list(base), list(model))
    assert compared.method is Method.SIGN_FLIP
    assert compared.p == pytest.approx(ttest_1samp(model - base, 0).pvalue, abs=0.01)
    assert compared.low < compared.gain < compared.high


@pytest.mark.parametrize(("clusters", "exact"), [(7, True), (12, True), (13, False), (17, False)])
def test_as_many_flips_are_as_large_as_there_are(clusters: int, *, exact: bool) -> None:
    sums = np.random.default_rng(clusters).normal(0.6, 1, clusters)
    signs = np.array(list(itertools.product((-1, 1), repeat=clusters)))
    as_large = float(np.mean(abs(signs @ sums) >= abs(sums.sum()) - 1e-9))
    assert 0.01 < as_large < 0.9
    assert sign_flip(sums, seed=0) == pytest.approx(as_large, abs=1e-12 if exact else 0.015)


def test_all_ways_to_flip_few_clusters_are_gone_through() -> None:
    assert sign_flip(np.array([1.0, 2.0, 3.0, 4.0]), seed=0) == 2 / 16
    assert sign_flip(np.array([0.0, 0.0]), seed=0) == 1


def test_copies_of_an_item_prove_nothing_more() -> None:
    base, model = answers(10, 6, 2, 2)
    once = compare(base, model)
    copied = compare(base * 20, model * 20, list(range(20)) * 20)
    assert once.verdict is copied.verdict is Verdict.CANNOT_TELL
    assert copied.p == pytest.approx(once.p, abs=0.001)
    assert compare(base * 20, model * 20).verdict is Verdict.BETTER


def test_one_conversation_tells_nothing_however_long() -> None:
    compared = compare([0.0] * 30, [1.0] * 30, ["a"] * 30)
    assert compared.verdict is Verdict.CANNOT_TELL
    assert compared.needed is None


def test_a_pair_of_which_one_is_missing_is_left_out() -> None:
    compared = compare([1, None, 0, math.nan, 1], [1, 1, 1, 1, None])
    assert (compared.n, compared.missing, compared.gain) == (2, 3, 0.5)


@pytest.mark.parametrize(
    ("base", "model"),
    [
        ([], []),
        ([None], [1.0]),
        ([0.0], [1.0]),
        ([1.0], [1.0]),
        ([0.3], [0.9]),
        ([0.3] * 9, [0.4] * 9),
        ([5] * 9, [9] * 9),
    ],
)
def test_too_little_tells_nothing_and_raises_nothing(base: list[float | None], model: list[float | None]) -> None:
    compared = compare(base, model)
    if len(base) < 10:
        assert compared.verdict is Verdict.CANNOT_TELL
    assert 0 <= compared.p <= 1
    assert msgspec.json.decode(msgspec.json.encode(compared), type=Compared) == compared


def test_the_same_seed_says_the_same() -> None:
    generator = np.random.default_rng(5)
    base, model = generator.uniform(size=(2, 80)).tolist()
    assert compare(base, model, seed=4) == compare(base, model, seed=4)


def test_five_thousand_items_take_a_moment() -> None:
    generator = np.random.default_rng(6)
    base, model = generator.uniform(size=(2, 5_000)).tolist()
    groups = generator.integers(0, 3_000, size=5_000).tolist()
    begun = time.process_time()
    compare(base, model, groups)
    compare([round(score) for score in base], [round(score) for score in model])
    assert time.process_time() - begun < 4


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="a score of each model"):
        compare([1.0], [])

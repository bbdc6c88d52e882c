import numpy as np
import pytest

from bot.evaluations.statistics import agreement, corrected, length_bias
from bot.evaluations.statistics.intervals import Method


def labels(n: int, agreed: float, seed: int) -> tuple[list[str], list[str]]:
    generator = np.random.default_rng(seed)
    people = generator.choice(["good", "bad"], size=n)
    judge = np.where(generator.uniform(size=n) < agreed, people, generator.choice(["good", "bad"], size=n))
    return judge.tolist(), people.tolist()


def test_two_who_label_agree_by_cohens_kappa() -> None:
    from sklearn.metrics import cohen_kappa_score

    judge, people = labels(120, 0.7, 1)
    found = agreement([*judge, None], [*people, "good"])
    assert found.value == pytest.approx(cohen_kappa_score(judge, people))
    assert found.method is Method.KAPPA
    assert found.n == 120
    assert found.low < found.value < found.high


def test_all_who_agree_are_not_sure_to_agree_always() -> None:
    found = agreement(["good", "bad"] * 10, ["good", "bad"] * 10)
    assert (found.value, found.high, found.share) == (1, 1, 1)
    assert 0.5 < found.low < 0.8


def test_several_people_agree_by_krippendorffs_alpha() -> None:
    # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: nominal data, four observers.
    rows = ["1 2 3 3 2 1 4 1 2 * * *", "1 2 3 3 2 2 4 1 2 5 * 3", "* 3 3 3 2 3 4 2 2 5 1 *", "1 2 3 3 2 4 4 1 2 5 1 *"]
    judge, *people = [[None if label == "*" else label for label in row.split()] for row in rows]
    found = agreement(judge, *people)
    assert found.value == pytest.approx(0.743, abs=0.001)
    assert found.method is Method.ALPHA
    assert found.n == 11  # the last was labelled once
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("judge", "people"), [([], []), (["a"], ["a"]), (["a"] * 9, ["a"] * 9), (["a", None], [None, "b"])]
)
def test_where_chance_would_do_as_much_nothing_is_said(judge: list[str | None], people: list[str | None]) -> None:
    assert agreement(judge, people).value is None


def test_how_often_the_longer_answer_won() -> None:
    bias = length_bias([1] * 30 + [0] * 10 + [None] * 5)
    assert (bias.value, bias.n) == (0.75, 40)
    assert bias.low > 0.5


def test_a_lenient_judge_is_corrected_by_people() -> None:
    """The judge passes everything that people pass and half of the rest; people would pass 60 %."""
    generator = np.random.default_rng(8)
    truth = (generator.uniform(size=2_000) < 0.6).astype(float)
    judge = np.maximum(truth, generator.integers(0, 2, size=2_000))
    estimate = corrected(judge.tolist(), judge[:200].tolist(), truth[:200].tolist())
    assert judge.mean() > 0.75
    assert estimate.low < truth.mean() < estimate.high
    assert estimate.high - estimate.low < 0.15
    assert (estimate.n, estimate.clusters) == (2_000, 200)


def test_a_few_labels_that_agree_do_not_prove_the_judge_right() -> None:
    estimate = corrected([1.0] * 80 + [0.0] * 20, [1.0] * 5, [1.0] * 5)
    assert estimate.value == pytest.approx(0.8)
    assert estimate.low < 0.4
    assert estimate.high == 1


def test_without_labels_there_is_no_correction() -> None:
    assert corrected([1.0, 0.0], [], []).value is None
    assert corrected([1.0, 0.0], [1.0, None], [None, 1.0]).value is None
    assert corrected([1.0, 0.0], [1.0], [0.0]).value is None

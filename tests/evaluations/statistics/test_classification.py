import math
import warnings
from types import ModuleType

import msgspec
import numpy as np
import pytest

from bot.evaluations.statistics import Classification, classify

LABELS = ["angry", "calm", "glad"]


@pytest.fixture(scope="module")
def metrics() -> ModuleType:
    """Scikit-learn's. To import them takes a second, which nobody else has to wait for."""
    from sklearn import metrics

    return metrics


def some(n: int, labels: list[str], seed: int) -> tuple[list[str], list[str], np.ndarray]:
    """Truth, prediction (the likeliest), and probabilities."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, len(labels), size=n)
    scores = generator.uniform(size=(n, len(labels)))
    scores[np.arange(n), truth] += 0.4
    table = scores / scores.sum(axis=1, keepdims=True)
    return [labels[one] for one in truth], [labels[one] for one in table.argmax(axis=1)], table


def as_mappings(table: np.ndarray, labels: list[str]) -> list[dict[str, float]]:
    return [dict(zip(labels, row, strict=True)) for row in table.tolist()]


def test_figures_equal_those_of_scikit_learn(metrics: ModuleType) -> None:
    truth, predicted, _ = some(300, LABELS, 1)
    found = classify(truth, predicted)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, predicted)
    assert found.labels == tuple(LABELS)
    assert [one.precision for one in found.classes] == pytest.approx(precision)
    assert [one.recall for one in found.classes] == pytest.approx(recall)
    assert [one.f1 for one in found.classes] == pytest.approx(f1)
    assert [one.support for one in found.classes] == list(support)
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert found.macro_f1.value == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    assert found.weighted_f1 == pytest.approx(metrics.f1_score(truth, predicted, average="weighted"))
    assert [list(row[:-1]) for row in found.confusion] == metrics.confusion_matrix(truth, predicted).tolist()


def test_two_labels_have_curves_equal_to_those_of_scikit_learn(metrics: ModuleType) -> None:
    truth, predicted, table = some(200, ["ham", "spam"], 2)
    found = classify(truth, predicted, as_mappings(table, ["ham", "spam"]), positive="spam", beta=2)
    binary, calibration = found.binary, found.calibration
    assert binary is not None
    assert calibration is not None
    spam, score = np.array(truth) == "spam", table[:, 1]
    assert binary.precision == pytest.approx(metrics.precision_score(truth, predicted, pos_label="spam"))
    assert binary.recall == pytest.approx(metrics.recall_score(truth, predicted, pos_label="spam"))
    assert binary.f_beta == pytest.approx(metrics.fbeta_score(truth, predicted, beta=2, pos_label="spam"))
    assert binary.auroc == pytest.approx(metrics.roc_auc_score(spam, score))
    assert binary.auprc == pytest.approx(metrics.average_precision_score(spam, score))
    assert metrics.auc(*zip(*binary.roc, strict=True)) == pytest.approx(binary.auroc)
    assert calibration.brier == pytest.approx(metrics.brier_score_loss(spam, score))


def test_several_labels_have_the_brier_score_of_scikit_learn(metrics: ModuleType) -> None:
    truth, predicted, table = some(150, LABELS, 3)
    calibration = classify(truth, predicted, as_mappings(table, LABELS)).calibration
    assert calibration is not None
    assert calibration.brier == pytest.approx(metrics.brier_score_loss(truth, table, labels=LABELS))
    assert sum(one.n for one in calibration.curve) == 150
    assert calibration.ece == pytest.approx(
        sum(one.n * abs(one.accuracy - one.confidence) for one in calibration.curve) / 150
    )


def test_a_model_that_is_right_as_often_as_it_says_is_calibrated() -> None:
    truth = ["yes"] * 80 + ["no"] * 20
    calibration = classify(truth, ["yes"] * 100, [{"yes": 0.8, "no": 0.2}] * 100).calibration
    assert calibration is not None
    assert calibration.ece == pytest.approx(0)
    assert [(one.confidence, one.accuracy) for one in calibration.curve] == [pytest.approx((0.8, 0.8))]


def test_an_answer_that_is_no_label_is_wrong_and_stands_apart(metrics: ModuleType) -> None:
    found = classify(["a", "a", "b", "b"], ["a", "Well, it depends", "b", "b"])
    assert found.other == 1
    assert found.confusion == ((1, 0, 1), (0, 2, 0))
    assert found.accuracy.value == 0.75
    assert found.classes[0].recall == 0.5
    assert found.classes[0].precision == 1
    assert found.macro_f1.value == pytest.approx(
        metrics.f1_score(["a", "a", "b", "b"], ["a", "?", "b", "b"], labels=["a", "b"], average="macro")
    )


def test_an_item_without_an_answer_counts_nowhere() -> None:
    found = classify(["a", "b", "b"], ["a", None, "b"])
    assert (found.n, found.missing) == (2, 1)
    assert found.accuracy.value == 1


def test_a_label_that_is_not_in_the_file_neither_helps_nor_harms(metrics: ModuleType) -> None:
    truth, predicted, _ = some(60, LABELS, 4)
    found = classify(truth, predicted, labels=[*LABELS, "never"])
    assert found.macro_f1.value == classify(truth, predicted).macro_f1.value
    never = found.classes[-1]
    assert (never.label, never.precision, never.recall, never.f1, never.support) == ("never", None, None, None, 0)
    predicted[0] = "never"  # said, and wrong
    assert classify(truth, predicted, labels=[*LABELS, "never"]).macro_f1.value == pytest.approx(
        metrics.f1_score(truth, predicted, labels=[*LABELS, "never"], average="macro")
    )


def test_a_true_label_that_was_not_named_is_a_label_all_the_same() -> None:
    assert classify(["a", "b", "c"], ["a", "b", "a"], labels=["b", "a"]).labels == ("b", "a", "c")


def test_the_rarer_of_two_labels_is_looked_for() -> None:
    assert classify(["yes"] * 3 + ["no"] * 7, ["no"] * 10).binary.positive == "yes"
    assert classify(["no", "yes"], ["no", "yes"]).binary.positive == "yes"


def test_one_label_only_has_no_curve_and_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = classify(["a"] * 5, ["a", "a", "b", "a", "a"], [{"a": 0.9, "b": 0.1}] * 5, labels=["a", "b"])
    assert found.binary is not None
    assert (found.binary.auroc, found.binary.roc, found.binary.n) == (None, (), 5)
    assert found.calibration is not None


def test_probabilities_that_are_not_known_are_left_out() -> None:
    given = [{"a": 0.9, "b": 0.1}, None, {"a": math.nan, "b": 0.1}, {"other token": 1.0}, {"b": 0.25}]
    found = classify(["a", "a", "b", "b", "b"], ["a", "a", "b", "b", "b"], given)
    assert found.n == 5
    assert found.calibration is not None
    assert found.calibration.n == 2
    assert found.binary is not None
    assert (found.binary.n, found.binary.auroc) == (2, 1)
    assert classify(["a"], ["a"], [None]).calibration is None


def test_nothing_answered_says_nothing() -> None:
    for found in (classify([], []), classify(["a", "b"], [None, None])):
        assert found.accuracy.value is None
        assert found.macro_f1.value is None
        assert found.weighted_f1 is None
        assert msgspec.json.decode(msgspec.json.encode(found), type=Classification) == found


def test_macro_f1_has_an_interval_also_where_all_is_right() -> None:
    truth, predicted, _ = some(200, LABELS, 5)
    estimate = classify(truth, predicted).macro_f1
    assert estimate.low < estimate.value < estimate.high
    assert estimate.high - estimate.low < 0.2
    perfect = classify(["a", "b"] * 10, ["a", "b"] * 10).macro_f1
    assert (perfect.value, perfect.high) == (1, 1)
    assert 0.7 < perfect.low < 0.95


def test_a_conversation_counts_once() -> None:
    truth, predicted, _ = some(40, LABELS, 6)
    once, copied = classify(truth, predicted), classify(truth * 5, predicted * 5, groups=list(range(40)) * 5)
    width = once.macro_f1.high - once.macro_f1.low
    assert copied.macro_f1.high - copied.macro_f1.low == pytest.approx(width, rel=0.2)
    assert copied.accuracy.clusters == 40


def test_one_of_each_is_wanted_for_each_item() -> None:
    with pytest.raises(ValueError, match="one of each"):
        classify(["a"], [])

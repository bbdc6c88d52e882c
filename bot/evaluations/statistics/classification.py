"""How well labels were predicted: the figures of scikit-learn, with intervals, and with answers that are no label."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bot.evaluations.statistics.intervals import Estimate, Method, mean_interval, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS: Final = 10


class ClassFigures(msgspec.Struct, frozen=True):
    """Of one label, as scikit-learn defines them. `precision` is None where it was never predicted, `recall` where it
    never was the truth, `f1` where both. `support`: how often it was the truth; `predicted`: how often it was said."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    predicted: int


class Binary(msgspec.Struct, frozen=True):
    """Of two labels, for the `positive` one. `roc`: points (false positive rate, true positive rate);
    `precision_recall`: points (recall, precision). Curves and their areas (`auroc`; `auprc`, the average precision)
    are over the `n` answers of which probabilities are known, and None where these hold one label only.
    """

    positive: str
    precision: float | None
    recall: float | None
    f_beta: float | None
    beta: float
    n: int = 0
    auroc: float | None = None
    auprc: float | None = None
    roc: tuple[tuple[float, float], ...] = ()
    precision_recall: tuple[tuple[float, float], ...] = ()


class Bin(msgspec.Struct, frozen=True):
    """Answers of about the same confidence: its mean, how many of them are right, and how many there are."""

    confidence: float
    accuracy: float
    n: int


class Calibration(msgspec.Struct, frozen=True):
    """Whether a probability means what it says, over the `n` answers of which it is known. `ece`: the expected
    calibration error over ten bins of the same width; `brier`: as scikit-learn's brier_score_loss."""

    ece: float
    brier: float
    n: int
    curve: tuple[Bin, ...]


class Classification(msgspec.Struct, frozen=True):
    """`labels` in the order of `classes` and of the rows of `confusion` (truth), whose columns (prediction) have one
    more at the end: answers that are no label. These count as wrong. `missing`: items without an answer, which count
    nowhere.
    """

    n: int
    missing: int
    accuracy: Estimate
    macro_f1: Estimate
    weighted_f1: float | None
    classes: tuple[ClassFigures, ...]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    other: int
    binary: Binary | None = None
    calibration: Calibration | None = None


Probabilities = Mapping[str, float] | None
"""By label; those of other tokens may be among them, those of labels missing. None where they are not known."""


def classify(
    truth: Sequence[str],
    predicted: Sequence[str | None],
    probabilities: Sequence[Probabilities] | None = None,
    labels: Sequence[str] | None = None,
    groups: Sequence[Hashable] | None = None,
    *,
    positive: str | None = None,
    beta: float = 1.0,
    level: float = 0.95,
    seed: int = 0,
) -> Classification:
    """By index. `labels`: all there are; without them those of `truth`, sorted. `positive`: of two labels the one that
    is looked for; without it the rarer one. Probabilities are taken among the labels: together they are 1.

    Raises ValueError where lengths differ.
    """
    for given in (predicted, probabilities, groups):
        if given is not None and len(given) != len(truth):
            raise ValueError("one of each for each item")
    known = tuple(dict.fromkeys([*(labels if labels is not None else sorted(set(truth))), *sorted(set(truth))]))
    kept = [place for place, said in enumerate(predicted) if said is not None]
    true = [truth[place] for place in kept]
    said = [label if (label := predicted[place]) in known else None for place in kept]
    cluster = None if groups is None else [groups[place] for place in kept]
    confusion = _confusion(true, said, known)
    classes = tuple(_figures(confusion, place, label) for place, label in enumerate(known))
    right = [float(a == b) for a, b in zip(true, said, strict=True)]
    found = Classification(
        n=len(kept),
        missing=len(truth) - len(kept),
        accuracy=mean_interval(right, cluster, level=level, seed=seed),
        macro_f1=_macro_f1(confusion, true, said, known, cluster, level=level),
        weighted_f1=_weighted(classes),
        classes=classes,
        labels=known,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        other=sum(label is None for label in said),
    )
    if len(known) == 2 and kept:
        found = msgspec.structs.replace(found, binary=_binary(found, positive, beta))
    if probabilities is not None:
        return _with_probabilities(found, true, said, [probabilities[place] for place in kept])
    return found


def _confusion(true: Sequence[str], said: Sequence[str | None], labels: Sequence[str]) -> "NDArray[Any]":
    """A row a true label, a column a predicted one and, last, other answers."""
    import numpy as np

    counts = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for a, b in zip(true, said, strict=True):
        counts[labels.index(a), _column(b, labels)] += 1
    return counts


def _figures(confusion: "NDArray[Any]", place: int, label: str) -> ClassFigures:
    right, support, predicted = confusion[place, place], confusion[place].sum(), confusion[:, place].sum()
    return ClassFigures(
        label,
        precision=_share(right, predicted),
        recall=_share(right, support),
        f1=_share(2 * right, support + predicted),
        support=int(support),
        predicted=int(predicted),
    )


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _weighted(classes: Sequence[ClassFigures]) -> float | None:
    """The mean F1, each label as often as it was the truth."""
    return _share(sum((one.f1 or 0.0) * one.support for one in classes), sum(one.support for one in classes))


def _macro_f1(
    confusion: "NDArray[Any]",
    true: Sequence[str],
    said: Sequence[str | None],
    labels: Sequence[str],
    groups: Sequence[Hashable] | None,
    *,
    level: float,
) -> Estimate:
    """Over labels that were the truth or predicted, as scikit-learn does. Its interval is Wilson's, of as many items as
    would have its jackknife error were it a share, and no more than the supports of the labels allow: a mean of shares
    that are each exact to their few items. So few answers that are all right are no certainty.
    """
    import numpy as np

    n = len(true)
    if not n:
        return Estimate(None, None, None, 0, 0, Method.NOTHING)
    if groups is None:  # all items of one cell of the matrix are alike
        held = np.flatnonzero(confusion)
        units, counts = np.eye(confusion.size)[held], confusion.ravel()[held]
    else:
        places: dict[Hashable, int] = {}
        of_item = [places.setdefault(group, len(places)) for group in groups]
        cells = [labels.index(a) * confusion.shape[1] + _column(b, labels) for a, b in zip(true, said, strict=True)]
        units, counts = np.zeros((len(places), confusion.size)), np.ones(len(places))
        np.add.at(units, (of_item, cells), 1)
    clusters = int(counts.sum())
    value = float(_macro(confusion[None].astype(np.float64))[0])
    supports = np.minimum(confusion.sum(axis=1), clusters)
    supports = supports[supports > 0]
    size = float(len(supports) ** 2 / (1 / supports).sum())
    if clusters > 1:
        without = _macro((confusion.ravel() - units).reshape(-1, *confusion.shape))
        mean = (counts * without).sum() / clusters
        variance = float((clusters - 1) / clusters * (counts * (without - mean) ** 2).sum())
        size = min(size, value * (1 - value) / variance) if variance > 0 else size
    low, high = wilson(value, size, level=level)
    return Estimate(value, low, high, n, clusters, Method.WILSON_EFFECTIVE)


def _column(said: str | None, labels: Sequence[str]) -> int:
    return len(labels) if said is None else labels.index(said)


def _macro(cells: "NDArray[Any]") -> "NDArray[Any]":
    """Macro F1 of each of many confusion matrices; 0 of an empty one."""
    import numpy as np

    right = np.diagonal(cells, axis1=1, axis2=2)
    whole = cells.sum(axis=2) + cells[:, :, :-1].sum(axis=1)
    f1 = np.divide(2 * right, whole, out=np.zeros_like(right), where=whole > 0)
    totals: NDArray[Any] = f1.sum(axis=1) / np.maximum(1, (whole > 0).sum(axis=1))
    return totals


def _binary(found: Classification, positive: str | None, beta: float) -> Binary:
    if positive is None:
        positive = min(reversed(found.classes), key=lambda one: one.support).label
    one = found.classes[found.labels.index(positive)]
    right, square = found.confusion[found.labels.index(positive)][found.labels.index(positive)], beta**2
    f_beta = _share((1 + square) * right, square * one.support + one.predicted)
    return Binary(positive, one.precision, one.recall, f_beta, beta)


def _with_probabilities(
    found: Classification, true: Sequence[str], said: Sequence[str | None], probabilities: Sequence[Probabilities]
) -> Classification:
    import numpy as np

    rows = [_normalized(given, found.labels) for given in probabilities]
    there = [place for place, row in enumerate(rows) if row is not None]
    if not there:
        return found
    table = np.array([rows[place] for place in there], dtype=np.float64)
    truths = np.array([found.labels.index(true[place]) for place in there])
    # What was said may not be the likeliest label, where it was sampled.
    told = [(place, label) for place in range(len(there)) if (label := said[there[place]]) is not None]
    confidence = np.array([table[place, found.labels.index(label)] for place, label in told])
    right = np.array([label == true[there[place]] for place, label in told], dtype=np.float64)
    found = msgspec.structs.replace(found, calibration=_calibration(table, truths, confidence, right))
    if found.binary is None:
        return found
    column = found.labels.index(found.binary.positive)
    return msgspec.structs.replace(found, binary=_curves(found.binary, truths == column, table[:, column]))


def _normalized(given: Probabilities, labels: Sequence[str]) -> list[float] | None:
    """None where they are not known, or no probabilities."""
    if given is None:
        return None
    row = [given.get(label, 0.0) for label in labels]
    total = sum(row)
    return [one / total for one in row] if math.isfinite(total) and total > 0 and min(row) >= 0 else None


def _calibration(
    table: "NDArray[Any]", truths: "NDArray[Any]", confidence: "NDArray[Any]", right: "NDArray[Any]"
) -> Calibration | None:
    import numpy as np

    if not len(confidence):
        return None
    each = (table - np.eye(table.shape[1])[truths]) ** 2
    brier = float(each.sum(axis=1).mean()) / (2 if table.shape[1] <= 2 else 1)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    curve = tuple(
        Bin(float(confidence[bins == one].mean()), float(right[bins == one].mean()), int((bins == one).sum()))
        for one in np.unique(bins)
    )
    ece = sum(one.n * abs(one.accuracy - one.confidence) for one in curve) / len(confidence)
    return Calibration(ece, brier, len(truths), curve)


def _curves(binary: Binary, truths: "NDArray[Any]", scores: "NDArray[Any]") -> Binary:
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

    if truths.all() or not truths.any():
        return msgspec.structs.replace(binary, n=len(truths))
    false_positives, true_positives, _ = roc_curve(truths, scores)
    precision, recall, _ = precision_recall_curve(truths, scores)
    return msgspec.structs.replace(
        binary,
        n=len(truths),
        auroc=float(roc_auc_score(truths, scores)),
        auprc=float(average_precision_score(truths, scores)),
        roc=tuple(zip(false_positives.tolist(), true_positives.tolist(), strict=True)),
        precision_recall=tuple(zip(recall.tolist(), precision.tolist(), strict=True)),
    )

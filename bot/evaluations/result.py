"""What came of an evaluation: computed from scores, in a worker process. No words of the file or of answers are in it;
differences name their items."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bot.evaluations.evaluation import DrawnItem, GradeRow, Place, Task
from bot.evaluations.statistics import Chosen, Compared, Estimate, adjusted, choose, compare, drifted, mean_interval
from bot.evaluations.statistics.classification import Classification, classify

DIFFERENCES: Final = 10
_FEWEST_OF_SLICE: Final = 5
_MOST_SLICES: Final = 12


class ModelScore(msgspec.Struct, frozen=True):
    """`estimate`: the mean reward. `right`: the share of answers that count as right, where the grader has such a
    meaning. `failed`: answers that a model did not give; `ungraded`: those whose grade could not be said."""

    model: str
    estimate: Estimate
    right: Estimate | None = None
    failed: int = 0
    ungraded: int = 0


class ModelGain(msgspec.Struct, frozen=True):
    """`model` against `base`, with Holm's correction over all models of the evaluation."""

    model: str
    base: str
    compared: Compared


class SliceScore(msgspec.Struct, frozen=True):
    """`n` items of one value of one slice (`label`, `length`, `tag`, `language`): the gain of each model on the
    baseline, with Holm's correction over all slices and models."""

    slice: str
    value: str
    n: int
    gains: dict[str, Compared]


class Difference(msgspec.Struct, frozen=True):
    """An item that two models did differently on, by the means of their rewards."""

    number: int
    line: int
    turn: int
    base: float
    model: float


class Regression(msgspec.Struct, frozen=True):
    """Items that the parent had right and its next model has not, the worst first."""

    model: str
    parent: str
    items: tuple[Difference, ...]
    of: int


class Result(msgspec.Struct, frozen=True):
    """`binary`: all rewards are 0 or 1, so that scores are shares of right answers. `scores` and `gains` in the order
    of the models; of the latter none for the baseline. `differences`: by model, those that tell most first (the
    baseline right and the model wrong, then the largest losses). `chosen`: the best of several checkpoints, chosen on
    one half of the items and told on the other. `drift`: of a repetition, each model against itself when it was asked
    before, with Holm's correction. `control`: the same of the control set, where that was asked.
    """

    task: Task
    n: int
    binary: bool
    scores: tuple[ModelScore, ...]
    gains: tuple[ModelGain, ...] = ()
    classification: dict[str, Classification] = {}
    slices: tuple[SliceScore, ...] = ()
    differences: dict[str, tuple[Difference, ...]] = {}
    regressions: tuple[Regression, ...] = ()
    chosen: Chosen | None = None
    drift: dict[str, Compared] = {}
    control: "Result | None" = None


class Scores(msgspec.Struct, frozen=True):
    """All that a result is made of. `rows` hold no text but labels; `probabilities` by (model, number). `failed`:
    places of answers that were not given. `checkpoints`: places of the models among which the best is to be chosen;
    `parents`: place of a model, place of its parent. `earlier`: rows of the evaluation that this one repeats."""

    models: tuple[str, ...]
    task: Task
    labels: tuple[str, ...]
    items: tuple[DrawnItem, ...]
    rows: tuple[GradeRow, ...]
    seed: int
    failed: tuple[Place, ...] = ()
    probabilities: dict[tuple[int, int], dict[str, float]] = {}
    checkpoints: tuple[int, ...] = ()
    parents: dict[int, int] = {}
    earlier: tuple[GradeRow, ...] = ()


def compute(scores: Scores) -> Result:
    """For a worker process."""
    own = [item for item in scores.items if not item.control]
    control = [item for item in scores.items if item.control]
    result = _result(scores, own)
    if not control:
        return result
    return msgspec.structs.replace(
        result, control=_result(msgspec.structs.replace(scores, task=Task.TEXT, checkpoints=(), parents={}), control)
    )


def _result(scores: Scores, items: Sequence[DrawnItem]) -> Result:
    table = _Table(scores, items)
    # Several that are the same but for their groups' names cluster the same: an item without a group is its own.
    gains = adjusted([compare(table.means[0], means, table.groups, seed=0) for means in table.means[1:]])
    names = scores.models
    return Result(
        task=scores.task,
        n=len(items),
        binary=table.binary,
        scores=tuple(table.score(place) for place in range(len(names))),
        gains=tuple(ModelGain(model, names[0], one) for model, one in zip(names[1:], gains, strict=True)),
        classification=_classification(scores, table) if scores.task is Task.CLASSIFICATION else {},
        slices=tuple(_slices(names, table)),
        differences={
            model: tuple(table.differences(0, place)[:DIFFERENCES]) for place, model in enumerate(names) if place
        },
        regressions=tuple(_regressions(names, scores.parents, table)),
        chosen=_chosen(scores, table),
        drift=_drift(scores, table),
    )


class _Table:
    """Mean rewards by model and item; several samples of an item are one score."""

    def __init__(self, scores: Scores, items: Sequence[DrawnItem]) -> None:
        self.items = items
        self._scores = scores
        rewards: dict[tuple[int, int], list[float]] = defaultdict(list)
        passed: dict[tuple[int, int], list[bool]] = defaultdict(list)
        self.labels: dict[tuple[int, int], str] = {}
        self._ungraded: dict[int, int] = defaultdict(int)
        self._there = {item.number for item in items}
        self.binary = True
        for row in scores.rows:
            place = row.place
            if place.number not in self._there:
                continue
            if row.reward is None:
                self._ungraded[place.model] += 1
            else:
                rewards[place.model, place.number].append(row.reward)
                self.binary = self.binary and row.reward in (0.0, 1.0)
            if row.passed is not None:
                passed[place.model, place.number].append(row.passed)
            if row.label is not None and place.sample == 0:
                self.labels[place.model, place.number] = row.label
        self.means = [self._column(rewards, model) for model in range(len(scores.models))]
        self._right = [self._column(passed, model) for model in range(len(scores.models))]
        grouped = any(item.group for item in items)
        self.groups = [item.group or f"item:{item.number}" for item in items] if grouped else None

    def _column(self, values: Mapping[tuple[int, int], Sequence[float | bool]], model: int) -> list[float | None]:
        return [sum(found) / len(found) if (found := values.get((model, item.number))) else None for item in self.items]

    def score(self, model: int) -> ModelScore:
        right = self._right[model]
        return ModelScore(
            self._scores.models[model],
            mean_interval(self.means[model], self.groups),
            mean_interval(right, self.groups) if any(one is not None for one in right) else None,
            sum(one.model == model and one.number in self._there for one in self._scores.failed),
            self._ungraded[model],
        )

    def differences(self, base: int, model: int) -> list[Difference]:
        """The largest losses first, then the largest gains."""
        found = []
        for item, before, after in zip(self.items, self.means[base], self.means[model], strict=True):
            if before is not None and after is not None and abs(before - after) > 1e-9:
                found.append(Difference(item.number, item.line, item.turn, before, after))
        return sorted(found, key=lambda one: (one.model > one.base, -abs(one.model - one.base), one.number))


def _classification(scores: Scores, table: _Table) -> dict[str, Classification]:
    items = [(place, item) for place, item in enumerate(table.items) if item.truth is not None]
    truth = [str(item.truth) for _, item in items]
    groups = [table.groups[place] for place, _ in items] if table.groups else None
    found = {}
    for place, model in enumerate(scores.models):
        predicted = [table.labels.get((place, item.number)) for _, item in items]
        probabilities = [scores.probabilities.get((place, item.number)) for _, item in items]
        known = probabilities if any(probabilities) else None
        found[model] = classify(truth, predicted, known, scores.labels, groups)
    return found


def _slices(models: Sequence[str], table: _Table) -> list[SliceScore]:
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, item in enumerate(table.items):
        for name, value in item.slices.items():
            places[name, value].append(place)
    values: dict[str, int] = defaultdict(int)
    for name, _ in places:
        values[name] += 1
    wanted = sorted(
        (
            (name, value)
            for (name, value), there in places.items()
            if values[name] > 1 and len(there) >= _FEWEST_OF_SLICE
        ),
        key=lambda one: (one[0], -len(places[one])),
    )
    counts: dict[str, int] = defaultdict(int)
    kept = []
    for name, value in wanted:
        counts[name] += 1
        if counts[name] <= _MOST_SLICES:
            kept.append((name, value))

    def part(column: Sequence[float | None], of: tuple[str, str]) -> list[float | None]:
        return [column[place] for place in places[of]]

    def groups(of: tuple[str, str]) -> list[str] | None:
        return [table.groups[place] for place in places[of]] if table.groups else None

    compared = iter(
        adjusted(
            [
                compare(part(table.means[0], one), part(means, one), groups(one), seed=0)
                for one in kept
                for means in table.means[1:]
            ]
        )
    )
    return [
        SliceScore(
            *one,
            len(places[one]),
            {model: next(compared) for model in models[1:]},
        )
        for one in kept
    ]


def _regressions(models: Sequence[str], parents: Mapping[int, int], table: _Table) -> list[Regression]:
    found = []
    for model, parent in parents.items():
        lost = [one for one in table.differences(parent, model) if one.model < one.base]
        found.append(Regression(models[model], models[parent], tuple(lost[:DIFFERENCES]), len(lost)))
    return found


def _chosen(scores: Scores, table: _Table) -> Chosen | None:
    if len(scores.checkpoints) < 2:
        return None
    names = {scores.models[place]: table.means[place] for place in scores.checkpoints}
    ids = [f"{item.line}/{item.turn}" for item in table.items]
    return choose(names, ids, scores.seed, base=table.means[0], groups=table.groups)


def _drift(scores: Scores, table: _Table) -> dict[str, Compared]:
    if not scores.earlier:
        return {}
    before = _Table(msgspec.structs.replace(scores, rows=scores.earlier), table.items)
    ids = [str(item.number) for item in table.items]
    groups = dict(zip(ids, table.groups, strict=True)) if table.groups else None
    compared = adjusted(
        [
            drifted(dict(zip(ids, earlier, strict=True)), dict(zip(ids, now, strict=True)), groups)
            for earlier, now in zip(before.means, table.means, strict=True)
        ]
    )
    return dict(zip(scores.models, compared, strict=True))

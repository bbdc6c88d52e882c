"""Training curves: loss above, token accuracy below where it was measured. Validation differs by colour and markers."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from bot.charts.canvas import ALT_TEXT, BACKGROUND, BLUE, FAINT_INK, INK, VERMILION, furnish, png, set_title, sheet
from bot.jobs.job import Metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = list[tuple[int, float]]

_TRAINING: Final = BLUE
_VALIDATION: Final = VERMILION
_MOST_POINTS: Final = 2_000
_SMOOTH_FROM: Final = 16


class Picture(msgspec.Struct, frozen=True):
    """A PNG, and in words what it shows: 1,000 characters at most."""

    png: bytes
    alt_text: str


def loss_picture(metrics: Sequence[Metrics], *, title: str) -> Picture:
    """`loss_chart` with its `alt_text`."""
    return Picture(loss_chart(metrics, title=title), alt_text(metrics))


def loss_chart(metrics: Sequence[Metrics], *, title: str) -> bytes:
    """A PNG, 1,280 pixels wide, of the figures of one job, in any order of steps. May be called from any thread.

    The raw training loss is drawn faintly behind its moving average. At a step where both were measured, a full
    validation is preferred to that of a batch. What was not measured is not drawn.
    """
    train_loss, valid_loss = _training_loss(metrics), _validation_loss(metrics)
    train_accuracy, valid_accuracy = _training_accuracy(metrics), _validation_accuracy(metrics)
    two_panels = bool(train_accuracy or valid_accuracy)
    figure = sheet(6.4 if two_panels else 4.4)
    panels = figure.subplots(
        2 if two_panels else 1, 1, sharex=True, squeeze=False, height_ratios=[1.7, 1] if two_panels else [1]
    )
    top, bottom = panels[0][0], panels[-1][0]
    _loss_panel(top, train_loss, valid_loss)
    if two_panels:
        _accuracy_panel(bottom, train_accuracy, valid_accuracy)
    figure.align_ylabels()
    _step_axis(bottom, [*train_loss, *valid_loss, *train_accuracy, *valid_accuracy])
    set_title(top, title, pad=42)
    return png(figure)


def alt_text(metrics: Sequence[Metrics]) -> str:
    """What the picture shows, in words, for people who do not see it: 1,000 characters at most."""
    sentences = []
    train, valid = _trend(_training_loss(metrics)), _validation_loss(metrics)
    accuracy = _validation_accuracy(metrics) or _trend(_training_accuracy(metrics))
    if train:
        sentences.append(f"Training loss {_course(train)} at step {train[-1][0]}.")
    if valid:
        step, least = min(valid, key=lambda point: point[1])
        sentences.append(f"Validation loss {_course(valid)}; lowest, {least:.3g}, at step {step}.")
    if accuracy:
        sentences.append(f"Token accuracy {_course(accuracy, '.0%')}.")
    if not sentences:
        return "Chart of training loss by step; nothing has been measured yet."
    return f"Line chart by training step. {' '.join(sentences)}"[:ALT_TEXT]


def smoothed(points: Points, span: int) -> Points:
    """A centred moving average; towards both ends it takes what there is, so the line covers every step."""
    sums = [0.0]
    for _, value in points:
        sums.append(sums[-1] + value)
    half = span // 2
    average = []
    for index, (step, _) in enumerate(points):
        first, end = max(0, index - half), min(len(points), index + half + 1)
        average.append((step, (sums[end] - sums[first]) / (end - first)))
    return average


def _training_loss(metrics: Sequence[Metrics]) -> Points:
    return _points(metrics, lambda one: one.train_loss)


def _validation_loss(metrics: Sequence[Metrics]) -> Points:
    return _points(metrics, lambda one: one.valid_loss if one.full_valid_loss is None else one.full_valid_loss)


def _training_accuracy(metrics: Sequence[Metrics]) -> Points:
    return _points(metrics, lambda one: one.train_mean_token_accuracy)


def _validation_accuracy(metrics: Sequence[Metrics]) -> Points:
    def read(one: Metrics) -> float | None:
        full = one.full_valid_mean_token_accuracy
        return one.valid_mean_token_accuracy if full is None else full

    return _points(metrics, read)


def _points(metrics: Sequence[Metrics], read: Callable[[Metrics], float | None]) -> Points:
    """By step, the last figure given for each, without infinities; thinned evenly to what a picture can show."""
    by_step: dict[int, float] = {}
    for one in metrics:
        value = read(one)
        # Beyond 1e30 a loss has long diverged, and matplotlib's arithmetic with it.
        if value is not None and math.isfinite(value) and abs(value) < 1e30:
            by_step[one.step] = value
    points = sorted(by_step.items())
    if len(points) <= _MOST_POINTS:
        return points
    stride = (len(points) - 1) / (_MOST_POINTS - 1)
    return [points[round(index * stride)] for index in range(_MOST_POINTS)]


def _course(points: Points, form: str = ".3g") -> str:
    first, last = f"{points[0][1]:{form}}", f"{points[-1][1]:{form}}"
    if len(points) == 1:
        return f"is {last}"
    if first == last:
        return f"stays at {last}"
    return f"{'falls' if points[-1][1] < points[0][1] else 'rises'} from {first} to {last}"


def _loss_panel(axes: "Axes", train: Points, valid: Points) -> None:
    from matplotlib.ticker import FuncFormatter

    furnish(axes, "Loss")
    values = [value for _, value in (*train, *valid)]
    if not values:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "Nothing measured yet", transform=axes.transAxes, ha="center", color=FAINT_INK, fontsize=15)
        return
    _curves(axes, train, valid)
    if min(values) > 0 and max(values) > 50 * min(values):
        # A fall as deep as this shows nothing of its end on a linear scale.
        axes.set_yscale("log")
        axes.set_ylabel("Loss, log scale")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.tick_params(which="minor", left=False, labelleft=False)
    elif min(values) >= 0:
        axes.set_ylim(bottom=0, top=max(values) * 1.12 or 1)
    _label_ends(axes, _trend(train), valid, lambda value: f"{value:.3g}")
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=2,
        fontsize=14,
        frameon=False,
        labelcolor=INK,
        borderaxespad=0.2,
        handlelength=1.5,
    )


def _accuracy_panel(axes: "Axes", train: Points, valid: Points) -> None:
    from matplotlib.ticker import PercentFormatter

    furnish(axes, "Token accuracy")
    _curves(axes, train, valid)
    least = min(value for _, value in (*train, *valid))
    axes.set_ylim(bottom=max(0.0, min(0.5, math.floor(least * 10) / 10)) if least >= 0 else None, top=1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _label_ends(axes, _trend(train), valid, lambda value: f"{value:.0%}")


def _curves(axes: "Axes", train: Points, valid: Points) -> None:
    trend = _trend(train)
    if trend is not train:
        axes.plot(*_columns(train), color=_TRAINING, alpha=0.28, linewidth=1.3, solid_joinstyle="round")
    # The figure at the line's end is the trend's, not the last step's: the name says so.
    _curve(axes, trend, _TRAINING, "Training" if trend is train else "Training, smoothed", marked=trend is train)
    _curve(axes, valid, _VALIDATION, "Validation", marked=len(valid) <= 60)


def _trend(points: Points) -> Points:
    """What the training figures come to without their noise; a few are shown as they are."""
    return points if len(points) < _SMOOTH_FROM else smoothed(points, max(3, len(points) // 15))


def _curve(axes: "Axes", points: Points, color: str, label: str, *, marked: bool) -> None:
    if points:
        axes.plot(
            *_columns(points),
            color=color,
            label=label,
            linewidth=2.8,
            solid_capstyle="round",
            solid_joinstyle="round",
            marker=("o" if color == _TRAINING else "D") if marked else None,
            markersize=6.5,
            markeredgecolor=BACKGROUND,
            markeredgewidth=1.2,
            clip_on=False,
            zorder=3,
        )


def _label_ends(axes: "Axes", train: Points, valid: Points, form: Callable[[float], str]) -> None:
    """The last figure beside the end of each line, the higher one above, so that two near ones do not overlap."""
    ends = [(points[-1], color) for points, color in ((train, _TRAINING), (valid, _VALIDATION)) if points]
    ends.sort(key=lambda end: end[0][1])
    for place, (point, color) in enumerate(ends):
        near = len(ends) == 2
        axes.annotate(
            form(point[1]),
            point,
            xytext=(9, 0 if not near else (-8, 8)[place]),
            textcoords="offset points",
            va="center",
            color=color,
            fontsize=14,
            fontweight="bold",
            annotation_clip=False,
        )


def _step_axis(axes: "Axes", points: Points) -> None:
    from matplotlib.ticker import MaxNLocator

    first = min((step for step, _ in points), default=0)
    last = max((step for step, _ in points), default=1)
    room = max(1, last - first)
    # Room on the right for the figures at the lines' ends.
    axes.set_xlim(first - room * 0.02, last + room * 0.1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Step", fontsize=14, color=FAINT_INK, labelpad=8)


def _columns(points: Points) -> tuple[list[int], list[float]]:
    return [step for step, _ in points], [value for _, value in points]

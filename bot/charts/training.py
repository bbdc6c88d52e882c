"""Training curves: loss above, below it how often the model was right where that was measured (of preferences, how
often the preferred answer gained more). Of reinforcement, the reward alone. Validation differs by colour and markers.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from bot.charts.canvas import BACKGROUND, BLUE, FAINT_INK, INK, VERMILION, furnish, png, set_title, sheet
from bot.charts.words import ChartWords
from bot.jobs.figures import Curve, Points, Quantity, quantities, training, validation
from bot.providers.protocol import Metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TRAINING: Final = BLUE
_VALIDATION: Final = VERMILION
_MOST_POINTS: Final = 2_000


def loss_chart(metrics: Sequence[Metrics], words: ChartWords, *, method: str = "", title: str) -> bytes:
    """A PNG, 1,280 pixels wide, of the figures of one job, in any order of steps. May be called from any thread.

    What was measured of single batches is drawn faintly behind what it comes to (`bot.jobs.figures`). What was not
    measured is not drawn.
    """
    first, *others = quantities(method, metrics)
    loss = training(metrics, first), validation(metrics, first)
    right = tuple(part(metrics, others[0]) for part in (training, validation)) if others else ()
    two_panels = any(curve.raw or curve.points for curve in right)
    figure = sheet(6.4 if two_panels else 4.4)
    panels = figure.subplots(
        2 if two_panels else 1, 1, sharex=True, squeeze=False, height_ratios=[1.7, 1] if two_panels else [1]
    )
    top, bottom = panels[0][0], panels[-1][0]
    _loss_panel(top, words, *loss, name=words.reward if first == "mean_reward" else words.loss)
    if two_panels:
        _accuracy_panel(bottom, others[0], words, *right)
    figure.align_ylabels()
    _step_axis(bottom, [point for curve in (*loss, *right) for point in (*curve.raw, *curve.points)], words.step)
    set_title(top, title, pad=42)
    return png(figure)


def _thinned(points: Points) -> Points:
    """Evenly, to what a picture can show."""
    if len(points) <= _MOST_POINTS:
        return points
    stride = (len(points) - 1) / (_MOST_POINTS - 1)
    return [points[round(index * stride)] for index in range(_MOST_POINTS)]


def _loss_panel(axes: "Axes", words: ChartWords, train: Curve, valid: Curve, *, name: str) -> None:
    from matplotlib.ticker import FuncFormatter

    furnish(axes, name)
    values = _values(train, valid)
    if not values:
        axes.set_yticks([])
        axes.text(0.5, 0.5, words.nothing, transform=axes.transAxes, ha="center", color=FAINT_INK, fontsize=15)
        return
    _curves(axes, words, train, valid)
    if name == words.loss and min(values) > 0 and max(values) > 50 * min(values):
        # A fall as deep as this shows nothing of its end on a linear scale.
        axes.set_yscale("log")
        axes.set_ylabel(words.loss_log)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.tick_params(which="minor", left=False, labelleft=False)
    elif min(values) >= 0:
        axes.set_ylim(bottom=0, top=max(values) * 1.12 or 1)
    _label_ends(axes, train.points, valid.points, lambda value: f"{value:.3g}")
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


def _accuracy_panel(axes: "Axes", quantity: Quantity, words: ChartWords, train: Curve, valid: Curve) -> None:
    from matplotlib.ticker import PercentFormatter

    furnish(axes, words.reward_accuracy if quantity == "reward_accuracy" else words.token_accuracy)
    _curves(axes, words, train, valid)
    least = min(_values(train, valid))
    axes.set_ylim(bottom=max(0.0, min(0.5, math.floor(least * 10) / 10)) if least >= 0 else None, top=1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _label_ends(axes, train.points, valid.points, lambda value: f"{value:.0%}")


def _values(*curves: Curve) -> list[float]:
    return [value for curve in curves for _, value in (*curve.raw, *curve.points)]


def _curves(axes: "Axes", words: ChartWords, train: Curve, valid: Curve) -> None:
    for curve, color, name, smoothed in (
        (train, _TRAINING, words.training, words.training_smoothed),
        (valid, _VALIDATION, words.validation, words.validation_smoothed),
    ):
        noisy = curve.raw != curve.points
        if noisy and curve.raw:
            axes.plot(*_columns(curve.raw), color=color, alpha=0.28, linewidth=1.3, solid_joinstyle="round")
        # The figure at the line's end is that of the mean, not of the last batch: the name says so.
        label = smoothed if noisy and not curve.whole else name
        _curve(axes, curve.points, color, label, marked=len(curve.points) <= 60 and (curve.whole or not noisy))


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


def _step_axis(axes: "Axes", points: Points, name: str) -> None:
    from matplotlib.ticker import MaxNLocator

    first = min((step for step, _ in points), default=0)
    last = max((step for step, _ in points), default=1)
    room = max(1, last - first)
    # Room on the right for the figures at the lines' ends.
    axes.set_xlim(first - room * 0.02, last + room * 0.1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel(name, fontsize=14, color=FAINT_INK, labelpad=8)


def _columns(points: Points) -> tuple[list[int], list[float]]:
    points = _thinned(points)
    return [step for step, _ in points], [value for _, value in points]

"""The metrics of one run, or of several beside each other: a panel for each quantity, a colour for each run, validation
dashed, checkpoints as rings. What was measured of single batches stands faintly behind its moving average.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from bot.charts.canvas import BACKGROUND, COLORS, FAINT_INK, INK, furnish, name_fonts, png, set_title, sheet, writable
from bot.charts.words import ChartWords
from bot.jobs.figures import Curve, Points, Quantity, averaged, quantities, training, validation
from bot.providers.protocol import Metrics

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_ORDER: Final[tuple[Quantity, ...]] = (
    "loss",
    "mean_reward",
    "mean_token_accuracy",
    "reward_accuracy",
    "reward_margin",
)
_MOST_POINTS: Final = 2_000
_MARKED: Final = 60
_DASHED: Final = (0, (4, 2))
_NAME: Final = 26


class Run(msgspec.Struct, frozen=True):
    """`id` names it where `name` cannot be written. `checkpoints` are steps; `steps_per_epoch` None where nobody
    knows."""

    id: str
    name: str
    metrics: Sequence[Metrics]
    method: str = ""
    checkpoints: Sequence[int] = ()
    steps_per_epoch: float | None = None


def metrics_chart(runs: Sequence[Run], words: ChartWords, *, smooth: float, title: str = "") -> bytes:
    """A PNG, 1,280 pixels wide, of at most six runs. May be called from any thread.

    `smooth`: how much of the moving average what came before weighs, 0 to below 1; 0 draws what was measured alone.
    """
    shown = [quantity for quantity in _ORDER if any(_measured(run, quantity) for run in runs)]
    by_epoch = by_epochs(runs)
    rows = len(shown) or 1
    figure = sheet(2.6 + 2.3 * rows + (0.35 * math.ceil(len(runs) / 2) if len(runs) > 1 else 0))
    panels = figure.subplots(
        rows, 1, sharex=True, squeeze=False, height_ratios=[1.5, *[1] * (rows - 1)] if rows > 1 else [1]
    )
    for axes, quantity in zip(panels[:, 0], shown, strict=False):
        _panel(axes, runs, quantity, words, smooth, by_epoch=by_epoch)
    top, bottom = panels[0][0], panels[-1][0]
    if shown:
        _legend(figure, runs, words)
        _x_axis(bottom, words.epoch if by_epoch else words.step, whole=not by_epoch)
    else:
        furnish(top, words.loss)
        top.set_yticks([])
        top.set_xticks([])
        top.text(0.5, 0.5, words.nothing, transform=top.transAxes, ha="center", color=FAINT_INK, fontsize=15)
    figure.align_ylabels()
    if title:
        set_title(top, title, pad=14)
    return png(figure)


def by_epochs(runs: Sequence[Run]) -> bool:
    """Whether runs are drawn by epoch: where steps of one are not those of another."""
    lengths = [run.steps_per_epoch for run in runs]
    known = [length for length in lengths if length]
    return len(known) == len(runs) > 1 and max(known) > 1.01 * min(known)


def _measured(run: Run, quantity: Quantity) -> bool:
    if quantity not in quantities(run.method, run.metrics):
        return False
    return bool(training(run.metrics, quantity).raw or validation(run.metrics, quantity).points)


def _panel(
    axes: "Axes", runs: Sequence[Run], quantity: Quantity, words: ChartWords, smooth: float, *, by_epoch: bool
) -> None:
    furnish(axes, _name(quantity, words))
    values: list[float] = []
    drawn: list[float] = []
    for run, color in zip(runs, COLORS, strict=False):
        if not _measured(run, quantity):
            continue
        stretch = 1 / run.steps_per_epoch if by_epoch and run.steps_per_epoch else 1.0
        train, valid = training(run.metrics, quantity), validation(run.metrics, quantity)
        # Of a single run the two parts differ in colour, too.
        valid_color = COLORS[1] if len(runs) == 1 else color
        smoothed = _curve(axes, train, color, smooth, stretch, dashed=False)
        validated = _curve(axes, valid, valid_color, smooth, stretch, dashed=True)
        _checkpoints(axes, run.checkpoints, validated or smoothed, valid_color if validated else color, stretch)
        drawn += [*smoothed.values(), *validated.values()]
        values += [value for _, value in (*train.raw, *valid.raw, *valid.points)]
    _y_axis(axes, quantity, values, drawn, words)


def _curve(axes: "Axes", curve: Curve, color: str, smooth: float, stretch: float, *, dashed: bool) -> dict[int, float]:
    """Draws it; its value by step. A whole validation file has no noise to be smoothed."""
    if curve.raw and not curve.whole and smooth:
        axes.plot(*_columns(curve.raw, stretch), color=color, alpha=0.22, linewidth=1.2, solid_joinstyle="round")
    points = curve.points if curve.whole else averaged(curve.raw, smooth)
    if not points:
        return {}
    axes.plot(
        *_columns(points, stretch),
        color=color,
        linewidth=2.4,
        linestyle=_DASHED if dashed else "-",
        marker=("D" if dashed else "o") if len(points) <= (_MARKED if dashed else 1) else None,
        markersize=5.5,
        markeredgecolor=BACKGROUND,
        markeredgewidth=1.0,
        zorder=3,
    )
    return dict(points)


def _checkpoints(axes: "Axes", steps: Sequence[int], passes: dict[int, float], color: str, stretch: float) -> None:
    """Rings where the curve passes at a checkpoint, or did last before it."""
    known = sorted(passes)
    places = []
    for step in steps:
        before = [one for one in known if one <= step]
        if before:
            places.append((step * stretch, passes[before[-1]]))
    if places:
        axes.scatter(
            [x for x, _ in places],
            [y for _, y in places],
            s=110,
            facecolors="none",
            edgecolors=color,
            linewidths=2.0,
            zorder=4,
            clip_on=False,
        )


def _y_axis(
    axes: "Axes", quantity: Quantity, values: Sequence[float], drawn: Sequence[float], words: ChartWords
) -> None:
    """`values`: all that was measured; `drawn`: where strong lines pass, by which the scale is chosen."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

    least, most = min(values), max(values)
    if "accuracy" in quantity:
        axes.set_ylim(bottom=max(0.0, min(0.5, math.floor(least * 10) / 10)) if least >= 0 else None, top=1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    elif quantity == "loss" and least > 0 and max(drawn) > 50 * min(drawn):
        axes.set_yscale("log")
        axes.set_ylim(bottom=min(drawn) * 0.6)
        axes.set_ylabel(words.loss_log)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.tick_params(which="minor", left=False, labelleft=False)
    else:
        if quantity == "loss" and least >= 0:
            axes.set_ylim(bottom=0, top=most * 1.1 or 1)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))


def _x_axis(axes: "Axes", name: str, *, whole: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    low, high = axes.dataLim.intervalx
    room = (high - low) * 0.03 or 1
    axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=whole, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if whole else f"{value:g}"))
    axes.set_xlabel(name, fontsize=14, color=FAINT_INK, labelpad=8)


def _legend(figure: "Figure", runs: Sequence[Run], words: ChartWords) -> None:
    """Below the panels: what each colour and each kind of line stands for."""
    from matplotlib.lines import Line2D

    alone = len(runs) == 1
    plain, held_back = (COLORS[0], COLORS[1]) if alone else (INK, INK)
    kinds: list[Artist] = [Line2D([], [], color=plain, linewidth=2.4, label=words.training)]
    if drawn := [one.points for run in runs for one in _validations(run) if one.points]:
        kinds.append(_validation_line(held_back, words.validation, alone=all(len(points) == 1 for points in drawn)))
    if any(run.checkpoints for run in runs):
        ring = Line2D(
            [], [], color=INK, linewidth=0, marker="o", markersize=10, markeredgewidth=2, label=words.checkpoint
        )
        ring.set_markerfacecolor("none")
        kinds.append(ring)
    figure.legend(handles=kinds, loc="outside lower left", ncols=3, fontsize=13, frameon=False, labelcolor=INK)
    if alone:
        return
    names = [
        Line2D([], [], color=color, linewidth=4, label=writable(run.name, _NAME, keep_end=True) or run.id)
        for run, color in zip(runs, COLORS, strict=False)
    ]
    legend = figure.legend(
        handles=names,
        loc="outside upper left",
        ncols=2,
        prop={"family": name_fonts(), "size": 13},
        frameon=False,
        labelcolor=INK,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _validation_line(color: str, name: str, *, alone: bool) -> "Line2D":
    """As it is drawn: of a single point there is no line."""
    from matplotlib.lines import Line2D

    if alone:
        return Line2D([], [], color=color, linestyle="none", marker="D", markersize=7, label=name)
    return Line2D([], [], color=color, linewidth=2.4, linestyle=_DASHED, label=name)


def _validations(run: Run) -> list[Curve]:
    return [validation(run.metrics, quantity) for quantity in quantities(run.method, run.metrics)]


def _name(quantity: Quantity, words: ChartWords) -> str:
    return {
        "loss": words.loss,
        "mean_reward": words.reward,
        "mean_token_accuracy": words.token_accuracy,
        "reward_accuracy": words.reward_accuracy,
        "reward_margin": words.reward_margin,
    }[quantity]


def _columns(points: Points, stretch: float) -> tuple[list[float], list[float]]:
    """Evenly thinned, to what a picture can show."""
    if len(points) > _MOST_POINTS:
        stride = (len(points) - 1) / (_MOST_POINTS - 1)
        points = [points[round(index * stride)] for index in range(_MOST_POINTS)]
    return [step * stretch for step, _ in points], [value for _, value in points]

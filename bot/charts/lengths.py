"""How long the examples of a training file are: a histogram in tokens."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.charts.canvas import BACKGROUND, BLUE, FAINT_INK, INK, VERMILION, furnish, png, set_title, sheet
from bot.charts.words import ChartWords
from training_files.report import Bar, Tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def length_chart(
    bars: Sequence[Bar], tokens: Tokens, words: ChartWords, *, title: str, limit: int | None = None
) -> bytes:
    """A PNG, 1,280 pixels wide, of how many examples have which length in tokens. May be called from any thread.

    `bars` go from short to long and have the same width in the picture, whatever they span. What is above `limit`
    (what the model takes of one example) is drawn in the other colour.
    """
    figure = sheet(3.9)
    axes = figure.subplots()
    furnish(axes, words.examples)
    cut = limit is not None and bars[-1].high > limit
    colors = [VERMILION if limit is not None and bar.low > limit else BLUE for bar in bars]
    axes.bar(range(len(bars)), [bar.examples for bar in bars], width=0.86, align="edge", color=colors)
    highest = max(bar.examples for bar in bars)
    axes.set_ylim(0, highest * 1.22)
    axes.set_xlim(-0.1, len(bars) + 0.1)
    _length_axis(axes, bars, words.tokens)
    marks = [(words.median, tokens.median, INK), (words.share, tokens.p95, INK)]
    if cut and limit is not None:
        marks.append((words.cut, limit, VERMILION))
    _length_marks(
        axes,
        [(text.format(length=f"{length:,}"), _position(bars, length), color) for text, length, color in marks],
        highest,
    )
    set_title(axes, title, pad=14)
    return png(figure)


def _length_axis(axes: "Axes", bars: Sequence[Bar], name: str) -> None:
    """A figure under the left edge of every so many bars, seven at most, and one at the very end."""
    every = max(1, math.ceil(len(bars) / 7))
    places = [*range(0, len(bars), every)]
    if len(bars) - places[-1] < every:
        places.pop()
    edges = [*((place, bars[place].low) for place in places), (len(bars), bars[-1].high)]
    axes.set_xticks([place for place, _ in edges], [f"{length:,}" for _, length in edges])
    axes.set_xlabel(name, fontsize=14, color=FAINT_INK, labelpad=8)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _position(bars: Sequence[Bar], length: int) -> float:
    """Where a length lies among the bars, in bars from the left."""
    for place, bar in enumerate(bars):
        if length <= bar.high:
            return place + max(0.0, min(1.0, (length - bar.low + 0.5) / (bar.high - bar.low + 1)))
    return float(len(bars))


def _length_marks(axes: "Axes", marks: list[tuple[str, float, str]], highest: int) -> None:
    """A line at each figure, with words beside it: towards the middle, and lower where another's words stand."""
    room = axes.get_xlim()[1]
    shown: list[float] = []
    for text, place, color in sorted(marks, key=lambda mark: mark[1]):
        level = sum(abs(place - other) < room * 0.36 for other in shown)
        shown.append(place)
        height = highest * (1.16 - 0.1 * level)
        axes.plot([place, place], [0, height], color=color, linewidth=1.8, linestyle=(0, (4, 3)), zorder=4)
        left = place > room * 0.7
        axes.annotate(
            text,
            (place, height),
            xytext=(-7 if left else 7, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            color=color,
            fontsize=13,
            fontweight="bold",
            bbox={"facecolor": BACKGROUND, "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
            zorder=5,
        )

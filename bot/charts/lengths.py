"""How long the examples of a training file are: a histogram in tokens."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from unicodedata import east_asian_width

from bot.charts.canvas import BACKGROUND, BLUE, FAINT_INK, INK, VERMILION, furnish, png, set_title, sheet
from bot.charts.words import ChartWords
from training_files.report import Bar, Tokens

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR: Final = 0.86
# Of a label: how much a character takes of the picture's width, and a line of the highest bar.
_CHARACTER: Final = 0.021
_LINE: Final = 0.15


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
    axes.bar(range(len(bars)), [bar.examples for bar in bars], width=_BAR, align="edge", color=colors)
    highest = max(bar.examples for bar in bars)
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
    """A figure under the left edge of every so many bars, seven at most, and one at the very end; under their middles
    where each stands for one length.
    """
    every = max(1, math.ceil(len(bars) / 7))
    places = [*range(0, len(bars), every)]
    if all(bar.low == bar.high for bar in bars):
        ticks = [(place + _BAR / 2, bars[place].low) for place in places]
    else:
        if len(bars) - places[-1] < every:
            places.pop()
        ticks = [*((place, bars[place].low) for place in places), (len(bars), bars[-1].high)]
    axes.set_xticks([place for place, _ in ticks], [f"{length:,}" for _, length in ticks])
    axes.set_xlabel(name, fontsize=14, color=FAINT_INK, labelpad=8)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _position(bars: Sequence[Bar], length: int) -> float:
    """Where a length lies among the bars, in bars from the left."""
    for place, bar in enumerate(bars):
        if length <= bar.high:
            return place + _BAR * max(0.0, min(1.0, (length - bar.low + 0.5) / (bar.high - bar.low + 1)))
    return float(len(bars))


def _length_marks(axes: "Axes", marks: list[tuple[str, float, str]], highest: int) -> None:
    """A line at each figure, with words beside it: above all bars, towards the middle, and lower where another's words
    stand.
    """
    room = axes.get_xlim()[1]
    levels: list[list[tuple[float, float]]] = []
    placed = []
    for text, place, color in sorted(marks, key=lambda mark: mark[1]):
        left = place > room * 0.7
        width = room * _CHARACTER * sum(2 if east_asian_width(one) in "WF" else 1 for one in text)
        span = (place - width, place) if left else (place, place + width)
        free = (level for level, taken in enumerate(levels) if all(span[0] > b or span[1] < a for a, b in taken))
        level = next(free, len(levels))
        if level == len(levels):
            levels.append([])
        levels[level].append(span)
        placed.append((text, place, color, left, level))
    top = highest * (1.06 + _LINE * len(levels))
    axes.set_ylim(0, top)
    for text, place, color, left, level in placed:
        height = top - highest * _LINE * (level + 0.5)
        axes.plot([place, place], [0, height], color=color, linewidth=1.8, linestyle=(0, (4, 3)), zorder=4)
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

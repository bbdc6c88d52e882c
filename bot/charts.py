"""Pictures: training curves (loss above, token accuracy below where it was measured), and the lengths of examples.

Made to be read on a phone, in Slack's light and dark theme alike (the picture brings its own background), and by
people who do not tell colours apart: blue and vermilion of Okabe and Ito's palette, and validation has markers too.
"""

import io
import math
import threading
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from bot.datasets.report import Bar, Tokens
from bot.jobs.job import Metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = list[tuple[int, float]]

ALT_TEXT: Final = 1_000  # files.getUploadURLExternal takes 1,000 in alt_txt, an image block 2,000 (read 2026-11-21)

_BACKGROUND: Final = "#FBFAF6"
_INK: Final = "#2A2A2E"
_FAINT_INK: Final = "#6A6A72"
_GRID: Final = "#E6E4DC"
_TRAINING: Final = "#0072B2"
_VALIDATION: Final = "#D55E00"

_FONT: Final = "DejaVu Sans"  # comes with matplotlib
_EAST_ASIAN_FONTS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Hiragino Sans",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "IPAGothic",
    "Malgun Gothic",
    "NanumGothic",
    "Arial Unicode MS",
)
_TITLE: Final = 46
_DPI: Final = 160
# Figures are separate, but matplotlib's fonts and parser of formulas are shared by all threads.
_DRAWING: Final = threading.Lock()
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
    # Importing matplotlib takes about a second, which a bot that starts up should not wait for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    train_loss, valid_loss = _training_loss(metrics), _validation_loss(metrics)
    train_accuracy, valid_accuracy = _training_accuracy(metrics), _validation_accuracy(metrics)
    two_panels = bool(train_accuracy or valid_accuracy)
    figure = Figure(
        figsize=(8, 6.4 if two_panels else 4.4),
        dpi=_DPI,
        facecolor=_BACKGROUND,
        layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12),
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(
        2 if two_panels else 1, 1, sharex=True, squeeze=False, height_ratios=[1.7, 1] if two_panels else [1]
    )
    top, bottom = panels[0][0], panels[-1][0]
    _loss_panel(top, train_loss, valid_loss)
    if two_panels:
        _accuracy_panel(bottom, train_accuracy, valid_accuracy)
    figure.align_ylabels()
    _step_axis(bottom, [*train_loss, *valid_loss, *train_accuracy, *valid_accuracy])
    _set_title(top, title, pad=42)
    picture = io.BytesIO()
    with _DRAWING:
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


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


def length_chart(bars: Sequence[Bar], tokens: Tokens, *, title: str, limit: int | None = None) -> bytes:
    """A PNG, 1,280 pixels wide, of how many examples have which length in tokens. May be called from any thread.

    `bars` go from short to long and have the same width in the picture, whatever they span. What is above `limit`
    (what the model takes of one example) is drawn in the other colour.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(
        figsize=(8, 3.9), dpi=_DPI, facecolor=_BACKGROUND, layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _furnish(axes, "Examples")
    cut = limit is not None and bars[-1].high > limit
    colors = [_VALIDATION if limit is not None and bar.low > limit else _TRAINING for bar in bars]
    axes.bar(range(len(bars)), [bar.examples for bar in bars], width=0.86, align="edge", color=colors)
    highest = max(bar.examples for bar in bars)
    axes.set_ylim(0, highest * 1.22)
    axes.set_xlim(-0.1, len(bars) + 0.1)
    _length_axis(axes, bars)
    marks = [(f"median {tokens.median:,}", tokens.median, _INK), (f"95 % up to {tokens.p95:,}", tokens.p95, _INK)]
    if cut and limit is not None:
        marks.append((f"cut at {limit:,}", limit, _VALIDATION))
    _length_marks(axes, [(text, _position(bars, length), color) for text, length, color in marks], highest)
    _set_title(axes, title, pad=14)
    picture = io.BytesIO()
    with _DRAWING:
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def length_alt_text(bars: Sequence[Bar], tokens: Tokens, *, limit: int | None = None) -> str:
    """What `length_chart` shows, in words: 1,000 characters at most."""
    fullest = max(bars, key=lambda bar: bar.examples)
    sentences = [
        f"Histogram of the lengths of {sum(bar.examples for bar in bars):,} examples.",
        f"They have {bars[0].low:,} to {tokens.max:,} tokens; half have at most {tokens.median:,}, 95 % at most "
        f"{tokens.p95:,}.",
        f"Most, {fullest.examples:,}, have {fullest.low:,} to {fullest.high:,}.",
    ]
    if limit is not None and tokens.max > limit:
        longer = sum(bar.examples for bar in bars if bar.low > limit)
        verb = "is" if longer == 1 else "are"
        sentences.append(f"{longer:,} {verb} longer than the {limit:,} that the model takes, and {verb} cut.")
    return " ".join(sentences)[:ALT_TEXT]


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


def _set_title(axes: "Axes", title: str, pad: float) -> None:
    """One line, in fonts that can write it. What no font here can write is left out rather than drawn as empty boxes;
    where little is left of it there is no title: the message around the picture names what it shows.
    """
    from matplotlib.font_manager import findfont, get_font

    fonts = [_FONT, *_east_asian_fonts()]
    known: set[int] = set().union(*(get_font(findfont(font)).get_charmap() for font in fonts))
    wanted = [character for character in " ".join(title.split()) if character.isprintable()]
    shown = [character for character in wanted if ord(character) in known]
    if len(shown) * 3 < len(wanted) * 2:
        return
    line = " ".join("".join(shown).split())
    # `$` would start a formula, and a name may hold one.
    axes.set_title(
        _shortened(line),
        loc="left",
        fontsize=17,
        fontweight="bold",
        fontfamily=fonts,
        color=_INK,
        pad=pad,
        parse_math=False,
    )


def _shortened(line: str) -> str:
    """At most 46 characters, of which the wide ones of East Asia count twice."""
    room = _TITLE
    for place, character in enumerate(line):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return line[: max(0, place - 1)].rstrip() + "…"
    return line


@cache
def _east_asian_fonts() -> list[str]:
    """Those that are installed; most systems have one, a bare container has none (Debian: fonts-noto-cjk)."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in _EAST_ASIAN_FONTS if name in installed]


def _loss_panel(axes: "Axes", train: Points, valid: Points) -> None:
    from matplotlib.ticker import FuncFormatter

    _furnish(axes, "Loss")
    values = [value for _, value in (*train, *valid)]
    if not values:
        axes.set_yticks([])
        axes.text(
            0.5, 0.5, "Nothing measured yet", transform=axes.transAxes, ha="center", color=_FAINT_INK, fontsize=15
        )
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
        labelcolor=_INK,
        borderaxespad=0.2,
        handlelength=1.5,
    )


def _accuracy_panel(axes: "Axes", train: Points, valid: Points) -> None:
    from matplotlib.ticker import PercentFormatter

    _furnish(axes, "Token accuracy")
    _curves(axes, train, valid)
    least = min(value for _, value in (*train, *valid))
    axes.set_ylim(bottom=max(0.0, min(0.5, math.floor(least * 10) / 10)) if least >= 0 else None, top=1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _label_ends(axes, _trend(train), valid, lambda value: f"{value:.0%}")


def _furnish(axes: "Axes", name: str) -> None:
    axes.set_facecolor(_BACKGROUND)
    axes.set_ylabel(name, fontsize=14, color=_FAINT_INK, labelpad=8)
    axes.grid(axis="y", color=_GRID, linewidth=1.2)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_FAINT_INK, labelsize=13, length=0, pad=6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#BDBBB2")


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
            markeredgecolor=_BACKGROUND,
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
    axes.set_xlabel("Step", fontsize=14, color=_FAINT_INK, labelpad=8)


def _columns(points: Points) -> tuple[list[int], list[float]]:
    return [step for step, _ in points], [value for _, value in points]


def _length_axis(axes: "Axes", bars: Sequence[Bar]) -> None:
    """A figure under the left edge of every so many bars, seven at most, and one at the very end."""
    every = max(1, math.ceil(len(bars) / 7))
    places = [*range(0, len(bars), every)]
    if len(bars) - places[-1] < every:
        places.pop()
    edges = [*((place, bars[place].low) for place in places), (len(bars), bars[-1].high)]
    axes.set_xticks([place for place, _ in edges], [f"{length:,}" for _, length in edges])
    axes.set_xlabel("Tokens", fontsize=14, color=_FAINT_INK, labelpad=8)
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
            bbox={"facecolor": _BACKGROUND, "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
            zorder=5,
        )

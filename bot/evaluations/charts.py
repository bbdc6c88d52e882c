"""What evaluations found: scores and gains with their intervals, and how labels were predicted.

Each returns a PNG, 1,280 pixels wide, and may be called from any thread. Names of models and labels are people's words.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from bot.charts.canvas import (
    BACKGROUND,
    BLUE,
    COLORS,
    FAINT_INK,
    INK,
    VERMILION,
    furnish,
    mixed_fonts,
    name_fonts,
    png,
    set_title,
    sheet,
    writable,
)
from bot.charts.words import EvaluationWords
from bot.evaluations.statistics import Binary, Calibration, Classification, Compared, Estimate, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

MOST_MODELS: Final = 12
MOST_LABELS: Final = 20
MOST_CURVES: Final = len(COLORS)
_ROW: Final = 0.72
_VERDICTS: Final = {
    Verdict.BETTER: (BLUE, "^"),
    Verdict.WORSE: (VERMILION, "v"),
    Verdict.CANNOT_TELL: (FAINT_INK, "o"),
}
_Row = tuple[str, float | None, float | None, float | None, str, str]
"""Name, value, low, high, colour and marker."""


def scores_chart(scores: Sequence[tuple[str, Estimate]], words: EvaluationWords, *, title: str = "") -> bytes:
    """A row for each model, the first of which is the baseline; at most twelve, what is beyond them is counted."""
    rows = [
        (name, one.value, one.low, one.high, BLUE if place else INK, "o" if place else "D")
        for place, (name, one) in enumerate(scores)
    ]
    known = [value for row in rows for value in row[1:4] if value is not None]
    shares = not known or (min(known) >= 0 and max(known) <= 1)

    def form(value: float) -> str:
        return f"{value:.1%}" if shares else f"{value:.3g}"

    return _rows_chart(rows, words.score, words, form, shares=shares, title=title)


def gains_chart(gains: Sequence[tuple[str, Compared]], words: EvaluationWords, *, title: str = "") -> bytes:
    """A row for each model that was compared with the baseline, around no gain. Colour and marker tell the verdict."""
    known = [value for _, one in gains for value in (one.gain, one.low, one.high) if value is not None]
    shares = not known or max(map(abs, known)) <= 1
    rows = [(name, one.gain, one.low, one.high, *_VERDICTS[one.verdict]) for name, one in gains]

    def form(value: float) -> str:
        return (f"{100 * value:+.1f}" if shares else f"{value:+.3g}").replace("-", "−")

    name = words.gain_in_points if shares else words.gain
    legend = {
        Verdict.BETTER: words.better,
        Verdict.WORSE: words.worse,
        Verdict.CANNOT_TELL: words.cannot_tell,
    }
    return _rows_chart(rows, name, words, form, shares=shares, title=title, legend=legend)


def confusion_chart(found: Classification, words: EvaluationWords, *, title: str = "") -> bytes:
    """Right labels down, answers across, shaded by the share of each row. Of more than twenty labels the rarest are
    taken together, and the picture says how many.
    """
    names, table = _grouped(found, words)
    across = [*names, *([words.other] if found.other else [])]
    table = [row[: len(across)] for row in table]
    small = len(across) > 9
    figure = sheet(min(11.0, 3.4 + 0.42 * len(names) + (0 if len(names) > 5 else 0.9)))
    axes = figure.subplots()
    axes.set_facecolor(BACKGROUND)
    shares = [[count / max(1, sum(row)) for count in row] for row in table]
    axes.imshow(shares, cmap=_shades(), vmin=0, vmax=1, aspect="auto")
    for y, row in enumerate(table):
        for x, count in enumerate(row):
            if count or not small:
                color = BACKGROUND if shares[y][x] > 0.55 else INK if count else FAINT_INK
                written = f"{count / 1000:.1f}k" if small and count >= 1_000 else f"{count:,}"
                axes.text(
                    x,
                    y,
                    written,
                    ha="center",
                    va="center",
                    color=color,
                    fontsize=(8 if len(written) > 3 else 10) if small else 15,
                )
    size = 11 if small else 13
    _name_ticks(axes, across, [*names, words.other], names, size)
    axes.set_xlabel(words.prediction, fontsize=14, color=FAINT_INK, labelpad=8)
    axes.set_ylabel(words.truth, fontsize=14, color=FAINT_INK, labelpad=8)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xticks([x - 0.5 for x in range(1, len(across))], minor=True)
    axes.set_yticks([y - 0.5 for y in range(1, len(names))], minor=True)
    axes.grid(which="minor", color=BACKGROUND, linewidth=2)
    axes.tick_params(which="both", length=0, colors=INK)
    set_title(axes, title, pad=14)
    return png(figure)


def curves_chart(models: Sequence[tuple[str, Binary]], words: EvaluationWords, *, title: str = "") -> bytes:
    """ROC, and precision over recall, of two labels: at most six models. Those without curves are left out."""
    drawn = [(name, one) for name, one in models if one.roc][:MOST_CURVES]
    figure = sheet(5.1 + 0.32 * len(drawn))
    left, right = figure.subplots(1, 2)
    for axes, name, x, y in (
        (left, words.roc, words.false_positive_rate, words.true_positive_rate),
        (right, words.precision_recall, words.recall, words.precision),
    ):
        _square(axes, x, y, (0, 0.5, 1))
        axes.set_title(name, loc="left", fontsize=14, color=INK, pad=8)
    left.plot([0, 1], [0, 1], color=FAINT_INK, linewidth=1.4, linestyle=(0, (4, 3)), label=words.by_chance)
    for (_, one), color in zip(drawn, COLORS, strict=False):
        left.plot(*_columns(one.roc), color=color, linewidth=2.4, clip_on=False)
        right.plot(*_columns(one.precision_recall), color=color, linewidth=2.4, clip_on=False, drawstyle="steps-post")

    def label(one: Binary) -> str:
        return words.areas.format(roc=f"{one.auroc or 0:.3f}", precision_recall=f"{one.auprc or 0:.3f}")

    if not drawn:
        left.text(0.5, 0.5, words.nothing, ha="center", color=FAINT_INK, fontsize=15)
    _models_legend(axes=left, models=[(name, label(one)) for name, one in drawn], words=words)
    if title and (line := writable(title)):
        figure.suptitle(
            line,
            x=0.02,
            ha="left",
            fontsize=17,
            fontweight="bold",
            fontfamily=name_fonts(),
            color=INK,
            parse_math=False,
        )
    return png(figure)


def calibration_chart(models: Sequence[tuple[str, Calibration]], words: EvaluationWords, *, title: str = "") -> bytes:
    """How often answers of a confidence are right, at most six models; the more answers, the larger the dot."""
    drawn = list(models)[:MOST_CURVES]
    figure = sheet(6.2 + 0.32 * len(drawn))
    axes = figure.subplots()
    _square(axes, words.confidence, words.share_right, (0, 0.25, 0.5, 0.75, 1))
    axes.plot([0, 1], [0, 1], color=FAINT_INK, linewidth=1.4, linestyle=(0, (4, 3)), label=words.calibrated)
    for (_, one), color in zip(drawn, COLORS, strict=False):
        x, y = [bin.confidence for bin in one.curve], [bin.accuracy for bin in one.curve]
        axes.plot(x, y, color=color, linewidth=2.0, clip_on=False)
        sizes = [30 + 370 * bin.n / max(1, one.n) for bin in one.curve]
        axes.scatter(x, y, s=sizes, color=color, edgecolor=BACKGROUND, linewidth=1.2, zorder=3, clip_on=False)
    _models_legend(axes, [(name, words.error.format(figure=f"{one.ece:.3f}")) for name, one in drawn], words)
    set_title(axes, title, pad=14)
    return png(figure)


def _rows_chart(
    rows: Sequence[_Row],
    name: str,
    words: EvaluationWords,
    form: Callable[[float], str],
    *,
    shares: bool,
    title: str,
    legend: dict[Verdict, str] | None = None,
) -> bytes:
    """Names stand above their intervals, so that long ones have room; figures at the right."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    shown = rows[:MOST_MODELS]
    figure = sheet(1.7 + _ROW * max(1, len(shown)) + (0.35 if legend else 0) + (0.5 if title else 0))
    axes = figure.subplots()
    furnish(axes, "")
    axes.grid(False, axis="y")
    axes.grid(axis="x", color="#E6E4DC", linewidth=1.2)
    axes.set_yticks([])
    axes.set_ylim(-len(shown) - 0.1 - (0.4 if len(rows) > len(shown) else 0), 0.1)
    axes.set_xlabel(name, fontsize=14, color=FAINT_INK, labelpad=8)
    known = [value for row in shown for value in row[1:4] if value is not None]
    _set_x_limits(axes, known, bounded=shares and legend is None, around_zero=legend is not None)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, shares=shares, signed=bool(legend))))
    if legend:
        axes.axvline(0, color=INK, linewidth=1.6, zorder=1)
    for place, (model, value, low, high, color, marker) in enumerate(shown):
        _row(axes, -place, f"{place + 1}", model, value, low, high, color, marker, words, form)
    if len(rows) > len(shown):
        more = words.more_models.format(count=len(rows) - len(shown))
        _beside(axes, 0.0, -len(shown) - 0.18, more, ha="left", color=FAINT_INK)
    if legend:
        for verdict, said in legend.items():
            color, marker = _VERDICTS[verdict]
            axes.plot([], [], color=color, marker=marker, markersize=9, linewidth=3, label=said)
        figure.legend(loc="outside lower left", ncols=3, fontsize=13, frameon=False, labelcolor=INK)
    set_title(axes, title, pad=14)
    return png(figure)


def _row(
    axes: "Axes",
    y: float,
    number: str,
    model: str,
    value: float | None,
    low: float | None,
    high: float | None,
    color: str,
    marker: str,
    words: EvaluationWords,
    form: Callable[[float], str],
) -> None:
    figures = words.nothing if value is None else form(value)
    if low is not None and high is not None:
        figures += f"  {words.interval.format(low=form(low), high=form(high))}"
        axes.plot([low, high], [y - 0.68] * 2, color=color, linewidth=4, solid_capstyle="butt", alpha=0.85)
        for end in (low, high):
            axes.plot([end] * 2, [y - 0.8, y - 0.56], color=color, linewidth=2)
    if value is not None:
        axes.plot([value], [y - 0.68], color=color, marker=marker, markersize=11, markeredgecolor=BACKGROUND, zorder=4)
    _beside(axes, 0.0, y - 0.28, writable(model, 36, keep_end=True) or f"#{number}", ha="left", color=INK, named=True)
    _beside(axes, 1.0, y - 0.28, figures, ha="right", color=color)


def _beside(axes: "Axes", x: float, y: float, text: str, *, ha: str, color: str, named: bool = False) -> None:
    """At `x` of the width of the axes."""
    axes.text(
        x,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        ha=ha,
        va="center",
        color=color,
        fontsize=13,
        parse_math=False,
        bbox={"facecolor": BACKGROUND, "edgecolor": "none", "pad": 1.5},
        **({"fontfamily": name_fonts()} if named else {"fontweight": "bold"}),
    )


def _set_x_limits(axes: "Axes", known: Sequence[float], *, bounded: bool, around_zero: bool) -> None:
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if around_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = (high - low) * 0.08 or max(abs(high) * 0.1, 0.05)
    low, high = low - room, high + room
    if bounded:
        low, high = max(low, -0.01), min(high, 1.01)
    axes.set_xlim(low, high)


def _tick(value: float, *, shares: bool, signed: bool) -> str:
    if math.isclose(value, 0, abs_tol=1e-9):
        return "0" if signed or not shares else "0%"
    if shares:
        return f"{100 * value:+g}".replace("-", "−") if signed else f"{100 * value:.3g}%"
    return (f"{value:+g}" if signed else f"{value:g}").replace("-", "−")


def _grouped(found: Classification, words: EvaluationWords) -> tuple[list[str], list[list[int]]]:
    """Names and rows of what is shown; the last column is that of answers that are no label."""
    names, places = list(found.labels), [[place] for place in range(len(found.labels))]
    if len(names) > MOST_LABELS:
        by_support = sorted(range(len(names)), key=lambda place: -found.classes[place].support)
        kept, rest = sorted(by_support[: MOST_LABELS - 1]), sorted(by_support[MOST_LABELS - 1 :])
        names = [*(names[place] for place in kept), words.more_labels.format(count=len(rest))]
        places = [*([place] for place in kept), rest]
    columns = [*places, [len(found.labels)]]
    table = [[sum(found.confusion[y][x] for y in ys for x in xs) for xs in columns] for ys in places]
    room = 12 if len(names) > 9 else 16
    shown = [writable(name, room) or words.label.format(number=place + 1) for place, name in enumerate(names)]
    if len(found.labels) > MOST_LABELS:
        shown[-1] = names[-1]
    return shown, table


def _name_ticks(axes: "Axes", across: list[str], ours: list[str], down: list[str], size: int) -> None:
    long = len(across) > 5 or max(map(len, across), default=0) * len(across) > 44
    axes.set_xticks(range(len(across)), across, rotation=40 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(len(down)), down)
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_parse_math(False)
        text.set_fontfamily(mixed_fonts())
        text.set_fontsize(size)
    if long:
        for text in axes.get_xticklabels():
            text.set_rotation_mode("anchor")


def _shades() -> "LinearSegmentedColormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shares", ["#F1EFE8", "#9CC7E3", BLUE])


def _square(axes: "Axes", x: str, y: str, ticks: Sequence[float]) -> None:
    from matplotlib.ticker import PercentFormatter

    furnish(axes, y)
    axes.grid(axis="x", color="#E6E4DC", linewidth=1.2)
    axes.set_xlabel(x, fontsize=14, color=FAINT_INK, labelpad=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.01)
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _models_legend(axes: "Axes", models: Sequence[tuple[str, str]], words: EvaluationWords) -> None:
    """Below: a line for each model with its figure."""
    from matplotlib.lines import Line2D

    figure = axes.figure
    handles, labels = axes.get_legend_handles_labels()
    for place, ((name, said), color) in enumerate(zip(models, COLORS, strict=False)):
        handles.append(Line2D([], [], color=color, linewidth=4))
        labels.append(f"{writable(name, 34, keep_end=True) or f'#{place + 1}'}: {said}")
    legend = figure.legend(
        handles, labels, loc="outside lower left", ncols=1, fontsize=13, frameon=False, labelcolor=INK
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_fontfamily(mixed_fonts())


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Evenly thinned, to what a picture can show."""
    step = max(1, len(points) // 1_000)
    kept = [*points[:-1:step], points[-1]]
    return [x for x, _ in kept], [y for _, y in kept]

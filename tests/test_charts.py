import io
import math
import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib.image
import msgspec
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import findfont, fontManager, get_font

from bot.charts import canvas, lengths
from bot.charts import metrics as metrics_module
from bot.charts import training as training_module
from bot.charts.lengths import length_chart
from bot.charts.metrics import Run, by_epochs, metrics_chart
from bot.charts.training import loss_chart
from bot.providers.protocol import Metrics
from texts.charts import ALT_TEXT, evaluation_words, length_alt_text, loss_alt_text, metrics_alt_text, words
from texts.language import Language, speaking
from training_files.report import Bar, Tokens

WORDS = words()
BLUE = (0x00, 0x72, 0xB2)
ORANGE = (0xD5, 0x5E, 0x00)


def run(steps: int, *, validation: bool = True, accuracy: bool = True) -> list[Metrics]:
    every = max(1, steps // 5)
    made = []
    for step in range(1, steps + 1):
        loss = 0.4 + 2.5 * math.exp(-step / 20)
        checked = validation and step % every == 0
        made.append(
            Metrics(
                step,
                steps,
                train_loss=loss,
                train_mean_token_accuracy=1 - loss / 4 if accuracy else None,
                valid_loss=loss + 0.2 if checked else None,
                valid_mean_token_accuracy=0.9 - loss / 4 if checked and accuracy else None,
            )
        )
    return made


def pixels(png: bytes) -> np.ndarray:
    picture: np.ndarray = matplotlib.image.imread(io.BytesIO(png), format="png")
    return (picture[:, :, :3] * 255).round().astype(int)


def holds(picture: np.ndarray, color: tuple[int, int, int]) -> bool:
    return int((abs(picture - np.array(color)).sum(axis=2) < 12).sum()) > 200


def test_training_and_validation_are_drawn_in_their_colours_on_a_light_ground() -> None:
    picture = pixels(loss_chart(run(100), WORDS, title="support.jsonl → gpt-4.1-mini"))
    assert picture.shape[1] == 1280
    assert holds(picture, BLUE)
    assert holds(picture, ORANGE)
    assert picture[0, 0].min() > 240


def test_without_validation_nothing_is_drawn_for_it() -> None:
    picture = pixels(loss_chart(run(100, validation=False), WORDS, title="x"))
    assert holds(picture, BLUE)
    assert not holds(picture, ORANGE)


def test_token_accuracy_gets_a_panel_only_where_it_was_measured() -> None:
    with_panel = pixels(loss_chart(run(50), WORDS, title="x"))
    without = pixels(loss_chart(run(50, accuracy=False), WORDS, title="x"))
    assert with_panel.shape[0] > without.shape[0]


@pytest.mark.parametrize(
    "metrics",
    [
        [],
        run(1),
        [Metrics(1, train_loss=float("nan")), Metrics(2, train_loss=float("inf"))],
        [Metrics(step, train_loss=1e300 * step) for step in range(1, 30)],
        [Metrics(step, train_loss=-1.0) for step in range(5)],
        [Metrics(0, train_loss=0.0, train_mean_token_accuracy=0.0)],
        [Metrics(step, train_loss=3 * math.exp(-step / 20)) for step in range(200)],
        [Metrics(step, valid_loss=2.0, valid_mean_token_accuracy=1.5) for step in range(100)],
        list(reversed(run(40))) + run(40),
        [Metrics(step, train_loss=1 / step) for step in range(1, 20_000)],
    ],
    ids=["none", "one", "not finite", "diverged", "negative", "zero", "deep", "validation only", "twice", "many"],
)
def test_odd_figures_still_make_a_picture_without_a_warning(metrics: list[Metrics]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert loss_chart(metrics, WORDS, title="$x_1$ 训练\n\x00 " + "long " * 40).startswith(b"\x89PNG")
    assert 1 <= len(loss_alt_text(metrics)) <= 1000


def test_many_threads_draw_the_same_picture_at_the_same_time() -> None:
    metrics = run(60)
    with ThreadPoolExecutor(4) as threads:
        pictures = set(threads.map(lambda _: loss_chart(metrics, WORDS, title="x"), range(6)))
    assert len(pictures) == 1


def test_the_picture_is_told_in_words() -> None:
    told = loss_alt_text(
        [Metrics(1, train_loss=3.2, full_valid_loss=3.0), Metrics(9, train_loss=0.5, full_valid_loss=0.75)]
    )
    assert told == (
        "Line chart by training step. Training loss falls from 3.2 to 0.5 at step 9. "
        "Validation loss falls from 3 to 0.75; lowest, 0.75, at step 9."
    )


def test_the_words_say_whether_an_accuracy_is_of_training_or_of_validation() -> None:
    trained = [Metrics(step, train_loss=1.0, train_mean_token_accuracy=step / 10) for step in (5, 9)]
    assert "Training token accuracy" in loss_alt_text(trained)
    held_out = [Metrics(9, train_mean_token_accuracy=0.9, full_valid_mean_token_accuracy=0.5)]
    assert "Validation token accuracy is 50%" in loss_alt_text(held_out)
    preferences = [Metrics(9, valid_mean_token_accuracy=0.31, valid_reward_accuracy=0.5)]
    for method in ("dpo", ""):
        assert "Validation reward accuracy is 50%" in loss_alt_text(preferences, method=method)
        assert "31%" not in loss_alt_text(preferences, method=method)


def test_the_bot_starts_without_waiting_for_matplotlib() -> None:
    seen = "import sys, bot.charts.lengths, bot.charts.training; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout.strip() == "False"


def drawn(monkeypatch: pytest.MonkeyPatch, module: ModuleType, draw: Callable[[], object]) -> Any:
    """The figure that a module makes into a PNG."""
    figures: list[Any] = []
    monkeypatch.setattr(module, "png", figures.append)
    draw()
    return figures[0]


WHOLE = [Bar(length, length, length - 50) for length in (55, 56, 57)]
WHOLE_TOKENS = Tokens(total=1, max=57, median=56, p95=57, billed=1, exact=True, tokenizer="x")
BARS = [Bar(low, low + 9, count) for low, count in ((10, 5), (20, 40), (30, 20), (40, 0), (50, 1))]
TOKENS = Tokens(total=1900, max=55, median=26, p95=38, billed=1900, exact=True, tokenizer="o200k_base")


def test_lengths_are_drawn_as_bars_and_those_that_are_cut_in_the_other_colour() -> None:
    fine = pixels(length_chart(BARS, TOKENS, WORDS, title="support.jsonl", limit=65_536))
    assert fine.shape[1] == 1280
    assert holds(fine, BLUE)
    assert not holds(fine, ORANGE)
    assert holds(pixels(length_chart(BARS, TOKENS, WORDS, title="support.jsonl", limit=32)), ORANGE)


def test_any_histogram_can_be_drawn() -> None:
    one = [Bar(7, 7, 25)]
    wide = [Bar(10**low, 10 ** (low + 1) - 1, 10**low) for low in range(9)]
    for bars in (one, wide, [Bar(i, i, 0) for i in range(23)] + [Bar(23, 23, 1)]):
        tokens = Tokens(1, bars[-1].high, bars[0].low, bars[-1].low, 1, True, "x")
        assert length_chart(bars, tokens, WORDS, title="$\\frac{}$ 训练 " * 20).startswith(b"\x89PNG")


def test_where_each_bar_is_one_length_its_figure_stands_under_its_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = drawn(monkeypatch, lengths, lambda: length_chart(WHOLE, WHOLE_TOKENS, WORDS, title="a")).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["55", "56", "57"]
    assert list(axes.get_xticks()) == [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]


@pytest.mark.parametrize("limit", [None, 1_024])
def test_the_labels_of_a_histogram_cover_neither_each_other_nor_a_bar(
    monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    tokens = Tokens(total=1, max=1_998, median=899, p95=1_893, billed=1, exact=True, tokenizer="x")
    bars = [Bar(low, low + 99, 14) for low in range(0, 1_900, 100)] + [Bar(1_900, 1_998, 44)]
    figure = drawn(monkeypatch, lengths, lambda: length_chart(bars, tokens, WORDS, title="a", limit=limit))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == (2 if limit is None else 3)
    for first, second in combinations([*boxes, *(bar.get_window_extent() for bar in axes.patches)], 2):
        if first in boxes:
            assert not first.overlaps(second)


def test_the_histogram_in_words() -> None:
    said = length_alt_text(BARS, TOKENS, limit=49)
    assert said == (
        "Histogram of the lengths of 66 examples. They have 10 to 55 tokens; half have at most 26, 95% at most 38. "
        "Most, 40, have 20 to 29. 1 is longer than the 49 that the model takes, and is cut."
    )
    assert len(said) <= ALT_TEXT
    assert "Most, 7, have 57." in length_alt_text(WHOLE, WHOLE_TOKENS)


def a_font(path: Path, family: str, characters: str) -> Path:
    """A font that draws each of the characters as a full square."""
    glyphs = {character: f"uni{ord(character):04X}" for character in characters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *glyphs.values()])
    builder.setupCharacterMap({ord(character): name for character, name in glyphs.items()})
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    builder.setupGlyf(dict.fromkeys([".notdef", *glyphs.values()], square))
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *glyphs.values()], (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Installs fonts for one test, on a machine that has no others for East Asia."""
    bare = [font for font in fontManager.ttflist if font.name not in canvas._EAST_ASIAN_FONTS]
    monkeypatch.setattr(fontManager, "ttflist", bare)
    canvas._east_asian_fonts.cache_clear()
    yield lambda path: fontManager.addfont(str(path))
    canvas._east_asian_fonts.cache_clear()


def test_a_name_that_no_font_can_write_is_left_out_and_not_drawn_as_boxes(fonts: Callable[[Path], None]) -> None:
    named = loss_chart(run(20), WORDS, title="客服训练数据.jsonl → m")
    assert named == loss_chart(run(20), WORDS, title="")
    partly = loss_chart(run(20), WORDS, title="support-客服.jsonl")
    assert partly == loss_chart(run(20), WORDS, title="support-.jsonl")


def test_a_chinese_name_is_written_where_the_machine_has_a_font_for_it(
    fonts: Callable[[Path], None], tmp_path: Path
) -> None:
    fonts(a_font(tmp_path / "cjk.ttf", "Noto Sans CJK SC", "客服训练"))
    canvas._east_asian_fonts.cache_clear()
    assert canvas._east_asian_fonts() == ["Noto Sans CJK SC"]
    written = loss_chart(run(20), WORDS, title="客服训练")
    assert written != loss_chart(run(20), WORDS, title="")


def test_wide_characters_count_twice_where_a_title_is_cut() -> None:
    assert canvas._shortened("客" * 18) == "客" * 18
    assert canvas._shortened("客" * 19) == "客" * 17 + "…"
    assert canvas._shortened("x" * 37) == "x" * 35 + "…"


def test_what_is_written_in_a_chart_can_be_read_on_a_telephone() -> None:
    figure = canvas.sheet(4)
    axes = figure.add_subplot()
    canvas.furnish(axes, "Loss")
    canvas.set_title(axes, "x" * 100, pad=8)
    axes.plot([0, 1], [0, 1])
    figure.draw_without_rendering()
    smallest = min(label.get_window_extent().height for label in axes.get_xticklabels())
    assert smallest * 366 / 1280 > 6.5  # of the figures alone, which are two thirds of their type's height
    assert axes.title.get_window_extent().width < 1280


@pytest.mark.parametrize("language", Language)
def test_every_word_in_a_picture_has_its_glyphs_in_the_fonts_that_we_bring(language: Language) -> None:
    with speaking(language):
        shown = "".join([*msgspec.structs.astuple(words()), *msgspec.structs.astuple(evaluation_words())])
    known = {*get_font(findfont("DejaVu Sans")).get_charmap(), *get_font(canvas._WORDS_FONT).get_charmap()}
    assert [character for character in shown if ord(character) not in known] == []


def test_a_picture_in_chinese_is_drawn_without_a_missing_glyph() -> None:
    with speaking(Language.CHINESE):
        chinese = words()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        drawn = [
            loss_chart(run(20), chinese, title="a"),
            loss_chart([], chinese, title="a"),
            length_chart(BARS, TOKENS, chinese, title="a", limit=32),
        ]
    assert drawn[0] != loss_chart(run(20), WORDS, title="a")


def test_a_picture_is_told_in_chinese() -> None:
    metrics = [Metrics(1, train_loss=3.2, full_valid_loss=3.0), Metrics(9, train_loss=0.5, full_valid_loss=0.75)]
    with speaking(Language.CHINESE):
        assert loss_alt_text(metrics) == (
            "以训练步数为横轴的折线图。训练损失：从 3.2 降到 0.5（第 9 步）。"
            "验证损失：从 3 降到 0.75，最低为 0.75，在第 9 步。"
        )
        assert "有 1 个超过模型能接受的 49，" in length_alt_text(BARS, TOKENS, limit=49)


# Runs beside each other


def a_run(number: int, metrics: list[Metrics], **fields: Any) -> Run:
    return Run(f"job-{number}", f"run {number}", metrics, **fields)


def test_each_run_has_a_colour_of_its_own() -> None:
    runs = [a_run(number, run(40), checkpoints=(20, 40)) for number in range(6)]
    picture = pixels(metrics_chart(runs, WORDS, smooth=0.6))
    for color in canvas.COLORS:
        assert holds(picture, tuple(int(color[at : at + 2], 16) for at in (1, 3, 5)))  # type: ignore[arg-type]


def test_smoothing_and_checkpoints_are_seen() -> None:
    rng = random.Random(1)
    noisy = [Metrics(step, 60, train_loss=1 + rng.random()) for step in range(1, 61)]
    drawn = {
        metrics_chart([a_run(1, noisy, checkpoints=steps)], WORDS, smooth=smooth)
        for smooth in (0, 0.6)
        for steps in ((), (30,))
    }
    assert len(drawn) == 4


@pytest.mark.parametrize(
    "told",
    [
        [],
        [Metrics(1, 1, train_loss=2.5)],
        [Metrics(step, 9, not_finite=True) for step in range(1, 10)],
        [Metrics(1, train_loss=0.0), Metrics(2, train_loss=1e29)],
        [Metrics(step, train_mean_reward=-1.0) for step in range(3)],
        [Metrics(5, full_valid_reward_margin=0.5, full_valid_reward_accuracy=0.0)],
    ],
    ids=["nothing", "one point", "no number", "zero and more than all", "rewards below zero", "validation alone"],
)
def test_odd_runs_are_drawn_without_a_complaint(told: list[Metrics]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metrics_chart([a_run(1, told, checkpoints=(3,))], WORDS, smooth=0.6).startswith(b"\x89PNG")


def test_runs_whose_epochs_differ_in_length_are_drawn_by_epoch() -> None:
    def runs(*lengths: float | None) -> list[Run]:
        return [a_run(number, run(10), steps_per_epoch=length) for number, length in enumerate(lengths)]

    assert by_epochs(runs(10, 20))
    assert not by_epochs(runs(10, 10))
    assert not by_epochs(runs(10, None))
    assert not by_epochs(runs(10))


def test_runs_are_told_of_in_words_too() -> None:
    said = metrics_alt_text([("a", run(40), ""), ("b", [], "")])
    assert said.startswith("Line chart of 2 jobs. a: falls from")
    assert said.endswith("b: nothing measured")
    assert metrics_alt_text([("a", run(40), "")]) == loss_alt_text(run(40))


def test_the_title_of_a_chart_keeps_the_name_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    title = "big-training.jsonl → SmolLM2-135M-Instruct (big-4)"
    for module, draw in (
        (metrics_module, lambda: metrics_chart([a_run(1, run(20))], WORDS, smooth=0.6, title=title)),
        (training_module, lambda: loss_chart(run(20), WORDS, title=title)),
    ):
        axes = drawn(monkeypatch, module, draw).axes[0]
        assert axes.get_title(loc="left") == "big-training.jsonl…-Instruct (big-4)"


@pytest.mark.parametrize(("steps", "line", "marker"), [((20,), "None", "D"), ((10, 20), "--", "None")])
def test_the_legend_shows_validation_as_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch, steps: tuple[int, ...], line: str, marker: str
) -> None:
    told = [*run(20, validation=False), *(Metrics(step, full_valid_loss=1.0) for step in steps)]
    figure = drawn(monkeypatch, metrics_module, lambda: metrics_chart([a_run(1, told)], WORDS, smooth=0.6))
    shown = figure.legends[0].get_lines()[1]
    assert (shown.get_linestyle(), str(shown.get_marker())) == (line, marker)

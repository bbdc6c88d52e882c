import io
import subprocess
import sys
import warnings

import matplotlib.image
import numpy as np
import pytest

from bot.evaluations.charts import (
    MOST_LABELS,
    MOST_MODELS,
    _grouped,
    calibration_chart,
    confusion_chart,
    curves_chart,
    gains_chart,
    scores_chart,
)
from bot.evaluations.statistics import Classification, Estimate, classify, compare, mean_interval
from bot.evaluations.statistics.intervals import Method
from texts.charts import (
    ALT_TEXT,
    calibration_alt_text,
    confusion_alt_text,
    curves_alt_text,
    evaluation_words,
    gains_alt_text,
    scores_alt_text,
)
from texts.language import Language, speaking

WORDS = evaluation_words()
BASE = [1.0] * 60 + [0.0] * 40
BETTER = [1.0] * 80 + [0.0] * 20
WORSE = [1.0] * 40 + [0.0] * 60
BLUE = (0x00, 0x72, 0xB2)
VERMILION = (0xD5, 0x5E, 0x00)
HOSTILE = "$x_1$ \\frac{} 客服\n\x00 <!channel> " * 5


def classified(labels: list[str], n: int = 200, seed: int = 1) -> Classification:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, len(labels), size=n)
    table = generator.dirichlet(np.ones(len(labels)), size=n)
    table[np.arange(n), truth] += 0.4
    table /= table.sum(axis=1, keepdims=True)
    said = [labels[place] for place in table.argmax(axis=1)]
    probabilities = [dict(zip(labels, row, strict=True)) for row in table.tolist()]
    return classify([labels[place] for place in truth], [*said[:-1], "I do not know"], probabilities, labels)


def pixels(png: bytes) -> np.ndarray:
    picture: np.ndarray = matplotlib.image.imread(io.BytesIO(png), format="png")
    return (picture[:, :, :3] * 255).round().astype(int)


def holds(picture: np.ndarray, color: tuple[int, int, int]) -> bool:
    return int((abs(picture - np.array(color)).sum(axis=2) < 40).sum()) > 200


def test_a_gain_and_a_loss_have_their_colours() -> None:
    better, worse = compare(BASE, BETTER), compare(BASE, WORSE)
    picture = pixels(gains_chart([("m", better)], WORDS))
    assert picture.shape[1] == 1280
    # Of the legend, in which both stand, there is little.
    assert (abs(picture - np.array(BLUE)).sum(axis=2) < 40).sum() > (
        abs(pixels(gains_chart([("m", worse)], WORDS)) - np.array(BLUE)).sum(axis=2) < 40
    ).sum()


def test_each_model_has_a_row_up_to_twelve() -> None:
    estimate = mean_interval(BASE)
    heights = [pixels(scores_chart([(f"m{n}", estimate) for n in range(many)], WORDS)).shape[0] for many in (1, 12, 40)]
    assert heights[0] < heights[1] == heights[2]
    assert MOST_MODELS == 12


@pytest.mark.parametrize("language", Language)
def test_any_result_makes_a_picture_without_a_warning(language: Language) -> None:
    with speaking(language):
        words = evaluation_words()
    nothing = Estimate(None, None, None, 0, 0, Method.NOTHING)
    judged, two = mean_interval([7.0, 9.0, 3.0]), classified(["ham", "spam"])
    assert two.binary is not None
    assert two.calibration is not None
    single = classify(["a"] * 3, ["a"] * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        drawn = [
            scores_chart([(HOSTILE, mean_interval(BASE)), ("b", nothing)], words, title=HOSTILE),
            scores_chart([("a", judged), ("b", mean_interval([7.0] * 3))], words),
            scores_chart([], words),
            gains_chart([(HOSTILE, compare(BASE, BETTER)), ("b", compare([], [])), ("c", compare([5], [9]))], words),
            gains_chart([("c", compare([5, 6, 9], [9, 9, 8]))], words, title=HOSTILE),
            confusion_chart(classified([HOSTILE, "客服", "b"]), words, title=HOSTILE),
            confusion_chart(classified([f"{n}" for n in range(30)], 4_000), words),
            confusion_chart(single, words),
            curves_chart([(HOSTILE, two.binary)], words, title=HOSTILE),
            curves_chart([], words),
            calibration_chart([(HOSTILE, two.calibration)], words, title=HOSTILE),
            calibration_chart([], words),
        ]
    assert all(picture.startswith(b"\x89PNG") for picture in drawn)


def test_of_many_labels_the_rarest_are_taken_together_and_none_is_lost() -> None:
    truth = [f"{n:02}" for n in range(30) for _ in range(n + 1)]
    found = classify(truth, [*truth[:-1], "no idea"])
    names, table = _grouped(found, WORDS)
    assert len(names) == len(table) == MOST_LABELS
    assert names[-1] == "11 others"
    assert "29" in names
    assert "05" not in names
    assert sum(map(sum, table)) == found.n
    assert sum(row[-1] for row in table) == found.other == 1


def test_the_pictures_are_told_in_words() -> None:
    assert scores_alt_text([("base", mean_interval(BASE)), ("new", mean_interval([]))]) == (
        "Chart of scores with 95% intervals. base: 60.0% (50.2% to 69.1%). new: no scores."
    )
    assert gains_alt_text([("new", compare(BASE, BETTER))]) == (
        "Chart of gains against the baseline in points, with 95% intervals. new, better: +20.0 (+13.3 to +28.9)."
    )
    found = classify(["a", "a", "b", "b"], ["a", "b", "a", "?"])
    assert confusion_alt_text(found) == (
        "Confusion matrix of 4 answers, 25.0% of them right. a was taken for b 1 time. b was taken for a 1 time. "
        "1 answer is no label."
    )
    two = classified(["ham", "spam"])
    assert two.binary is not None
    assert two.calibration is not None
    assert "m: area under ROC 0." in curves_alt_text([("m", two.binary)])
    assert "m: calibration error 0." in calibration_alt_text([("m", two.calibration)])
    assert len(scores_alt_text([("long " * 20, mean_interval(BASE))] * 50)) == ALT_TEXT


def test_the_bot_starts_without_waiting_for_the_libraries() -> None:
    seen = "import sys, bot.evaluations.charts; print({'matplotlib', 'scipy', 'numpy', 'sklearn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout.strip() == "set()"

"""The figures in docs/statistics.md are those that the code computes."""

import re
from pathlib import Path

import pytest

from bot.evaluations.control import control_items
from bot.evaluations.statistics import detectable, mean_interval, needed

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [DOCS / "statistics.md", DOCS / "zh" / "statistics.md"]


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_examples_needed(page: Path) -> None:
    rows = re.findall(r"^\| (\d+)% \| (\d+)% \| (\d+) \| (\d+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 6
    for better, worse, gain, examples in ([int(cell) for cell in row] for row in rows):
        assert better - worse == gain
        assert needed(better / 100, worse / 100) == examples


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_what_so_many_examples_show(page: Path) -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \S+ (\d+) \| (\d+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 5
    for n, low, high, half in ([int(cell) for cell in row] for row in rows):
        shown, estimate = detectable(n), mean_interval([1.0] * round(0.7 * n) + [0.0] * round(0.3 * n))
        assert shown is not None
        assert (round(shown[0]), round(shown[1])) == (low, high)
        assert round(50 * (estimate.high - estimate.low)) == half


def test_what_the_control_set_shows() -> None:
    low, high = detectable(len(control_items())) or (0, 0)
    told = f"{len(control_items())} questions show a loss of {round(low)} to {round(high)} points"
    assert told in PAGES[0].read_text(encoding="utf-8")

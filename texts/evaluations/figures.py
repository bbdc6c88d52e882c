"""Scores and gains as figures, and how sure they are."""

from texts.formats import percent
from texts.language import _


def confidence(low: str, high: str) -> str:
    """A 95% interval."""
    return _("95%: {low} to {high}", low=low, high=high)


def span(low: float | None, high: float | None) -> str:
    """In a table: "20%–48%"."""
    return "–" if low is None or high is None else f"{score(low)}–{score(high)}"


def no_interval() -> str:
    return _("no interval from so few")


def points(gain: float) -> str:
    """ "+11.5" for 0.115, "+11" for 0.11."""
    return f"{round(100 * gain, 1) + 0.0:+.1f}".removesuffix(".0")  # never "-0"


def score(value: float | None) -> str:
    """ "32.5%" for 0.325, "32%" for 0.32."""
    return percent(value).replace(".0%", "%")

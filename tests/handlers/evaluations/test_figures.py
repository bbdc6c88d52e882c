"""How figures of evaluations read: the same in a sentence as in its table."""

import pytest

from texts.evaluations.figures import points, score, span


@pytest.mark.parametrize(
    ("share", "told"),
    [(None, "–"), (0.0, "0%"), (0.325, "32.5%"), (0.32, "32%"), (0.9125, "91.2%"), (1.0, "100%")],
)
def test_a_score_has_one_digit_where_it_needs_one(share: float | None, told: str) -> None:
    assert score(share) == told


@pytest.mark.parametrize(
    ("gain", "told"), [(0.0, "+0"), (-0.0001, "+0"), (0.325, "+32.5"), (0.11, "+11"), (-0.0123, "-1.2"), (-0.5, "-50")]
)
def test_a_gain_in_points_has_a_sign_and_one_digit_where_it_needs_one(gain: float, told: str) -> None:
    assert points(gain) == told


def test_an_interval_is_one_cell() -> None:
    assert span(0.2, 0.481) == "20%–48.1%"
    assert span(None, None) == "–"

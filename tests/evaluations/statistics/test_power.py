from statistics import NormalDist

import pytest

from bot.evaluations.statistics import detectable, needed
from bot.evaluations.statistics.power import votes_needed


def test_the_figures_that_people_are_told() -> None:
    assert votes_needed(0.6) == 194
    assert votes_needed(0.7) == 47


@pytest.mark.parametrize("win_rate", [0.55, 0.65, 0.8, 0.35])
def test_so_many_votes_reach_the_power_and_one_less_does_not(win_rate: float) -> None:
    def power(votes: int) -> float:
        edge = NormalDist().inv_cdf(0.975) * 0.5
        deviation = (win_rate * (1 - win_rate)) ** 0.5
        return NormalDist().cdf((abs(win_rate - 0.5) * votes**0.5 - edge) / deviation)

    needed = votes_needed(win_rate)
    assert power(needed) >= 0.8 > power(needed - 1)


@pytest.mark.parametrize("win_rate", [0.0, 0.5, 1.0])
def test_chance_itself_cannot_be_told_from_chance(win_rate: float) -> None:
    with pytest.raises(ValueError, match="other than one half"):
        votes_needed(win_rate)


def test_the_figures_of_paired_items() -> None:
    assert needed(0.12, 0.02) == 107
    assert needed(0.20, 0.10) == 233
    assert needed(0.10, 0.05) == 469
    assert needed(0.15, 0.10) == 783


def test_what_items_show_is_what_needs_so_many() -> None:
    low, high = detectable(200) or (0, 0)
    assert 6 < low < 7.5 < 10 < high < 11
    assert abs(needed(0.02 + low / 100, 0.02) - 200) <= 1
    assert abs(needed(0.10 + high / 100, 0.10) - 200) <= 1


def test_more_items_show_smaller_gains_and_too_few_show_none() -> None:
    shown = [detectable(n) or () for n in (20, 50, 200, 1000)]
    assert all(shown)
    assert shown == sorted(shown, reverse=True)
    assert detectable(3) is None


@pytest.mark.parametrize("shares", [(0.1, 0.1), (-0.1, 0.2), (0.7, 0.5)])
def test_shares_that_cannot_be_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="two shares"):
        needed(*shares)

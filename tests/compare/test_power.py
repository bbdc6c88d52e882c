"""How many votes it takes to tell a win rate from chance."""

from statistics import NormalDist

import pytest

from bot.compare.power import votes_needed


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

"""What votes say: Bradley-Terry with intervals, win rates, agreement."""

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.compare.strength import Ballot, rank


def ballots(first: str, second: str, *, wins: int = 0, losses: int = 0, ties: int = 0, bad: int = 0) -> list[Ballot]:
    """Each on a pair of its own."""
    outcomes = [first] * wins + [second] * losses + [None] * (ties + bad)
    return [
        Ballot(f"{first}{second}{n}", f"v{n}", (first, second), winner, n >= wins + losses + ties)
        for n, winner in enumerate(outcomes)
    ]


def test_of_two_models_the_strength_is_the_share_of_wins_with_ties_as_half_and_one_tie_more() -> None:
    (ranking,) = rank(ballots("a", "b", wins=12, losses=6, ties=1, bad=1))
    best, other = ranking.standings
    assert (best.model, best.wins, best.losses, best.ties) == ("a", 12, 6, 2)
    assert best.strength == pytest.approx((12 + 1 + 0.5) / 21, abs=1e-4)
    assert other.strength == pytest.approx(1 - best.strength)
    assert best.interval is not None
    assert best.interval.low < 0.5 < best.strength < best.interval.high
    assert (ranking.votes, ranking.voters, ranking.ties, ranking.bad) == (20, 20, 1, 1)


def test_the_win_rate_has_the_exact_interval() -> None:
    # Clopper and Pearson's, from R: binom.test(12, 18)
    (ranking,) = rank(ballots("a", "b", wins=12, losses=6, ties=2))
    assert ranking.win_rate is not None
    assert ranking.win_rate.interval.low == pytest.approx(0.4099, abs=1e-4)
    assert ranking.win_rate.interval.high == pytest.approx(0.8666, abs=1e-4)
    assert not ranking.win_rate.is_clear
    (clear,) = rank(ballots("a", "b", losses=9, ties=1))
    assert clear.win_rate is not None
    assert (clear.win_rate.model, clear.win_rate.wins, clear.win_rate.decided) == ("b", 9, 9)
    assert clear.win_rate.is_clear


def test_the_order_of_the_votes_does_not_matter() -> None:
    """As it would with Elo."""
    votes = [*ballots("a", "b", wins=5, losses=4), *ballots("b", "c", wins=6, losses=3), *ballots("a", "c", wins=7)]
    expected = rank(votes)
    for seed in range(3):
        random.Random(seed).shuffle(votes)
        assert rank(votes) == expected


def test_a_model_that_always_won_is_ahead_without_an_interval_that_cannot_be_known() -> None:
    for wins in (5, 25):
        (ranking,) = rank(ballots("a", "b", wins=wins))
        assert ranking.standings[0].model == "a"
        assert ranking.standings[0].strength == pytest.approx((wins + 0.5) / (wins + 1), abs=1e-4)
        assert ranking.standings[0].interval is None
        assert ranking.win_rate is not None
        assert ranking.win_rate.interval.high == 1
        assert ranking.win_rate.is_clear is (wins == 25)  # five votes alike may be chance: 1 in 16


def test_one_vote_and_votes_that_decide_nothing() -> None:
    (one,) = rank(ballots("a", "b", wins=1))
    assert one.standings[0].interval is None
    (ties,) = rank(ballots("a", "b", ties=3))
    assert ties.win_rate is None
    assert ties.standings[0].strength == pytest.approx(0.5)
    assert rank([]) == []


def test_models_that_never_met_are_not_held_against_each_other() -> None:
    rankings = rank([*ballots("a", "b", wins=3), *ballots("b", "c", wins=3), *ballots("d", "e", wins=3)])
    assert [[standing.model for standing in ranking.standings] for ranking in rankings] == [["a", "b", "c"], ["d", "e"]]
    assert rankings[0].win_rate is None


def test_the_interval_is_that_of_a_bootstrap_over_the_votes() -> None:
    """Of two models the strength is a mean, for which scipy's own bootstrap says the same."""
    from scipy.stats import bootstrap

    (ranking,) = rank(ballots("a", "b", wins=30, losses=15, ties=5))
    values = np.array([1.0] * 30 + [0.0] * 15 + [0.5] * 5)
    reference = bootstrap((values,), lambda drawn, axis: (drawn.sum(axis) + 0.5) / 51, method="BCa", rng=2)
    standing = ranking.standings[0]
    assert standing.interval is not None
    assert standing.interval.low == pytest.approx(reference.confidence_interval.low, abs=0.02)
    assert standing.interval.high == pytest.approx(reference.confidence_interval.high, abs=0.02)


def test_agreement_is_one_where_all_agree_and_none_where_nobody_shares_a_pair() -> None:
    def vote(pair: str, voter: str, winner: str | None) -> Ballot:
        return Ballot(pair, voter, ("a", "b"), winner)

    same = [vote(pair, voter, winner) for pair, winner in (("1", "a"), ("2", "b"), ("3", None)) for voter in "xy"]
    (ranking,) = rank(same)
    assert ranking.agreement is not None
    assert ranking.agreement.alpha == pytest.approx(1)
    assert ranking.agreement.pairs == 3
    opposed = [vote(str(n), voter, voter) for n in range(4) for voter in "ab"]
    (ranking,) = rank(opposed)
    assert ranking.agreement is not None
    assert ranking.agreement.alpha < 0
    (ranking,) = rank(ballots("a", "b", wins=5, losses=2))
    assert ranking.agreement is None


@pytest.mark.parametrize("winner", ["a", None])
def test_votes_that_are_all_alike_rank_without_an_agreement(winner: str | None) -> None:
    alike = [Ballot(pair, voter, ("a", "b"), winner) for pair in "123" for voter in "xyz"]
    (ranking,) = rank(alike)
    assert ranking.agreement is None
    assert (ranking.votes, ranking.voters) == (9, 3)


MODELS = st.sampled_from("abcd")
VOTES = st.lists(
    st.builds(
        lambda pair, voter, models, outcome: Ballot(
            str(pair), voter, models, models[outcome] if outcome < 2 else None, outcome == 3
        ),
        st.integers(0, 4),
        st.sampled_from("xyz"),
        st.tuples(MODELS, MODELS).filter(lambda pair: pair[0] != pair[1]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=25)
@given(VOTES)
def test_whatever_people_vote_there_is_something_to_say(votes: list[Ballot]) -> None:
    rankings = rank(votes)
    assert sum(ranking.votes for ranking in rankings) == len(votes)
    standings = [standing for ranking in rankings for standing in ranking.standings]
    assert sorted(one.model for one in standings) == sorted({model for vote in votes for model in vote.models})
    for ranking in rankings:
        strengths = [standing.strength for standing in ranking.standings]
        assert all(0 < strength < 1 for strength in strengths)
        assert strengths == sorted(strengths, reverse=True)
        assert sum(strengths) == pytest.approx(len(strengths) / 2)
        assert all(one.interval is None or 0 <= one.interval.low <= one.interval.high <= 1 for one in ranking.standings)


def test_the_bot_starts_without_what_only_the_statistics_need() -> None:
    program = "import app.run, sys; print(sorted({'pandas', 'scipy', 'evalica'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"

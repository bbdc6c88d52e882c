"""What votes say about how strong models are: Bradley-Terry with intervals, win rates, agreement of the voters.

Never Elo, whose result depends on the order of the votes. The computing is `evalica`'s and `scipy`'s, which take a
second to import: call `rank` in a worker process.
"""

import dataclasses
import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from evalica import AlphaBootstrapResult, BradleyTerryResult

CONFIDENCE: Final = 0.95
_RESAMPLES: Final = 1000
# Of fewer votes the bootstrap makes intervals that are too narrow.
_FEWEST_VOTES: Final = 20
_SEED: Final = 1


class Ballot(msgspec.Struct, frozen=True):
    """One person's vote on the answers of two models. `winner` is None for a tie, and where both were `bad`. `pair`
    names what was voted on."""

    pair: str
    voter: str
    models: tuple[str, str]
    winner: str | None
    bad: bool = False


class Interval(msgspec.Struct, frozen=True):
    """Of 95 %."""

    low: float
    high: float


class Standing(msgspec.Struct, frozen=True):
    """`strength`: the chance to win against one of the other models, by Bradley-Terry with a tie as half a win; its
    interval by BCa bootstrap over the votes, None where they are fewer than twenty, or all alike."""

    model: str
    wins: int
    losses: int
    ties: int
    strength: float
    interval: Interval | None


class WinRate(msgspec.Struct, frozen=True):
    """How often `model` won of the votes that decided, with the exact interval (Clopper-Pearson)."""

    model: str
    other: str
    wins: int
    decided: int
    rate: float
    interval: Interval

    @property
    def is_clear(self) -> bool:
        """Whether chance alone would hardly do it."""
        return not self.interval.low <= 0.5 <= self.interval.high


class Agreement(msgspec.Struct, frozen=True):
    """Krippendorff's alpha over the pairs on which several people voted: 1 where they all agree, 0 as by chance."""

    alpha: float
    interval: Interval | None
    pairs: int


class Ranking(msgspec.Struct, frozen=True):
    """Of models that were compared with one another, the strongest first. `win_rate` where there are two, and a vote
    that decided; of the stronger one."""

    votes: int
    voters: int
    ties: int
    bad: int
    standings: tuple[Standing, ...]
    win_rate: WinRate | None = None
    agreement: Agreement | None = None


def rank(ballots: Sequence[Ballot]) -> list[Ranking]:
    """One ranking for each group of models that the votes connect, that with most votes first."""
    groups = _connected(ballots)
    rankings = [_ranking([ballot for ballot in ballots if ballot.models[0] in group]) for group in groups]
    return sorted(rankings, key=lambda ranking: -ranking.votes)


def _connected(ballots: Sequence[Ballot]) -> list[set[str]]:
    """Models that never met, nor by others, cannot be held against each other."""
    groups: list[set[str]] = []
    for ballot in ballots:
        met = [group for group in groups if group & set(ballot.models)]
        groups = [*(group for group in groups if group not in met), set(ballot.models).union(*met)]
    return groups


def _ranking(ballots: Sequence[Ballot]) -> Ranking:
    standings = _standings(ballots)
    return Ranking(
        votes=len(ballots),
        voters=len({ballot.voter for ballot in ballots}),
        ties=sum(ballot.winner is None and not ballot.bad for ballot in ballots),
        bad=sum(ballot.bad for ballot in ballots),
        standings=standings,
        win_rate=_win_rate(standings) if len(standings) == 2 else None,
        agreement=_agreement(ballots),
    )


def _standings(ballots: Sequence[Ballot]) -> tuple[Standing, ...]:
    import evalica

    # In any order of votes the same: resampling draws by place.
    ballots = sorted(ballots, key=lambda ballot: (ballot.pair, ballot.voter, ballot.models))
    # By their places: pandas, which is asked a thousand times, looks up numbers much faster than names.
    models = list(dict.fromkeys(ballot.models[side] for side in (0, 1) for ballot in ballots))
    xs, ys = ([models.index(ballot.models[side]) for ballot in ballots] for side in (0, 1))
    winners = [_winner(ballot) for ballot in ballots]
    method = _expected_wins(sorted({(min(x, y), max(x, y)) for x, y in zip(xs, ys, strict=True)}))
    scores, intervals = method(xs=xs, ys=ys, winners=winners).scores, {}
    if len(ballots) >= _FEWEST_VOTES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # votes that are all alike have no interval, which is said by its absence
            drawn = evalica.bootstrap(
                method,
                xs,
                ys,
                winners,
                n_resamples=_RESAMPLES,
                confidence_level=CONFIDENCE,
                bootstrap_method="BCa",
                random_state=_SEED,
            )
        intervals = {place: _interval(float(drawn.low[place]), float(drawn.high[place])) for place in scores.index}
    standings = []
    for place, strength in scores.items():
        model = models[place]
        own = [ballot for ballot in ballots if model in ballot.models]
        wins = sum(ballot.winner == model for ballot in own)
        ties = sum(ballot.winner is None for ballot in own)
        standings.append(Standing(model, wins, len(own) - wins - ties, ties, float(strength), intervals.get(place)))
    return tuple(standings)


def _winner(ballot: Ballot) -> Any:
    from evalica import Winner

    if ballot.winner is None:
        return Winner.Draw
    return Winner.X if ballot.winner == ballot.models[0] else Winner.Y


def _expected_wins(met: Sequence[tuple[int, int]]) -> Any:
    """A method for `evalica.bootstrap`: Bradley-Terry whose scores are the mean chances to win against each of the
    others. Each pair that `met` gets one tie more: without it there is no estimate for a model that always won, or
    always lost (Caron and Doucet, Efficient Bayesian Inference for Generalized Bradley-Terry Models, 2012).
    """
    import evalica
    import pandas as pd

    ties = [evalica.Winner.Draw] * len(met)

    def method(
        *, xs: Sequence[int], ys: Sequence[int], winners: Sequence[Any], weights: Any = None, **options: Any
    ) -> "BradleyTerryResult":
        fitted = evalica.bradley_terry(
            xs=[*xs, *(x for x, _ in met)],
            ys=[*ys, *(y for _, y in met)],
            winners=[*winners, *ties],
            weights=[*([1.0] * len(xs) if weights is None else weights), *([1.0] * len(met))],
            **options,
        )
        chances = evalica.pairwise_scores(fitted.scores.to_numpy())
        expected = pd.Series((chances.sum(axis=1) - 0.5) / (len(chances) - 1), index=fitted.scores.index)
        return dataclasses.replace(fitted, scores=expected.sort_values(ascending=False, kind="stable"))

    return method


def _win_rate(standings: Sequence[Standing]) -> WinRate | None:
    from scipy.stats import binomtest

    best, other = standings
    if best.wins < other.wins:
        best, other = other, best
    decided = best.wins + other.wins
    if not decided:
        return None
    exact = binomtest(best.wins, decided).proportion_ci(CONFIDENCE, method="exact")
    interval = Interval(float(exact.low), float(exact.high))
    return WinRate(best.model, other.model, best.wins, decided, best.wins / decided, interval)


def _agreement(ballots: Sequence[Ballot]) -> Agreement | None:
    """None where fewer than two pairs have votes of several people, and where all of these say the same: chance alone
    would then agree as much, and alpha is not defined."""
    import evalica
    import pandas as pd

    said: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for ballot in ballots:
        said[ballot.pair][ballot.voter] = "bad" if ballot.bad else ballot.winner or "tie"
    shared = {pair: votes for pair, votes in said.items() if len(votes) > 1}
    if len(shared) < 2 or len({vote for votes in shared.values() for vote in votes.values()}) < 2:
        return None
    voters = sorted({voter for votes in shared.values() for voter in votes})
    frame = pd.DataFrame([[votes.get(voter) for votes in shared.values()] for voter in voters], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: AlphaBootstrapResult = evalica.alpha_bootstrap(frame, n_resamples=_RESAMPLES, random_state=_SEED)
    return Agreement(float(result.alpha), _interval(float(result.low), float(result.high)), len(shared))


def _interval(low: float, high: float) -> Interval | None:
    return Interval(low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None

"""The best of several models: chosen on one half of the items and reported on the other, since the score by which a
model was chosen is too good."""

import hashlib
from collections.abc import Hashable, Mapping, Sequence

import msgspec

from bot.evaluations.statistics.intervals import Estimate, mean_interval
from bot.evaluations.statistics.paired import Compared, compare


class Chosen(msgspec.Struct, frozen=True):
    """`model` had the best mean on the one half; `estimate` and `compared` (with the base, where one was given) are of
    the other. `apparent` is the mean by which it was chosen."""

    model: str
    apparent: float
    estimate: Estimate
    compared: Compared | None


def split_halves(
    ids: Sequence[str | int], seed: int, groups: Sequence[Hashable] | None = None
) -> tuple[list[int], list[int]]:
    """Places in `ids` on which to choose, and on which to report. The same ids and seed make the same halves, in
    whatever order the ids come. Items of a group stay together. Raises ValueError where `groups` is of another length.
    """
    keys = list(ids) if groups is None else list(groups)
    if len(keys) != len(ids):
        raise ValueError("a group for each id")
    members: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        members.setdefault(key, []).append(place)
    drawn = sorted(members, key=lambda key: hashlib.sha256(f"{seed}:{key!r}".encode()).digest())
    choosing: list[int] = []
    for key in drawn:
        if 2 * (len(choosing) + len(members[key])) <= len(ids):
            choosing += members[key]
    chosen = set(choosing)
    return sorted(choosing), [place for place in range(len(ids)) if place not in chosen]


def choose(
    scores: Mapping[str, Sequence[float | None]],
    ids: Sequence[str | int],
    seed: int,
    *,
    base: Sequence[float | None] | None = None,
    groups: Sequence[Hashable] | None = None,
) -> Chosen | None:
    """The best of the models whose scores are given, in the order of `ids`; of equals the first. None where no model
    has a score on the half on which it is chosen.
    """
    choosing, reporting = split_halves(ids, seed, groups)

    def half(values: Sequence[float | None], places: list[int]) -> list[float | None]:
        return [values[place] for place in places]

    means = {model: mean_interval(half(values, choosing)).value for model, values in scores.items()}
    known = {model: mean for model, mean in means.items() if mean is not None}
    if not known:
        return None
    best = max(known, key=lambda model: known[model])
    kept = None if groups is None else [groups[place] for place in reporting]
    told = half(scores[best], reporting)
    compared = None if base is None else compare(half(base, reporting), told, kept, seed=seed)
    return Chosen(best, known[best], mean_interval(told, kept, seed=seed), compared)

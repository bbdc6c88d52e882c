"""Several comparisons at once: the more that are made, the more likely one of them is to look clear by chance."""

from collections.abc import Sequence

import msgspec

from bot.evaluations.statistics.paired import Compared
from bot.evaluations.statistics.verdict import Verdict, verdict


def adjusted(compared: Sequence[Compared], alpha: float = 0.05) -> list[Compared]:
    """The same comparisons with `p_adjusted` by Holm's method, and verdicts by that: with all of them together, chance
    alone makes a verdict in at most `alpha` of the cases. Comparisons of no items do not count among them.
    """
    # statsmodels' multipletests collects garbage on every call, which can hold the bot up for 150 ms.
    places = [place for place, one in enumerate(compared) if one.n]
    told, so_far = list(compared), 0.0
    for rank, place in enumerate(sorted(places, key=lambda place: compared[place].p)):
        so_far = max(so_far, min(1.0, (len(places) - rank) * compared[place].p))
        told[place] = _with(compared[place], so_far, alpha)
    return told


def _with(one: Compared, p: float, alpha: float) -> Compared:
    said = Verdict.CANNOT_TELL if one.verdict is Verdict.CANNOT_TELL else verdict(one.gain, p, alpha)
    return msgspec.structs.replace(one, p_adjusted=p, verdict=said)

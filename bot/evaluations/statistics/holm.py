"""Several comparisons at once: the more that are made, the more likely one of them is to look clear by chance."""

from collections.abc import Sequence

import msgspec

from bot.evaluations.statistics.paired import Compared
from bot.evaluations.statistics.verdict import Verdict, verdict


def adjusted(compared: Sequence[Compared], alpha: float = 0.05) -> list[Compared]:
    """The same comparisons with `p_adjusted` by Holm's method, and verdicts by that: with all of them together, chance
    alone makes a verdict in at most `alpha` of the cases. Comparisons of no items do not count among them.
    """
    from statsmodels.stats.multitest import multipletests

    counted = [one.p for one in compared if one.n]
    adjusted_ps = iter(multipletests(counted, method="holm")[1] if counted else ())
    return [_with(one, float(next(adjusted_ps)), alpha) if one.n else one for one in compared]


def _with(one: Compared, p: float, alpha: float) -> Compared:
    said = Verdict.CANNOT_TELL if one.verdict is Verdict.CANNOT_TELL else verdict(one.gain, p, alpha)
    return msgspec.structs.replace(one, p_adjusted=p, verdict=said)

"""What a rehearsal says: whether the file teaches the model something, and whether more of it would teach more.

Learning curves fall off as a power of the number of examples, so the next doubling gains no more than the last one did
(docs/decisions.md, *Rehearsals*): what is known of the step from half of the examples to all bounds what twice as many
could bring.
"""

from enum import StrEnum
from typing import Final

from bot.evaluations.statistics import Verdict
from bot.rehearsals.progress import Standing

WORTH: Final = 0.05
"""What twice as many examples are to gain at least to be worth making. Where no answer of 100 differs, the interval
still reaches to 3.7 points (Tango): less could not be told."""

FEWEST: Final = 10
"""Held-out examples below which nothing is said of more data."""


class MoreData(StrEnum):
    HELPS = "helps"
    PROBABLY_NOT = "probably not"
    NOT_LEARNED = "not learned"
    """Half of the examples have made the model no better worth speaking of, so that a flat curve says nothing."""
    CANNOT_TELL = "cannot tell"


def more_data(standing: Standing, n: int) -> MoreData:
    """Of a learning curve that was measured on `n` held-out examples."""
    last = standing.last_doubling
    if last is None or n < FEWEST:
        return MoreData.CANNOT_TELL
    if last.verdict is Verdict.BETTER:
        return MoreData.HELPS
    base = standing.base_against_half
    if base is None or base.verdict is not Verdict.WORSE:
        flat = base is not None and base.low is not None and base.low > -WORTH
        return MoreData.NOT_LEARNED if flat else MoreData.CANNOT_TELL
    if last.high is not None and last.high < WORTH:
        return MoreData.PROBABLY_NOT
    return MoreData.CANNOT_TELL

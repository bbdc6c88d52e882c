"""Better, worse, or cannot tell."""

from enum import StrEnum


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"


def verdict(gain: float | None, p: float, alpha: float) -> Verdict:
    if gain is None or gain == 0 or p >= alpha:
        return Verdict.CANNOT_TELL
    return Verdict.BETTER if gain > 0 else Verdict.WORSE

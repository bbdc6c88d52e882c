"""How often something was seen, and where first."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Occurrences(msgspec.Struct, gc=False):
    """How often something was seen, and on which line first."""

    count: int = 0
    line: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """Larger for what was seen more often, or as often and earlier."""
        return self.count, -self.line

    def again(self, line: int, count: int = 1) -> None:
        self.line = min(self.line or line, line)
        self.count += count


def tally(numbers: Sequence[int], values: Sequence[T], most: int) -> dict[T, Occurrences] | None:
    """The different values, given their lines; None where there are more than `most`."""
    counts = Counter(values)
    if len(counts) > most:
        return None
    return {value: Occurrences(count, numbers[values.index(value)]) for value, count in counts.items()}

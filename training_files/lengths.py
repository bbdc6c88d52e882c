"""How long the examples are: an exact histogram."""

from collections import Counter
from collections.abc import Iterable

from training_files.report import Bar

MOST_BARS = 24
LONG_TAIL = 4
"""A longest example so many times as long as the 95th percentile: the lengths above the 99th share one bar."""


class Lengths:
    """Counts examples by length in tokens.

    Exact and small without a bound of its own: k different lengths take at least k * (k + 1) / 2 tokens, so a
    file of 250 million tokens (about 1 GB) has at most some 22,000 of them.
    """

    def __init__(self) -> None:
        self._examples: Counter[int] = Counter()

    def add(self, lengths: Iterable[int]) -> None:
        self._examples.update(lengths)

    @property
    def examples(self) -> int:
        return self._examples.total()

    @property
    def total(self) -> int:
        """Tokens of all examples."""
        return sum(length * n for length, n in self._examples.items())

    @property
    def max(self) -> int:
        return max(self._examples, default=0)

    @property
    def min(self) -> int:
        return min(self._examples, default=0)

    def bars(self, limit: int | None = None) -> list[Bar]:
        """A histogram of at most `MOST_BARS` bars, from the shortest to the longest example without gaps.

        Bars are as wide as each other, in round numbers, except at both ends, where a long tail is gathered in the
        last one. Where examples are longer than `limit`, one bar ends exactly there.
        """
        if not self._examples:
            return []
        low, high = self.min, self.max
        top = high if high <= LONG_TAIL * self.quantile(0.95) else self.quantile(0.99)
        width = _round_width((top - low + 1) / (MOST_BARS - 3))  # three: a first one cut, a tail, the cut at the limit
        ends = set(range(low - low % width + width - 1, top, width)) | {top, high}
        if limit is not None and low <= limit < high:
            ends.add(limit)
        bars = []
        for end in sorted(ends):
            bars.append([low, end, 0])
            low = end + 1
        place = 0
        for length in sorted(self._examples):
            while length > bars[place][1]:
                place += 1
            bars[place][2] += self._examples[length]
        return [Bar(*bar) for bar in bars]

    def capped(self, limit: int | None) -> int:
        """Tokens of all examples, each cut at `limit`."""
        if limit is None:
            return self.total
        return sum(min(length, limit) * n for length, n in self._examples.items())

    def quantile(self, q: float) -> int:
        """The nearest rank: the smallest length that at least the share `q` of the examples does not exceed."""
        rank = q * self.examples
        seen = 0
        for length in sorted(self._examples):
            seen += self._examples[length]
            if seen >= rank:
                return length
        return 0


def _round_width(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... that is not smaller."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= least:
                return step * scale
        scale *= 10

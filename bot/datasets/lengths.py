"""How long the examples are: an exact histogram."""

from collections import Counter
from collections.abc import Iterable


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

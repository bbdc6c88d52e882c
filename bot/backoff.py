"""How long to wait before something that failed is tried again."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Far beyond any `longest`, and far below what a float can hold.
_MOST_GROWTH: Final = 100


@dataclass(frozen=True)
class Backoff:
    """Delays in seconds: `first`, then each `factor` times the one before, none above `longest`.

    Iterate over it for `tries` delays (None: without end), or ask for the `delay` by the number of failures where that
    number is stored. There is no jitter: one process asks, its calls are spread by the budgets of Slack's methods, and
    delays that are the same each time let a simulated history be played again.
    """

    first: float
    factor: float = 2.0
    longest: float = math.inf
    tries: int | None = None

    def __iter__(self) -> Iterator[float]:
        numbers = itertools.count(1) if self.tries is None else range(1, self.tries + 1)
        return (self.delay(number) for number in numbers)

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, the first being 1; `tries` sets no end here."""
        return min(self.first * self.factor ** min(failures - 1, _MOST_GROWTH), self.longest)

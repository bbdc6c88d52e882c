"""How fast a provider is asked: as many requests at a time as it takes, and no faster than it has taken them."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

FIRST: Final = 8
MOST: Final = 64
OWN_AT_A_TIME: Final = 4
"""On one's own hardware, which people who chat share with this."""
_LONGEST_WAIT: Final = 120.0
# After a refusal the rate is what was taken in these seconds, and grows by this share with each answer: about 4 % a
# second where 20 come in one.
_MEASURED: Final = 5.0
_GROWTH: Final = 1.002
_FEWER: Final = 0.7


class Pace:
    """Of one provider. `first` and `most` requests at a time: it begins with the former, doubles while nothing is
    refused, and grows by one a round after that. A refusal holds up everybody for as long as the provider says.
    `clock` gives seconds."""

    def __init__(self, first: int = FIRST, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = float(first)
        self._most = most
        self._clock = clock
        self._in_flight = 0
        self._freed = asyncio.Event()
        self._refused_at: float | None = None
        self._not_before = 0.0
        self._interval = 0.0
        self._next = 0.0
        self._took: deque[float] = deque()

    @property
    def at_a_time(self) -> int:
        return max(1, int(self._limit))

    @property
    def seconds_between(self) -> float:
        """Between two requests; 0 while the provider has refused none."""
        return self._interval

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Held while a request is under way."""
        while self._in_flight >= self.at_a_time:
            self._freed.clear()
            await self._freed.wait()
        self._in_flight += 1
        try:
            start = max(self._clock(), self._next)
            self._next = start + self._interval
            while (wait := max(start, self._not_before) - self._clock()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(wait)
            yield
        finally:
            self._in_flight -= 1
            self._freed.set()

    def answered(self) -> None:
        now = self._clock()
        self._took.append(now)
        while self._took and self._took[0] < now - _MEASURED:
            self._took.popleft()
        self._limit = min(self._most, self._limit + (1 if self._refused_at is None else 1 / self._limit))
        self._interval /= _GROWTH

    def refused(self, retry_after: float) -> None:
        """The provider takes no more for now; `retry_after` in seconds."""
        now = self._clock()
        if self._refused_at is None or now >= self._not_before:  # one for all that were under way together
            taken = [at for at in self._took if at >= now - _MEASURED]
            if len(taken) >= 2:
                self._interval = max(now - taken[0], 0.001) / len(taken)
            self._limit = max(1.0, self._limit * _FEWER)
        self._refused_at = now
        self._not_before = max(self._not_before, now + min(retry_after, _LONGEST_WAIT))

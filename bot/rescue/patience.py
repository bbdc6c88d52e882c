"""Asking a provider that may be busy: how many requests at a time, and what is asked again when."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.backoff import Backoff
from bot.providers.interface import Doubtful, RateLimited, Unreachable

T = TypeVar("T")

_ALL: Final = Backoff(1, longest=60)
_ONE: Final = Backoff(1, longest=30)
_MOST_WAITS: Final = 15
_MOST_TRIES: Final = 6


class Patience:
    """At most `parallel` requests at a time. Where the provider asks for patience, or cannot be reached, all wait
    together, longer each time; what goes wrong with one request is asked again after a while of its own. `pace`: by how
    much waits are shortened for tests.
    """

    def __init__(self, parallel: int, pace: float = 1) -> None:
        self.parallel = parallel
        self.requests = 0
        self.given_up_in_a_row = 0
        self._pace = pace
        self._room = asyncio.Semaphore(parallel)
        self._wait_until = 0.0
        self._waits_in_a_row = 0

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """Its answer. Raises Refused; Doubtful where it went wrong six times; RateLimited and Unreachable where no
        request had an answer during fifteen waits: that is a quarter of an hour."""
        tries = 0
        async with self._room:
            while True:
                await asyncio.sleep(max(0, self._wait_until - time.monotonic()))
                asked_at = time.monotonic()
                self.requests += 1
                try:
                    answer = await request()
                except (RateLimited, Unreachable) as error:
                    self._let_all_wait(error, asked_at)
                except Doubtful:
                    tries += 1
                    if tries == _MOST_TRIES:
                        self.given_up_in_a_row += 1
                        raise
                    await asyncio.sleep(_ONE.delay(tries) * self._pace)
                else:
                    self._waits_in_a_row = self.given_up_in_a_row = 0
                    return answer

    def _let_all_wait(self, error: RateLimited | Unreachable, asked_at: float) -> None:
        if asked_at < self._wait_until:  # asked before somebody else was told to wait
            return
        self._waits_in_a_row += 1
        if self._waits_in_a_row > _MOST_WAITS:
            raise error
        asked_for = error.retry_after if isinstance(error, RateLimited) else 0
        wait = max(asked_for, _ALL.delay(self._waits_in_a_row))
        self._wait_until = time.monotonic() + wait * self._pace

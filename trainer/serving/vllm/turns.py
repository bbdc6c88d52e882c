"""Who is next when all places are taken: the key that has fewest answers under way."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from trainer.errors import TryLater

# A key with nothing under way does not wait behind the others' answers: beyond the places there is this share of them
# more, for first answers only.
_FIRST_ANSWERS = 4
# Requests that may wait, for each place.
_WAITING = 4


class Turns:
    """`places()` is how many answers are made at once; where there is none, nobody waits for one. Nor does anybody wait
    longer than `longest` seconds; whoever is turned away may come again after `retry`."""

    def __init__(self, places: Callable[[], int], longest: float, retry: float) -> None:
        self._places = places
        self._longest, self._retry = longest, retry
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @property
    def under_way(self) -> int:
        return self._under_way.total()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Waits for a place. TryLater where too many wait already, or it has waited for too long."""
        if self._free(key):
            self._under_way[key] += 1
        else:
            try:
                async with asyncio.timeout(self._longest):
                    await self._wait(key)
            except TimeoutError:
                raise self._turned_away() from None
        try:
            yield
        finally:
            self._leave(key)

    def fill(self) -> None:
        """Let those go on who can: an answer has ended, or there are more places."""
        while self._waiting:
            key = min(self._waiting, key=lambda one: self._under_way[one])
            if not self._free(key):
                return
            waiting = self._waiting[key].popleft()
            # Whoever waits longest is first among those with equally many.
            others = self._waiting.pop(key)
            if others:
                self._waiting[key] = others
            if not waiting.done():
                self._under_way[key] += 1
                waiting.set_result(None)

    async def _wait(self, key: str) -> None:
        if sum(map(len, self._waiting.values())) >= _WAITING * max(self._places(), 1):
            raise self._turned_away()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had its place already
                self._leave(key)
            elif (waiting := self._waiting.get(key)) and turn in waiting:
                waiting.remove(turn)
                if not waiting:
                    del self._waiting[key]
            raise

    def _leave(self, key: str) -> None:
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]
        self.fill()

    def _turned_away(self) -> TryLater:
        return TryLater("Too many requests wait for an answer. Try again shortly.", self._retry, full=True)

    def _free(self, key: str) -> bool:
        places = self._places()
        first = 0 if self._under_way[key] else -(-places // _FIRST_ANSWERS)
        return not places or self.under_way < places + first

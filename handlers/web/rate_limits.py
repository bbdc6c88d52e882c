"""Slack's rate limits, kept on our side: one token bucket for each method, workspace and channel.

Tiers and the one-a-second rule for posting in a channel: docs.slack.dev, "Rate limits", read 2026-11-21. Slack counts
what came in a minute, so burst and minute together stay under its rate.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple

from bot.timing import Timing


class Priority(IntEnum):
    """Who is served first when there is a queue."""

    MODAL = 0
    ENDING = 1
    CHAT = 2
    MILESTONE = 3
    PROGRESS = 4


class Rate(NamedTuple):
    """So many calls at once, and so many a minute after that."""

    burst: float
    per_minute: float


_TIER_2: Final = Rate(2, 17)
_TIER_3: Final = Rate(5, 43)
_TIER_4: Final = Rate(10, 85)
# One for each person or file, wanted together when many people come at once, and remembered for a while.
_LOOK_UPS: Final = Rate(50, 45)

_RATES: Final = {
    "chat.postMessage": Rate(5, 55),  # for each channel; "short bursts are allowed"
    "chat.update": _TIER_3,
    # Several people may want an answer in the same second.
    "chat.startStream": Rate(8, 11),
    "chat.stopStream": Rate(8, 11),
    "chat.appendStream": _TIER_4,
    "chat.delete": _TIER_3,
    "chat.postEphemeral": _TIER_4,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
    "conversations.replies": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.members": _TIER_4,
    "users.info": _LOOK_UPS,
    "files.info": _TIER_4,
    "files.getUploadURLExternal": _TIER_4,
    "files.completeUploadExternal": _TIER_4,
    "files.delete": _TIER_3,
    "chat.getPermalink": Rate(60, 600),
    "chat.unfurl": _TIER_3,
    "reactions.add": _TIER_3,
    "agents.sessions.setStatus": _TIER_3,
    "functions.completeError": _TIER_3,
    "functions.completeSuccess": _TIER_3,
    "assistant.threads.setSuggestedPrompts": _TIER_4,
    # A tier of its own, of which no figure is known.
    "assistant.threads.setStatus": Rate(20, 28),
}
_BY_CHANNEL: Final = frozenset({"chat.postMessage"})


class Bucket:
    """Tokens that come back at a steady rate; who waits is served by priority, then by order of arrival. `share`: how
    much of them is this process's."""

    def __init__(
        self,
        per_minute: float,
        burst: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        share: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._whole_rate = per_minute / 60
        self._whole_burst = burst
        self._share = share
        self._clock = clock
        self._tokens = self._burst
        self._at = clock()
        self._blocked_until = 0.0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._server: asyncio.Task[None] | None = None

    @property
    def _rate(self) -> float:
        return self._whole_rate * self._share()

    @property
    def _burst(self) -> float:
        return min(self._whole_burst, max(1.0, self._whole_burst * self._share()))  # or nothing were ever said

    def room(self) -> int:
        """How many tokens are there that nobody waits for."""
        return 0 if self._queue or self._wait() > 0 else int(self._tokens + 1e-9)

    def has_room(self) -> bool:
        """Whether a token is there that nobody waits for."""
        return self.room() > 0

    def try_take(self) -> bool:
        """A token, if one is there and nobody waits for it."""
        if not self.has_room():
            return False
        self._tokens -= 1
        return True

    def borrow(self) -> None:
        """A token, from those to come where none is there."""
        self._wait()
        self._tokens -= 1

    def give_back(self) -> None:
        """A token that was taken and is not needed."""
        self._tokens = min(self._burst, self._tokens + 1)

    async def take(self, priority: Priority) -> None:
        if self.try_take():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._order), turn))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        await turn

    def block(self, seconds: float) -> None:
        """Slack answered 429: nothing for so long, and no burst after it."""
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)
        self._tokens = min(self._tokens, 1 - seconds * self._rate)

    def _wait(self) -> float:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        # A billionth of a token is a whole one: a pause too short for the clock would be taken for ever.
        missing = 1 - self._tokens
        return max(self._blocked_until - now, missing / self._rate if missing > 1e-9 else 0)

    async def _serve(self) -> None:
        while self._queue:
            pause = self._wait()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            _, _, turn = heapq.heappop(self._queue)
            if not turn.cancelled():
                self._tokens -= 1
                turn.set_result(None)


class Budgets:
    """The bucket for each call. `pace`: a multiple of what Slack grants. `processes`: how many share that."""

    def __init__(
        self,
        pace: float = Timing.pace,
        clock: Callable[[], float] = time.monotonic,
        *,
        processes: Callable[[], int] = lambda: 1,
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._processes = processes
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def bucket(self, method: str, channel: str = "") -> Bucket:
        key = (method, channel if method in _BY_CHANNEL else "")
        if key not in self._buckets:
            rate = _RATES.get(method, _TIER_2)
            self._buckets[key] = Bucket(
                rate.per_minute * self._pace,
                rate.burst * self._pace,
                self._clock,
                share=lambda: 1 / self._processes(),
            )
        return self._buckets[key]

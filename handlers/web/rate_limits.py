"""Slack's rate limits, kept on our side: one token bucket for each method, workspace and channel.

Tiers and the one-a-second rule for posting in a channel: docs.slack.dev, "Rate limits", read 2026-11-21.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from bot.timing import Timing


class Priority(IntEnum):
    """Who is served first when there is a queue."""

    MODAL = 0
    ENDING = 1
    CHAT = 2
    MILESTONE = 3
    PROGRESS = 4


# Calls a minute, a little under what Slack grants; bursts are short.
_PER_MINUTE: Final = {
    "chat.postMessage": 55,  # for each channel
    "chat.update": 48,
    "chat.startStream": 12,
    "chat.stopStream": 12,
    "chat.appendStream": 95,
    "chat.postEphemeral": 95,
    "views.open": 95,
    "views.update": 95,
    "conversations.replies": 48,
    "conversations.history": 48,
    "conversations.info": 48,
    "conversations.list": 19,
    "users.info": 95,
    "files.info": 95,
    "files.getUploadURLExternal": 95,
    "files.completeUploadExternal": 95,
    "files.delete": 48,
    "chat.getPermalink": 600,
    "reactions.add": 48,
    "assistant.threads.setStatus": 95,
}
_DEFAULT_PER_MINUTE: Final = 19
# Where several people may want something in the same second. Burst and minute together stay under the limit.
_BURSTS: Final = {"chat.startStream": 8.0, "chat.stopStream": 8.0}
_BY_CHANNEL: Final = frozenset({"chat.postMessage"})


class Bucket:
    """Tokens that come back at a steady rate; who waits is served by priority, then by order of arrival."""

    def __init__(self, per_minute: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()
        self._blocked_until = 0.0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._server: asyncio.Task[None] | None = None

    def has_room(self) -> bool:
        """Whether a token is there that nobody waits for."""
        return not self._queue and self._wait() <= 0

    def try_take(self) -> bool:
        """A token, if one is there and nobody waits for it."""
        if not self.has_room():
            return False
        self._tokens -= 1
        return True

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
        """Slack answered 429: nothing for so long."""
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)

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
    """The bucket for each call. `pace`: a multiple of what Slack grants."""

    def __init__(self, pace: float = Timing.pace) -> None:
        self._pace = pace
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def bucket(self, method: str, channel: str = "") -> Bucket:
        key = (method, channel if method in _BY_CHANNEL else "")
        if key not in self._buckets:
            per_minute = _PER_MINUTE.get(method, _DEFAULT_PER_MINUTE)
            burst = _BURSTS.get(method, max(2.0, per_minute / 10))
            self._buckets[key] = Bucket(per_minute * self._pace, burst * self._pace)
        return self._buckets[key]

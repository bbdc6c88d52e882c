"""Conversations that are being opened, or were a moment ago.

A reply that comes before the thread is known is answered all the same. Whoever asks in the channel instead is told
where the thread is.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Final

from bot.claims import Claims
from bot.conversations.conversation import Conversation

_SECONDS: Final = 180.0


class JustOpened:
    """The latest conversation that each person opened in each channel, until they found its thread or were told.
    `claims`: of the threads that are opened, where other processes open some."""

    def __init__(self, claims: Claims | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._claims = claims
        self._clock = clock
        self._opened: dict[tuple[str, str], tuple[float, Conversation]] = {}
        self._opening: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @asynccontextmanager
    async def opening(self, channel: str) -> AsyncIterator[None]:
        """While it runs, the channel may have a thread that is not a conversation yet."""
        done = asyncio.Event()
        self._opening[channel].add(done)
        try:
            async with self._claims.announced(channel) if self._claims else nullcontext():
                yield
        finally:
            self._opening[channel].discard(done)
            done.set()

    def is_opening(self, channel: str) -> bool:
        return bool(self._opening.get(channel))

    async def is_opening_elsewhere(self, channel: str) -> bool:
        return self._claims is not None and await self._claims.is_announced(channel)

    async def settled(self, channel: str) -> None:
        """Wait until no conversation is being opened in the channel."""
        for done in list(self._opening.get(channel, ())):
            await done.wait()
        if self._claims is not None:
            await self._claims.ended(channel)

    def add(self, conversation: Conversation) -> None:
        self._opened[conversation.channel, conversation.owner] = (self._clock() + _SECONDS, conversation)

    def has(self, channel: str, user: str) -> bool:
        until, _ = self._opened.get((channel, user), (0.0, None))
        return until > self._clock()

    def take(self, channel: str, user: str) -> Conversation | None:
        """It counts as found from now on."""
        until, conversation = self._opened.pop((channel, user), (0.0, None))
        return conversation if until > self._clock() else None

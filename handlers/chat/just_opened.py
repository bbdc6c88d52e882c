"""Conversations that are being opened, or were a moment ago.

A reply that comes before the thread is known is answered all the same. Whoever asks in the channel instead is told
where the thread is.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from bot.claims import Claims
from bot.conversations.conversation import Conversation
from bot.notices.interfaces import PostDoubtful, PostLater

_SECONDS: Final = 180.0


@dataclass
class _Opening:
    channel: str
    announced: AsyncExitStack = field(default_factory=AsyncExitStack)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class JustOpened:
    """The latest conversation that each person opened in each channel, until they found its thread or were told.
    `claims`: of the threads that are opened, where other processes open some."""

    def __init__(self, claims: Claims | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._claims = claims
        self._clock = clock
        self._opened: dict[tuple[str, str], tuple[float, Conversation]] = {}
        self._openings: dict[str, _Opening] = {}
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def opening(self, channel: str, work: str | None = None) -> AsyncIterator[None]:
        """While it runs, the channel may have a thread that is not a conversation yet. Where Slack did not say whether
        it has, and `work` (a key of the inbox) is to find out, until that has run it again or is `over`."""
        key = work or f"once/{next(self._numbers)}"
        may_go_on = False
        try:
            if key not in self._openings:
                self._openings[key] = opening = _Opening(channel)
                if self._claims is not None:
                    await opening.announced.enter_async_context(self._claims.announced(channel))
            yield
        except (PostLater, PostDoubtful):
            may_go_on = work is not None
            raise
        finally:
            if not may_go_on:
                await self.over(key)

    async def over(self, work: str) -> None:
        """It opens nothing any more."""
        if opening := self._openings.pop(work, None):
            opening.over.set()
            await opening.announced.aclose()

    def is_opening(self, channel: str) -> bool:
        return any(opening.channel == channel for opening in self._openings.values())

    async def is_opening_elsewhere(self, channel: str) -> bool:
        return self._claims is not None and await self._claims.is_announced_elsewhere(channel)

    async def settled(self, channel: str, work: str) -> None:
        """Wait until nothing is opening a conversation in the channel. A `work` that opens one itself has waited before
        it did: two of them would wait for each other."""
        if work in self._openings:
            return
        for opening in list(self._openings.values()):
            if opening.channel == channel:
                await opening.over.wait()
        if self._claims is not None:
            await self._claims.ended_elsewhere(channel)

    def add(self, conversation: Conversation) -> None:
        self._opened[conversation.channel, conversation.owner] = (self._clock() + _SECONDS, conversation)

    def has(self, channel: str, user: str) -> bool:
        until, _ = self._opened.get((channel, user), (0.0, None))
        return until > self._clock()

    def take(self, channel: str, user: str) -> Conversation | None:
        """It counts as found from now on."""
        until, conversation = self._opened.pop((channel, user), (0.0, None))
        return conversation if until > self._clock() else None

"""Conversations that were opened a moment ago: whoever then asks in the channel is told where the thread is."""

import time
from collections.abc import Callable
from typing import Final

from bot.models.conversation import Conversation

_SECONDS: Final = 180.0


class JustOpened:
    """The latest conversation that a person opened in a channel, until they found its thread or were told of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._opened: dict[tuple[str, str], tuple[float, Conversation]] = {}

    def add(self, conversation: Conversation) -> None:
        self._opened[conversation.channel, conversation.owner] = (self._clock() + _SECONDS, conversation)

    def has(self, channel: str, user: str) -> bool:
        until, _ = self._opened.get((channel, user), (0.0, None))
        return until > self._clock()

    def take(self, channel: str, user: str) -> Conversation | None:
        """It counts as found from now on."""
        until, conversation = self._opened.pop((channel, user), (0.0, None))
        return conversation if until > self._clock() else None

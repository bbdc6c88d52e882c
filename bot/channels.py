"""What the bot knows of a channel."""

from typing import Protocol

import msgspec


class Channel(msgspec.Struct, frozen=True):
    """`member`: whether the bot is in it. Direct messages count as private."""

    id: str
    private: bool
    member: bool
    direct: bool = False


class Channels(Protocol):
    async def channel(self, channel: str) -> Channel:
        """A channel that the bot cannot see counts as private, with the bot outside."""

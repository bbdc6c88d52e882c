"""Where models are used, and by whom."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from bot.access import Caller, Place, Resource, is_shown_in


class ChannelUse(msgspec.Struct, frozen=True):
    """That a model is used in a channel. `people`: who has asked it there, had it made or evaluated it, the latest
    first. `last_used_at`: seconds since the epoch; None where it was made there, and nobody has asked it anything.
    `current`: it was promoted there. `repeated`: an evaluation asks it there again and again. `private`: it is a
    private channel, or somebody's direct messages.
    """

    model: str
    channel: str
    private: bool
    people: tuple[str, ...] = ()
    last_used_at: float | None = None
    current: bool = False
    repeated: bool = False

    def is_seen_by(self, caller: Caller, place: Place) -> bool:
        """Whether `place` may show that it is used there, at the caller's wish."""
        owner = self.people[0] if len(self.people) == 1 else ""
        return is_shown_in(place, Resource(owner, self.channel, self.private), caller.user)


class Asking(msgspec.Struct, frozen=True):
    """What asks a model in a channel, by its ids: `conversations` bound to it, the latest first, and `repeats`:
    evaluations that are repeated."""

    conversations: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()


class ModelUses(Protocol):
    async def models(self, channel: str | None = None) -> Collection[str]:
        """Those that were made or asked in the channel, by default anywhere, without those that were deleted, or that
        their provider lost before their day."""

    async def of(self, models: Sequence[str]) -> Sequence[ChannelUse]:
        """Of such models: that takes no longer the more others there are."""

    async def asking(self, model: str, channel: str, since: float) -> Asking:
        """Conversations are those that were opened or asked since then (seconds since the epoch)."""

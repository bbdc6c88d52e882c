"""Channels that are subscribed to the endings of jobs from public channels.

The channel in which a job was started, and the person who started it, are notified anyway.
"""

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.channels import Channels
from bot.errors import Invalid
from bot.notices.interfaces import Subscriptions


class ChannelSubscriptions:
    def __init__(self, subscriptions: Subscriptions, channels: Channels, authority: Authority) -> None:
        self._subscriptions = subscriptions
        self._channels = channels
        self._authority = authority

    async def visible(self, caller: Caller) -> list[str]:
        """The channels that subscribed; private ones only where the caller is. Raises Denied."""
        await self._authority.require(caller, Action.USE)
        channels = await self._subscriptions.channels()
        return [one for one in channels if one == caller.channel or not (await self._channels.channel(one)).private]

    async def subscribe(self, caller: Caller, channel: str) -> None:
        """Raises Denied, Invalid where the bot cannot post."""
        await self._check(caller, channel)
        await self._subscriptions.add(channel, entry(caller, "subscribe a channel", channel))

    async def unsubscribe(self, caller: Caller, channel: str) -> None:
        """Raises Denied, Invalid where the bot cannot post."""
        await self._check(caller, channel)
        await self._subscriptions.remove(channel, entry(caller, "unsubscribe a channel", channel))

    async def _check(self, caller: Caller, channel: str) -> None:
        await self._authority.require(caller, Action.FOLLOW)
        found = await self._channels.channel(channel)
        # Of a private channel nobody learns elsewhere whether the bot is in it.
        if not found.member or (found.private and channel != caller.channel):
            raise Invalid("cannot_post_there")

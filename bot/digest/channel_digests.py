"""A channel's digest, as its people set it."""

import math

from bot.access import Action, Caller
from bot.authority import Authority, entry
from bot.channels import Channels
from bot.digest.plan import DigestPlan, DigestTime
from bot.digest.sending import DigestPlans
from bot.errors import Invalid
from bot.time_zones import Zones


class ChannelDigests:
    """All of it is about the channel that the caller is in."""

    def __init__(self, plans: DigestPlans, channels: Channels, zones: Zones, authority: Authority) -> None:
        self._plans = plans
        self._channels = channels
        self._zones = zones
        self._authority = authority

    async def here(self, caller: Caller) -> DigestPlan | None:
        """Raises Denied."""
        await self._authority.require(caller, Action.USE)
        return await self._plans.get(caller.channel)

    async def set(self, caller: Caller, when: DigestTime) -> DigestPlan:
        """From now on, by the clocks of the caller. Raises Denied; Invalid where the bot cannot tell the channel."""
        await self._authority.require(caller, Action.FOLLOW)
        channel = await self._channels.channel(caller.channel)
        if not channel.member:
            raise Invalid("not_in_channel")
        zone = await self._zones.zone(caller.user)
        # Providers say to the second when a job ended: one that ends within this second is news.
        told_until = float(math.floor(caller.at))
        plan = DigestPlan(caller.channel, channel.private, caller.user, when, zone, told_until)
        await self._plans.set(plan, entry(caller, "set digest", caller.channel, details=when.every))
        return plan

    async def stop(self, caller: Caller) -> None:
        """Raises Denied."""
        await self._authority.require(caller, Action.FOLLOW)
        await self._plans.remove(caller.channel, entry(caller, "stop digest", caller.channel))

"""Who somebody is and what a channel is, as Slack says now; remembered for a few minutes."""

import time
from collections.abc import Collection
from typing import Any

import msgspec

from bot.access import Actor
from bot.errors import Denied
from bot.notices.interfaces import PostRefused
from handlers.poster import Poster

_REMEMBERED_FOR = 300.0


class Channel(msgspec.Struct, frozen=True):
    """`member`: whether the bot is in it. Direct messages count as private."""

    id: str
    private: bool
    member: bool
    direct: bool = False


class People:
    def __init__(self, poster: Poster, team: str, admins: Collection[str]) -> None:
        self._poster = poster
        self._team = team
        self._admins = frozenset(admins)
        self._actors: dict[str, tuple[float, Actor]] = {}
        self._channels: dict[str, tuple[float, Channel]] = {}

    async def actor(self, user: str) -> Actor:
        """Raises Denied where Slack does not tell who this is: what we cannot know we do not allow; PostLater
        and PostDoubtful where it cannot be asked at the moment.
        """
        remembered = self._actors.get(user)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        try:
            info: dict[str, Any] = (await self._poster.call("users.info", {"user": user})).get("user") or {}
        except PostRefused as error:
            raise Denied(f"I could not find out who you are ({error}). Please try again in a minute.") from error
        team = str(info.get("team_id") or "")
        actor = Actor(
            user=user,
            team=team,
            admin=user in self._admins,
            guest=bool(info.get("is_restricted") or info.get("is_ultra_restricted")),
            stranger=bool(info.get("is_stranger")) or (bool(team) and team != self._team),
            deactivated=bool(info.get("deleted")),
        )
        self._actors[user] = (time.monotonic() + _REMEMBERED_FOR, actor)
        return actor

    async def channel(self, channel: str) -> Channel:
        """A channel that we cannot see counts as private, with us outside."""
        remembered = self._channels.get(channel)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        if channel.startswith("D"):
            return Channel(channel, private=True, member=True, direct=True)
        try:
            info = (await self._poster.call("conversations.info", {"channel": channel})).get("channel") or {}
        except PostRefused:
            return Channel(channel, private=True, member=False)
        found = Channel(
            channel,
            private=bool(info.get("is_private") or info.get("is_im") or info.get("is_mpim")),
            member=bool(info.get("is_member") or info.get("is_im")),
            direct=bool(info.get("is_im")),
        )
        # Only good news is remembered: the bot may be invited the next moment.
        if found.member:
            self._channels[channel] = (time.monotonic() + _REMEMBERED_FOR, found)
        return found

    def forget(self, channel: str) -> None:
        self._channels.pop(channel, None)

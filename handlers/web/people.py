"""Who somebody is and what a channel is, as Slack says now; remembered for a few minutes."""

import time
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from bot.access import Actor, Role
from bot.channels import Channel
from bot.errors import Denied
from bot.notices.interfaces import PostError, PostRefused
from handlers.web.poster import Poster
from texts.language import Language, language_of

log = structlog.get_logger()

_REMEMBERED_FOR: Final = 300.0
# Who left a group of approvers must not approve for long.
_GROUPS_REMEMBERED_FOR: Final = 60.0


_UTC: Final = "UTC"


class Roles(msgspec.Struct, frozen=True):
    """Who holds which role: people (U…) and user groups (S…) of Slack. Without any members, everybody is one."""

    admins: Collection[str] = ()
    approvers: Collection[str] = ()
    members: Collection[str] = ()

    def in_words(self) -> str:
        """For the audit log; "" where nobody was given a role."""
        held = (("administrators", self.admins), ("approvers", self.approvers), ("members", self.members))
        return "; ".join(f"{role}: {', '.join(holders)}" for role, holders in held if holders)

    def by_rank(self) -> tuple[tuple[Role, Collection[str]], ...]:
        """The highest first."""
        return (Role.ADMIN, self.admins), (Role.APPROVER, self.approvers), (Role.MEMBER, self.members)


class _Person(NamedTuple):
    actor: Actor
    language: Language | None
    names: tuple[str, ...]
    zone: str


class People:
    def __init__(self, poster: Poster, team: str, roles: Roles) -> None:
        self._poster = poster
        self._team = team
        self.roles = roles
        self._known: dict[str, tuple[float, _Person]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._channels: dict[str, tuple[float, Channel]] = {}

    async def actor(self, user: str) -> Actor:
        """Raises Denied where Slack does not tell who this is: what we cannot know we do not allow; PostLater
        and PostDoubtful where it cannot be asked at the moment.
        """
        person = await self._ask_for(user)
        return msgspec.structs.replace(person.actor, role=await self._role(user))

    async def name(self, user: str) -> str | None:
        """How people call them in Slack; None where it does not tell."""
        try:
            return next(iter((await self._ask_for(user)).names), None)
        except (Denied, PostError) as error:
            log.info("name unknown", user=user, why=str(error))
            return None

    async def names(self, user: str) -> tuple[str, ...]:
        """All names that Slack knows of them, the one they are called by first; none where it does not tell."""
        try:
            return (await self._ask_for(user)).names
        except (Denied, PostError) as error:
            log.info("names unknown", user=user, why=str(error))
            return ()

    async def language(self, user: str) -> Language | None:
        """By their locale in Slack; None where nothing is written in its language, or Slack does not tell."""
        try:
            return (await self._ask_for(user)).language
        except (Denied, PostError) as error:
            log.info("language unknown", user=user, why=str(error))
            return None

    async def zone(self, user: str) -> str:
        """The IANA name of their time zone; UTC where Slack does not tell."""
        try:
            return (await self._ask_for(user)).zone
        except (Denied, PostError) as error:
            log.info("time zone unknown", user=user, why=str(error))
            return _UTC

    async def _ask_for(self, user: str) -> "_Person":
        remembered = self._known.get(user)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        try:
            answer = await self._poster.call("users.info", {"user": user, "include_locale": True})
        except PostRefused as error:
            raise Denied("who_is_unknown", slack=str(error)) from error
        info: dict[str, Any] = answer.get("user") or {}
        team = str(info.get("team_id") or "")
        actor = Actor(
            user=user,
            team=team,
            guest=bool(info.get("is_restricted") or info.get("is_ultra_restricted")),
            external=bool(info.get("is_stranger")) or (bool(team) and team != self._team),
            deactivated=bool(info.get("deleted")),
        )
        language = language_of(str(info.get("locale") or ""))
        profile = info.get("profile") or {}
        known = (profile.get("display_name"), profile.get("real_name"), info.get("real_name"), info.get("name"))
        names = tuple(dict.fromkeys(str(name) for name in known if name))
        person = _Person(actor, language, names, str(info.get("tz") or _UTC))
        self._known[user] = (time.monotonic() + _REMEMBERED_FOR, person)
        return person

    async def _role(self, user: str) -> Role:
        for role, holders in self.roles.by_rank():
            if user in holders:
                return role
            for holder in holders:
                if holder.startswith("S") and user in await self._group(holder):
                    return role
        return Role.VIEWER if self.roles.members else Role.MEMBER

    async def _group(self, group: str) -> frozenset[str]:
        """The people of a user group; nobody where Slack does not tell: what we cannot know gives no rights."""
        remembered = self._groups.get(group)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        try:
            answer = await self._poster.call("usergroups.users.list", {"usergroup": group})
            people = frozenset(map(str, answer.get("users") or ()))
        except PostRefused as error:
            log.warning("user group refused; nobody has a role by it", group=group, why=str(error))
            people = frozenset()
        except PostError as error:
            log.warning("user group not read; nobody has a role by it for now", group=group, why=str(error))
            return frozenset()
        self._groups[group] = (time.monotonic() + _GROUPS_REMEMBERED_FOR, people)
        return people

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

    async def is_in(self, channel: str, user: str) -> bool:
        """Whether they are a member, asked anew each time. Raises PostError where Slack cannot be asked."""
        cursor = ""
        while True:
            page = {"channel": channel, "limit": 1000, "cursor": cursor}
            answer = await self._poster.call("conversations.members", page)
            if user in (answer.get("members") or ()):
                return True
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return False

    def forget(self, channel: str) -> None:
        self._channels.pop(channel, None)

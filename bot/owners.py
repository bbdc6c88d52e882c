"""Whoever set up what goes on by itself, a training or an evaluation that repeats: whether they may still have it."""

from collections.abc import Iterable
from typing import Final, Protocol

from bot.access import Action, Actor, Caller, Resource
from bot.authority import Authority
from bot.errors import BotError, Denied, NotFound
from bot.notices.interfaces import PostError

NOT_THERE: Final = frozenset({"not_in_channel", "channel_not_found", "is_archived"})
"""What Slack says where the bot is not in a channel any more."""
_UNKNOWN: Final = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
"""What Slack says of people that it does not know, such as one who was erased."""


class People(Protocol):
    async def actor(self, user: str) -> Actor:
        """Raises Denied where Slack does not tell who this is, PostError where it cannot be asked."""

    async def is_in(self, channel: str, user: str) -> bool:
        """Whether they are a member. Raises PostError where Slack cannot be asked."""


async def still_known(people: People, owner: str) -> Actor | None:
    """None where Slack does not know them any more. Raises PostError where it does not tell at the moment."""
    try:
        return await people.actor(owner)
    except Denied as error:
        said = str(error.values.get("slack", ""))
        if said in _UNKNOWN:
            return None
        raise PostError(said) from error


async def ended_by(
    people: People,
    authority: Authority,
    caller: Caller,
    needs: Iterable[tuple[Action, Resource | None]],
    *,
    private: bool,
    without: BotError,
) -> BotError | None:
    """Why the owner, as whom it goes on, may not have it any more: `without` is the error where they lack one of the
    rights that it `needs`. Of a `private` channel they must still be a member. Raises PostError."""
    try:
        for action, resource in needs:
            if resource is None:
                await authority.require(caller, action)
            else:
                await authority.require_to_post(caller, action, resource)
    except (Denied, NotFound):  # the audit log has why, in words that are for its owner
        return without
    if not private or caller.posts_in.alone:
        return None
    return None if await people.is_in(caller.channel, caller.user) else Denied("left_the_channel")

"""Who may do what, and what may be seen where: one function, deny by default, checked each time something is done."""

from enum import IntEnum, StrEnum

import msgspec

from bot.errors import Denied, NotFound


class Action(StrEnum):
    """The value is what the audit log calls it."""

    USE = "use"
    SEE = "see"
    SUBMIT = "submit"
    CHAT = "chat"
    CONFIGURE = "configure"
    COMPARE = "compare"
    VOTE = "vote"
    REVEAL = "reveal"
    EVALUATE = "evaluate"
    GENERATE = "generate"
    PROMOTE = "promote"
    ADD_EXAMPLE = "add example"
    CHANGE_COLLECTION = "change collection"
    REVIEW = "review example"
    AGREE = "agree"
    WITHDRAW = "withdraw"
    ERASE = "erase"
    FOLLOW = "follow"
    KEEP = "keep checkpoint"
    RELEASE = "release checkpoint"
    SET_LANGUAGE = "set language"
    PERSONALIZE = "personalize"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    DECIDE = "decide"
    DEPLOY = "deploy"
    REMOVE_DEPLOYMENT = "remove deployment"
    DELETE = "delete"
    EXPORT = "export"
    APPROVE = "approve"
    SET_BUDGET = "set budget"
    RESTRICT_MODELS = "restrict models"
    CHOOSE_PROVIDER = "choose provider"
    READ_AUDIT = "read audit"


class Role(IntEnum):
    """What somebody is to the bot; each may do all that the one before may."""

    VIEWER = 0
    MEMBER = 1
    APPROVER = 2
    ADMIN = 3


class Actor(msgspec.Struct, frozen=True):
    """A person in Slack, as of now. `external`: from another organisation (Slack Connect)."""

    user: str
    team: str
    role: Role = Role.MEMBER
    guest: bool = False
    external: bool = False
    deactivated: bool = False


class Resource(msgspec.Struct, frozen=True):
    """What an action is about: its owner and where it was made. `private`: in a private channel or a direct message.
    `id` is for the audit log."""

    owner: str
    channel: str
    private: bool
    kind: str = "job"
    id: str = ""


class Place(msgspec.Struct, frozen=True):
    """Who sees the result of an action: everybody in `channel`, or the actor `alone` (an ephemeral message, a modal,
    their direct messages)."""

    channel: str
    alone: bool = False


class Caller(msgspec.Struct, frozen=True):
    """Who calls a use case, and from where.

    `answers_in`: who sees the answer; `posts_in`: who sees what is posted. `key` identifies the request. A request that
    is processed again after a crash (`is_retry`) has the same key, so what derives from it is done once. `at`: time of
    the request, in seconds since the epoch.
    """

    actor: Actor
    team: str
    channel: str
    answers_in: Place
    posts_in: Place
    key: str
    at: float
    is_retry: bool = False

    @property
    def user(self) -> str:
        return self.actor.user


class Policy(msgspec.Struct, frozen=True):
    """What the administrator allows beyond the defaults."""

    guests: bool = False
    other_organisations: bool = False


_VIEWERS = frozenset({Action.USE, Action.SEE, Action.PERSONALIZE})
_MEMBERS = _VIEWERS | {
    Action.SUBMIT,
    Action.CHAT,
    Action.CONFIGURE,
    Action.COMPARE,
    Action.VOTE,
    Action.EVALUATE,
    Action.GENERATE,
    Action.PROMOTE,
    Action.ADD_EXAMPLE,
    Action.FOLLOW,
    Action.KEEP,
    Action.SET_LANGUAGE,
}
_OWNER_OR_ADMIN = frozenset(
    {
        Action.CANCEL,
        Action.PAUSE,
        Action.RESUME,
        Action.DELETE,
        Action.EXPORT,
        Action.RELEASE,
        Action.DECIDE,
        Action.DEPLOY,
        Action.REMOVE_DEPLOYMENT,
        Action.REVEAL,
        Action.CHANGE_COLLECTION,
    }
)
_ADMINS = frozenset(
    {Action.SET_BUDGET, Action.RESTRICT_MODELS, Action.CHOOSE_PROVIDER, Action.READ_AUDIT, Action.ERASE}
)
_OWN_WORDS = frozenset({Action.AGREE, Action.WITHDRAW})
"""About the actor's own words, whoever they are: guests and people of other organisations may, too."""


def authorize(
    actor: Actor,
    action: Action,
    resource: Resource | None = None,
    place: Place | None = None,
    policy: Policy = Policy(),
) -> None:
    """Return if `actor` may carry out `action` on `resource`, and `resource` may be seen in `place`.

    Raises Denied; NotFound if not even the resource's existence may be known in that place (see `is_shown_in`).
    """
    if actor.deactivated:
        raise Denied("account_deactivated")
    if action in _OWN_WORDS:
        return
    if actor.external and not policy.other_organisations:
        raise Denied("other_organisation")
    if actor.guest and not policy.guests:
        raise Denied("guest")
    if resource is not None and not is_shown_in(place, resource, actor.user):
        raise NotFound("no_such_thing", kind=resource.kind)
    if action in _VIEWERS:
        return
    if actor.role < Role.MEMBER:
        raise Denied("only_looking", action=action)
    if action in _MEMBERS:
        return
    if action in _OWNER_OR_ADMIN and resource is not None:
        if actor.role is Role.ADMIN or actor.user == resource.owner:
            return
        raise Denied("only_owner", action=action, kind=resource.kind)
    if action is Action.APPROVE and resource is not None:
        if actor.role < Role.APPROVER:
            raise Denied("only_approvers")
        if actor.user == resource.owner:
            raise Denied("own_job")
        return
    if action is Action.REVIEW and resource is not None:
        if actor.user == resource.owner and actor.role is not Role.ADMIN:
            raise Denied("own_example")
        return
    if action in _ADMINS:
        if actor.role is not Role.ADMIN:
            raise Denied("only_administrators", action=action)
        if action is Action.READ_AUDIT and not (place and place.alone):
            raise Denied("audit_for_one")
        return
    raise Denied("not_allowed")


def is_shown_in(place: Place | None, resource: Resource, user: str = "") -> bool:
    """Whether `resource` may be seen in `place`, where `user` looks or acts.

    A resource made in a private channel or a direct message is shown there, to everybody in it (Slack lets only members
    in), and to its owner where nobody else can see it. No other channel shows it, whoever asks.
    """
    if not resource.private:
        return True
    if place is None:
        return False
    return place.channel == resource.channel or (place.alone and user == resource.owner)

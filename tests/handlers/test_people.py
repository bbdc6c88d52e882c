"""Who somebody is, as Slack says; what cannot be known is not allowed."""

import pytest

from bot.access import Actor, Role
from bot.errors import Denied
from bot.notices.interfaces import PostDoubtful
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack, error, text

US = "T0ACME"


@pytest.fixture
def people(slack: Slack) -> People:
    return People(Poster(slack.client), US, Roles(admins=["U0ADMIN"]))


def _user(**fields: object) -> dict[str, object]:
    return {"ok": True, "user": {"id": "U1", "team_id": US, **fields}}


async def test_an_ordinary_member_is_asked_for_once(slack: Slack, people: People) -> None:
    slack.replies["users.info"] = [_user()]
    actor = await people.actor("U1")
    assert actor == Actor("U1", US)
    await people.actor("U1")
    assert len(slack.called("users.info")) == 1


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "external"),
        ({"team_id": "T0OTHER"}, "external"),
        ({"deleted": True}, "deactivated"),
    ],
)
async def test_who_is_not_a_member_is_known_as_such(
    slack: Slack, people: People, fields: dict[str, object], mark: str
) -> None:
    slack.replies["users.info"] = [_user(**fields)]
    assert getattr(await people.actor("U1"), mark)


async def test_administrators_are_those_of_the_settings_and_not_slacks(slack: Slack, people: People) -> None:
    slack.replies["users.info"] = [_user(is_admin=True)]
    assert (await people.actor("U1")).role is Role.MEMBER
    assert (await people.actor("U0ADMIN")).role is Role.ADMIN


@pytest.mark.parametrize(
    ("user", "role"),
    [("U0ADMIN", Role.ADMIN), ("U0LEAD", Role.APPROVER), ("U1", Role.MEMBER), ("U0ELSE", Role.VIEWER)],
)
async def test_a_role_is_held_by_a_person_or_through_a_user_group(slack: Slack, user: str, role: Role) -> None:
    slack.replies["users.info"] = [_user()]
    slack.replies["usergroups.users.list"] = [{"ok": True, "users": ["U0LEAD"]}]
    people = People(Poster(slack.client), US, Roles(["U0ADMIN"], ["S0LEADS"], ["U1"]))
    assert (await people.actor(user)).role is role


async def test_a_group_is_asked_for_again_after_a_minute_and_who_left_it_has_lost_the_role(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("handlers.web.people.time.monotonic", lambda: now)
    slack.replies["users.info"] = [_user()]
    slack.replies["usergroups.users.list"] = [{"ok": True, "users": ["U1"]}, {"ok": True, "users": []}]
    people = People(Poster(slack.client), US, Roles(approvers=["S0LEADS"]))
    assert (await people.actor("U1")).role is Role.APPROVER
    now += 59
    assert (await people.actor("U1")).role is Role.APPROVER
    assert len(slack.called("usergroups.users.list")) == 1
    now += 2
    assert (await people.actor("U1")).role is Role.MEMBER


async def test_a_group_that_slack_does_not_show_gives_no_rights(slack: Slack) -> None:
    slack.replies["users.info"] = [_user()]
    slack.replies["usergroups.users.list"] = [error("missing_scope")]
    people = People(Poster(slack.client), US, Roles(admins=["S0LEADS"]))
    assert (await people.actor("U1")).role is Role.MEMBER


async def test_whom_slack_does_not_know_is_refused(slack: Slack, people: People) -> None:
    slack.replies["users.info"] = [error("user_not_found")]
    with pytest.raises(Denied):
        await people.actor("U1")


async def test_slacks_own_trouble_is_no_refusal(slack: Slack, people: People) -> None:
    slack.replies["users.info"] = [text(500)]
    with pytest.raises(PostDoubtful):
        await people.actor("U1")


async def test_a_channel_that_we_cannot_see_counts_as_private_with_us_outside(slack: Slack, people: People) -> None:
    slack.replies["conversations.info"] = [error("channel_not_found")]
    channel = await people.channel("C1")
    assert channel.private
    assert not channel.member


async def test_only_membership_is_remembered(slack: Slack, people: People) -> None:
    outside = {"ok": True, "channel": {"id": "C1", "is_private": False, "is_member": False}}
    inside = {"ok": True, "channel": {"id": "C1", "is_private": False, "is_member": True}}
    slack.replies["conversations.info"] = [outside, inside]
    assert not (await people.channel("C1")).member
    assert (await people.channel("C1")).member
    assert (await people.channel("C1")).member
    assert len(slack.called("conversations.info")) == 2


async def test_direct_messages_are_private_and_need_no_call(slack: Slack, people: People) -> None:
    channel = await people.channel("D1")
    assert channel.private
    assert channel.member
    assert slack.calls == []

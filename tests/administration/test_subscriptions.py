"""Channels that are told how jobs end."""

import pytest

from bot.access import Actor, Role
from bot.administration.subscriptions import ChannelSubscriptions
from bot.authority import Authority
from bot.channels import Channels
from bot.errors import Denied, Invalid
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.subscriptions import SqlSubscriptions
from tests.slack_requests import ANA, a_caller


@pytest.fixture
def subscriptions(database: Database, channels: Channels, authority: Authority) -> ChannelSubscriptions:
    return ChannelSubscriptions(SqlSubscriptions(database), channels, authority)


async def test_a_channel_is_subscribed_until_it_is_taken_off_and_the_log_says_by_whom(
    subscriptions: ChannelSubscriptions, audit: SqlAuditLog
) -> None:
    await subscriptions.subscribe(a_caller(key="command/1"), "C0NEWS")
    await subscriptions.subscribe(a_caller(key="command/2"), "C0NEWS")
    assert await subscriptions.visible(a_caller()) == ["C0NEWS"]
    await subscriptions.unsubscribe(a_caller(key="command/3"), "C0NEWS")
    assert await subscriptions.visible(a_caller()) == []
    acts = [(entry.actor, entry.action) for entry in await audit.about("C0NEWS")]
    assert acts == [(ANA.user, f"{what} a channel") for what in ("subscribe", "subscribe", "unsubscribe")]


async def test_a_private_channel_subscribes_itself_and_only_its_people_know(
    subscriptions: ChannelSubscriptions,
) -> None:
    inside = a_caller(channel="G0SECRET")
    await subscriptions.subscribe(inside, "G0SECRET")
    assert await subscriptions.visible(inside) == ["G0SECRET"]
    assert await subscriptions.visible(a_caller()) == []
    for change in (subscriptions.subscribe, subscriptions.unsubscribe):
        with pytest.raises(Invalid, match="cannot_post_there"):
            await change(a_caller(), "G0SECRET")


async def test_a_channel_that_the_bot_is_not_in_cannot_subscribe(subscriptions: ChannelSubscriptions) -> None:
    with pytest.raises(Invalid, match="cannot_post_there"):
        await subscriptions.subscribe(a_caller(), "C0ELSEWHERE")


async def test_who_may_only_look_subscribes_nothing(subscriptions: ChannelSubscriptions) -> None:
    viewer = Actor("U0VIC", "T0ACME", Role.VIEWER)
    with pytest.raises(Denied):
        await subscriptions.subscribe(a_caller(viewer), "C0NEWS")
    assert await subscriptions.visible(a_caller(viewer)) == []

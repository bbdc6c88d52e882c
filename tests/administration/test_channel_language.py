"""The language of a channel."""

import pytest

from bot.access import Actor, Role
from bot.administration.channel_language import ChannelLanguage
from bot.authority import Authority
from bot.channels import Channels
from bot.errors import Denied, Invalid
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.languages import SqlChannelLanguages
from tests.slack_requests import ANA, a_caller


@pytest.fixture
def kept(database: Database) -> SqlChannelLanguages:
    return SqlChannelLanguages(database)


@pytest.fixture
def language(kept: SqlChannelLanguages, channels: Channels, authority: Authority) -> ChannelLanguage:
    return ChannelLanguage(kept, channels, authority)


async def test_what_a_channel_is_spoken_to_in_is_kept_with_who_said_so(
    language: ChannelLanguage, kept: SqlChannelLanguages, audit: SqlAuditLog
) -> None:
    await language.choose(a_caller(key="command/1"), "zh")
    assert await kept.get("C0TRAINING") == "zh"
    await language.choose(a_caller(key="command/2"), None)
    assert await kept.get("C0TRAINING") is None
    entries = await audit.about("C0TRAINING")
    assert [(entry.actor, entry.action, entry.details) for entry in entries] == [
        (ANA.user, "set language", "zh"),
        (ANA.user, "set language", "default"),
    ]


async def test_where_the_bot_is_not_in_the_channel_nothing_is_changed(
    language: ChannelLanguage, kept: SqlChannelLanguages, audit: SqlAuditLog
) -> None:
    with pytest.raises(Invalid, match="not_in_channel"):
        await language.choose(a_caller(channel="C0ELSEWHERE"), "zh")
    assert await kept.get("C0ELSEWHERE") is None
    assert await audit.about("C0ELSEWHERE") == []


async def test_who_may_only_look_changes_nothing(language: ChannelLanguage, kept: SqlChannelLanguages) -> None:
    with pytest.raises(Denied):
        await language.choose(a_caller(Actor("U0VIC", "T0ACME", Role.VIEWER)), "zh")
    assert await kept.get("C0TRAINING") is None

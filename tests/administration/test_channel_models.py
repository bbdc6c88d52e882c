"""Which models may be talked to in a channel."""

import pytest

from bot.access import Actor, Place, Role
from bot.administration.channel_models import ChannelModels
from bot.audit import Outcome
from bot.authority import Authority
from bot.errors import Denied, Invalid
from bot.models.catalogue import Catalogue
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.channel_models import SqlChannelModels
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.parts import channel_providers
from tests.slack_requests import a_caller

ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)


@pytest.fixture
def models(database: Database, authority: Authority, provider: OpenAIProtocol, jobs: SqlJobStore) -> ChannelModels:
    catalogue = Catalogue(Providers(provider), jobs)
    return ChannelModels(SqlChannelModels(database), authority, catalogue, channel_providers(provider))


async def test_the_first_that_is_allowed_shuts_out_all_others_until_all_are_again(models: ChannelModels) -> None:
    await models.require(a_caller(), "old")
    assert await models.allow(a_caller(ADMIN, key="1"), "new") == ["new"]
    with pytest.raises(Denied, match="model_not_allowed_here"):
        await models.require(a_caller(), "old")
    assert await models.allow(a_caller(ADMIN, key="2"), "old") == ["new", "old"]
    await models.require(a_caller(), "old")
    await models.require(a_caller(channel="C0OTHER"), "third")
    await models.allow_all(a_caller(ADMIN, key="3"))
    await models.require(a_caller(), "third")


async def test_only_administrators_say_so_and_the_audit_log_keeps_it(models: ChannelModels, audit: SqlAuditLog) -> None:
    with pytest.raises(Denied, match="only_administrators"):
        await models.allow(a_caller(), "old")
    await models.allow(a_caller(ADMIN, key="1"), "new")
    with pytest.raises(Denied):
        await models.require(a_caller(key="2"), "old")
    entries = [entry for _, entry in await audit.latest(9)]
    assert [(entry.actor, entry.action, entry.outcome, entry.details) for entry in entries][:2] == [
        ("U0ANA", "chat", Outcome.REFUSED, "model_not_allowed_here models=('new',)"),
        ("U0ADA", "restrict models", Outcome.DONE, "new"),
    ]


async def test_direct_messages_are_no_channel(models: ChannelModels) -> None:
    with pytest.raises(Invalid, match="models_of_direct_messages"):
        await models.allow(a_caller(ADMIN, channel="D0ADA", posts_in=Place("D0ADA", alone=True)), "new")

"""What nobody has used for a while, as different people see it: with the real store."""

import pytest

from bot.access import Actor, Policy
from bot.authority import Authority
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.providers.chat import Usage
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.spending.model_use import ModelUse
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.datasets import SqlDatasetStore
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from bot.store.model_uses import SqlModelUses
from bot.store.spending import SqlModelUseStore
from bot.unused import UnusedThings
from tests.parts import CHANNEL, a_dataset, followed_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

DAY = 24 * 3600.0
NOW = 1_000 * DAY
OLD, ASKED, ASKED_IN_PRIVATE = (f"ft:base:acme:{name}:1" for name in ("old", "asked", "private"))
LEADS = "G0LEADS"
CLEO = Actor("U0CLEO", "T0ACME")


@pytest.fixture
async def unused(database: Database, provider: OpenAIProtocol, stand_in: StandInProvider) -> UnusedThings:
    """Of three models of long ago, two of which were asked since, one of them in a private channel; and of files: one
    that was trained on long ago, one lately, one never, and one of a private channel."""
    jobs, datasets, uses = SqlJobStore(database), SqlDatasetStore(database), SqlModelUseStore(database)
    stand_in.tuned = [OLD, ASKED, ASKED_IN_PRIVATE]
    for number, model in enumerate(stand_in.tuned):
        made = {"fine_tuned_model": model, "base_model": "base", "created_at": 10 * DAY, "dataset_id": "ds-old"}
        await jobs.insert(followed_job(f"ftjob-{number}", id=f"job-{number}", state="succeeded", **made))
    await jobs.insert(followed_job("ftjob-9", id="job-9", created_at=NOW - DAY, dataset_id="ds-late"))
    for channel, model, days in ((CHANNEL, OLD, 200), (CHANNEL, ASKED, 50), (LEADS, ASKED_IN_PRIVATE, 50)):
        await uses.add(ModelUse("U0BEN", channel, model, "cv-1", Usage(1, 1), None, NOW - days * DAY))
    for name in ("ds-old", "ds-late", "ds-never"):
        await datasets.save(a_dataset(id=name))
    await datasets.save(a_dataset(id="ds-secret", channel=LEADS, channel_private=True))
    authority = Authority(Policy(), SqlAuditLog(database))
    catalogue = Catalogue(Providers(provider), jobs)
    lookup = ModelLookup(catalogue, SqlEvaluationStore(database), authority)
    store = SqlModelUses(database)
    return UnusedThings(store, store, lookup, catalogue, datasets, authority, clock=lambda: NOW)


async def test_models_that_nobody_has_asked_are_listed_wherever_others_were(unused: UnusedThings) -> None:
    found = await unused.of(a_caller(CLEO))
    assert [one.model.id for one in found.models] == [OLD]
    assert found.models[0].last_used_at == NOW - 200 * DAY
    assert {one.model.id for one in (await unused.of(a_caller(CLEO), 40)).models} == {OLD, ASKED_IN_PRIVATE, ASKED}


async def test_files_that_nothing_was_made_of_are_listed_with_what_was_trained_on_them(unused: UnusedThings) -> None:
    found = {one.dataset.id: one for one in (await unused.of(a_caller(CLEO))).files}
    assert list(found) == ["ds-never", "ds-old"]
    assert (found["ds-never"].models, found["ds-never"].last_used_at) == ([], None)
    assert set(found["ds-old"].models) == {OLD, ASKED, ASKED_IN_PRIVATE}


async def test_only_owners_and_administrators_may_delete_and_a_private_channels_files_are_its_own(
    unused: UnusedThings,
) -> None:
    found = await unused.of(a_caller(CLEO))
    assert not any([one.may_delete for one in found.models] + [one.may_delete for one in found.files])
    owned = await unused.of(a_caller(ANA, channel=LEADS))
    assert all([one.may_delete for one in owned.models] + [one.may_delete for one in owned.files])
    assert "ds-secret" in [one.dataset.id for one in owned.files]


async def test_a_use_in_a_private_channel_keeps_a_model_and_is_told_to_nobody_else(unused: UnusedThings) -> None:
    assert ASKED_IN_PRIVATE not in [one.model.id for one in (await unused.of(a_caller(CLEO))).models]
    listed = {one.model.id: one.last_used_at for one in (await unused.of(a_caller(CLEO), 40)).models}
    assert listed[ASKED_IN_PRIVATE] is None

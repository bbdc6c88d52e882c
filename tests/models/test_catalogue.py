"""Which models are on offer, by what a provider lists over a real socket."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import KeptCheckpoint
from bot.models.catalogue import Catalogue
from bot.providers.config import ProviderConfig
from bot.providers.interface import ProviderError
from bot.providers.protocol import Checkpoint
from bot.providers.registry import Providers
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.parts import followed_job, provider_over
from tests.stand_in_provider import StandInProvider

MODELS = "GET /models"
TODAY = date(2026, 11, 21)
Make = Callable[..., Catalogue]


@pytest.fixture
async def stand_in() -> AsyncIterator[StandInProvider]:
    async with StandInProvider() as provider:
        yield provider


@pytest.fixture
async def jobs(tmp_path: Path) -> AsyncIterator[SqlJobStore]:
    database = await Database.open(tmp_path)
    yield SqlJobStore(database)
    await database.close()


@pytest.fixture
async def make(stand_in: StandInProvider, jobs: SqlJobStore) -> AsyncIterator[Make]:
    async with provider_over(stand_in) as provider:

        def make(remembered_for: float = 30.0, **config: Any) -> Catalogue:
            providers = Providers(provider, configs=[ProviderConfig(name=provider.name, **config)])
            return Catalogue(providers, jobs, remembered_for=remembered_for)

        yield make


async def test_a_provider_that_says_what_it_trains_is_believed(make: Make, stand_in: StandInProvider) -> None:
    stand_in.base_models = ["SmolLM2-135M-Instruct", "a-model-nobody-knows"]
    stand_in.tuned = ["ft:SmolLM2-135M-Instruct:acme::1"]
    assert await make().base_models() == ["SmolLM2-135M-Instruct", "a-model-nobody-knows"]


async def test_a_model_whose_training_has_ended_is_not_offered_whoever_names_it(
    make: Make, stand_in: StandInProvider
) -> None:
    stand_in.base_models = ["one", "gpt-4.1-mini-2025-04-14"]
    stand_in.shutdown_dates = {"one": "2026-11-21"}
    assert await make().base_models(TODAY) == ["gpt-4.1-mini-2025-04-14"]
    wanted = make(models=("gpt-4.1-mini-2025-04-14", "two"))
    assert await wanted.base_models(TODAY) == ["gpt-4.1-mini-2025-04-14", "two"]
    assert await wanted.base_models(date(2027, 1, 6)) == ["two"]


async def test_of_another_providers_models_those_that_our_table_knows_are_offered(
    make: Make, stand_in: StandInProvider
) -> None:
    stand_in.says_trainable = False
    stand_in.base_models = ["whisper-1", "gpt-4.1-mini-2025-04-14", "gpt-4o-2024-08-06"]
    assert set(await make().base_models(TODAY)) == {"gpt-4.1-mini-2025-04-14", "gpt-4o-2024-08-06"}


async def test_what_nobody_can_train_any_more_is_not_offered(make: Make, stand_in: StandInProvider) -> None:
    stand_in.says_trainable = False
    assert await make().base_models(date(2027, 1, 5)) == ["gpt-4.1-mini-2025-04-14"]
    assert await make().base_models(date(2027, 1, 6)) == []


async def test_the_default_comes_first_if_it_is_on_offer(make: Make, stand_in: StandInProvider) -> None:
    stand_in.base_models = ["a", "b", "c"]
    assert await make(default_model="c").base_models() == ["c", "a", "b"]
    assert await make(default_model="z").base_models() == ["a", "b", "c"]


async def test_the_administrators_list_is_final_and_needs_no_provider(make: Make, stand_in: StandInProvider) -> None:
    await stand_in.down()
    catalogue = make(models=("x", "y", "x"), default_model="y")
    assert await catalogue.base_models() == ["y", "x"]
    assert await catalogue.base_models() == ["y", "x"]


async def test_the_listing_is_remembered_for_a_moment(make: Make, stand_in: StandInProvider) -> None:
    catalogue = make()
    for _ in range(3):
        await catalogue.base_models()
    assert stand_in.requests == [MODELS]
    catalogue.forget()
    await catalogue.base_models()
    assert stand_in.requests == [MODELS, MODELS]


async def test_a_provider_that_went_silent_is_remembered(make: Make, stand_in: StandInProvider) -> None:
    catalogue = make()
    offered = await catalogue.base_models()
    catalogue.forget()
    await stand_in.down()
    assert await catalogue.base_models() == offered


async def test_a_provider_that_was_never_heard_is_an_error(make: Make, stand_in: StandInProvider) -> None:
    await stand_in.down()
    with pytest.raises(ProviderError):
        await make().base_models()


async def test_whether_a_model_exists_is_asked_anew(make: Make, stand_in: StandInProvider) -> None:
    catalogue = make()
    assert not await catalogue.exists("ft:new")
    stand_in.tuned.append("ft:new")
    assert await catalogue.exists("ft:new")
    await stand_in.down()
    with pytest.raises(ProviderError):
        await catalogue.exists("ft:new")


async def test_a_model_is_listed_as_soon_as_it_is_there_and_no_longer(make: Make, stand_in: StandInProvider) -> None:
    stand_in.says_trainable = False
    catalogue = make()
    assert await catalogue.fine_tuned() == []
    stand_in.tuned.append("ft:gpt-4.1-mini-2025-04-14:acme:support:abc")
    (model,) = await catalogue.fine_tuned()
    assert (model.base_model, model.job_id, model.owner) == ("gpt-4.1-mini-2025-04-14", None, None)
    assert model.shutdown_date == date(2027, 1, 14)
    stand_in.tuned.clear()
    assert await catalogue.fine_tuned() == []


async def test_a_window_that_is_shown_anew_with_each_character_asks_the_provider_once(
    make: Make, stand_in: StandInProvider
) -> None:
    catalogue = make(remembered_for=1e9)
    for _ in range(3):
        await catalogue.base_models(TODAY)
        await catalogue.fine_tuned(fresh=False)
    assert stand_in.requests == [MODELS]


async def test_a_model_of_ours_is_known_by_its_job_whatever_its_name(
    make: Make, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    checkpoint = Checkpoint("ftckpt-1", "ft:base:acme::abc:ckpt-step-5", 5)
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model="base.ft-1-support"))
    await jobs.update("job-1", lambda job: JobUpdate(job, checkpoints=[checkpoint]))
    stand_in.tuned = ["base.ft-1-support", checkpoint.model, "base.ft-2-somebody-elses"]
    (model,) = await make().fine_tuned()
    assert (model.id, model.job_id, model.owner) == ("base.ft-1-support", "job-1", "U0ANA")
    assert model.base_model == "gpt-4.1-mini-2025-04-14"


async def test_of_the_checkpoints_those_that_somebody_keeps_are_listed_under_their_names(
    make: Make, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    final = "ft:base:acme:voice:abc"
    kept = {f"{final}:ckpt-step-5": KeptCheckpoint("U0BEN", 1.0, "formal")}
    checkpoints = [Checkpoint(f"ftckpt-{step}", f"{final}:ckpt-step-{step}", step) for step in (4, 5)]
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=final, kept=kept))
    await jobs.update("job-1", lambda job: JobUpdate(job, checkpoints=checkpoints))
    stand_in.tuned = [final, *(one.model for one in checkpoints)]
    listed = {model.id: (model.name, model.owner, model.job_id, model.kept) for model in await make().fine_tuned()}
    assert listed == {
        final: ("voice", "U0ANA", "job-1", False),
        f"{final}:ckpt-step-5": ("formal", "U0BEN", None, True),
    }
    assert await make().given_names(list(listed)) == {f"{final}:ckpt-step-5": "formal"}


async def test_the_newest_model_comes_first(make: Make, stand_in: StandInProvider) -> None:
    models = [{"id": f"ft:base:acme::{n}", "object": "model", "created": n, "owned_by": "acme"} for n in (2, 3, 1)]
    page = json.dumps({"object": "list", "data": models})
    stand_in.fault(MODELS, status=200, body=page)
    assert [model.created_at for model in await make().fine_tuned()] == [3, 2, 1]


async def test_fine_tuned_models_are_not_offered_among_base_models(make: Make, stand_in: StandInProvider) -> None:
    models = [
        {"id": name, "object": "model", "created": 1, "owned_by": "acme", "fine_tunable": True}
        for name in ("base", "ft:base:acme::abc", "ft:base:acme::abc:ckpt-step-6")
    ]
    stand_in.fault(MODELS, status=200, body=json.dumps({"object": "list", "data": models}))
    assert await make().base_models() == ["base"]

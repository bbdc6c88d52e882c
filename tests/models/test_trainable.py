"""Which models can be trained on a file, and what is said where none can."""

from datetime import date
from typing import Any

import pytest

from bot.access import Policy
from bot.authority import Authority
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.models.trainable import TrainableModels, untrainable
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from tests.parts import CHANNEL, a_report, channel_providers, followed_job
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider
from texts.errors import sentence
from texts.language import Language, speaking

LOCAL, FOURO = "SmolLM2-135M-Instruct", "gpt-4o-mini-2024-07-18"
TODAY = date(2026, 11, 28)


@pytest.fixture
def models(database: Database, provider: OpenAIProtocol, jobs: SqlJobStore) -> TrainableModels:
    catalogue = Catalogue(Providers(provider), jobs)
    authority = Authority(Policy(), SqlAuditLog(database))
    lookup = ModelLookup(catalogue, SqlEvaluationStore(database), authority)
    return TrainableModels(catalogue, lookup, Providers(provider), channel_providers(provider))


async def test_only_models_that_learn_from_such_a_file_are_offered(
    models: TrainableModels, stand_in: StandInProvider
) -> None:
    stand_in.base_models = [FOURO, LOCAL, "some-reasoner"]
    assert [model.id for model in await models.base(CHANNEL)] == [FOURO, LOCAL, "some-reasoner"]
    offered = await models.base(CHANNEL, a_report(format="completion"))
    assert [(model.id, model.certain) for model in offered] == [(LOCAL, True), ("some-reasoner", False)]


async def test_prices_are_told_as_far_as_they_are_known(models: TrainableModels, stand_in: StandInProvider) -> None:
    stand_in.base_models = [FOURO, "some-reasoner"]
    assert [(model.provider, model.price_per_million) for model in await models.base(CHANNEL)] == [
        ("acme", 3.0),
        ("acme", None),
    ]


async def test_fine_tuned_models_are_labelled_as_people_call_them_unless_several_are_called_so(
    models: TrainableModels, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    voice, one, other = f"ft:{FOURO}:acme:voice:1", f"ft:{FOURO}:acme:mails:2", f"ft:{FOURO}:acme:mails:3"
    stand_in.tuned = [voice, one, other]
    for number, model in enumerate(stand_in.tuned):
        job = followed_job(f"ftjob-{number}", id=f"job-{number}", state="succeeded", fine_tuned_model=model)
        await jobs.insert(job)
    labels = {model.id: model.label for model in await models.tuned(a_caller())}
    assert labels == {voice: "voice", one: one, other: other}


async def test_fine_tuned_models_are_offered_where_a_jobs_card_may_name_them(
    models: TrainableModels, stand_in: StandInProvider, jobs: SqlJobStore
) -> None:
    ours, secret = f"ft:{FOURO}:acme:ours:1", f"ft:{FOURO}:acme:secret:2"
    stand_in.tuned = [ours, secret]
    private = Origin("T0ACME", "G0SECRET", True)
    await jobs.insert(followed_job("ftjob-1", state="succeeded", fine_tuned_model=ours))
    await jobs.insert(followed_job("ftjob-2", id="job-2", state="succeeded", fine_tuned_model=secret, origin=private))
    assert [(model.id, model.tuned) for model in await models.tuned(a_caller())] == [(ours, True)]
    assert {model.id for model in await models.tuned(a_caller(channel="G0SECRET"))} == {ours, secret}


@pytest.mark.parametrize(
    ("found", "english"),
    [
        (
            {"format": "reinforcement", "method": "reinforcement"},
            "acme has no model that can be trained by reinforcement. No other provider that I know has one either. "
            "Change the file: write the answer that you want into each example, as the assistant's message. That "
            "trains supervised.",
        ),
        (
            {"format": "preference", "method": "dpo"},
            "acme has no model that can be trained by DPO, which preference examples are for. Ask an administrator to "
            "set up a provider that has one: OpenAI and the trainer that comes with Finetune Bot. Or change the file: "
            "keep the preferred answers only, as chat examples. That trains supervised.",
        ),
        (
            {"images": 3},
            "acme has no model that can be trained on chat examples with images. Ask an administrator to set up a "
            "provider that has one: OpenAI. Or change the file: say in words what the images show.",
        ),
        (
            {"format": "completion"},
            "acme has no model that can be trained on completion examples. Ask an administrator to set up a "
            "provider that has one: the trainer that comes with Finetune Bot. Or change the file: make chat examples "
            "of them, with the prompt as the user's message and the completion as the assistant's.",
        ),
    ],
    ids=["reinforcement", "preference", "images", "completion"],
)
def test_where_no_model_learns_from_a_file_what_to_do_is_said(found: dict[str, Any], english: str) -> None:
    error = untrainable("acme", a_report(**found), TODAY)
    assert sentence(error) == english
    with speaking(Language.CHINESE):
        said = sentence(error)
    assert said.startswith("服务商 acme 没有")
    assert said.endswith("。")

"""Which model a word means, and what models are called, where people look."""

from collections.abc import AsyncIterator

import pytest

from bot.access import Actor, Place, Policy
from bot.authority import Authority
from bot.errors import Ambiguous, NotFound
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import KeptCheckpoint, Origin
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.providers.protocol import Checkpoint
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.jobs import SqlJobStore
from tests.parts import followed_job, provider_over
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider
from texts.errors import sentence

FINAL = "ft:base:acme:voice:abc"
KEPT = f"{FINAL}:ckpt-step-5"
NAMELESS = f"{FINAL}:ckpt-step-4"
HERE = Place("C0TRAINING")
BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
async def lookup(database: Database) -> AsyncIterator[ModelLookup]:
    """Of a job that made a model, and two checkpoints that are kept: one has a name."""
    jobs = SqlJobStore(database)
    kept = {KEPT: KeptCheckpoint("U0BEN", 1.0, "formal"), NAMELESS: KeptCheckpoint("U0BEN", 1.0)}
    job = followed_job("ftjob-1", state="succeeded", fine_tuned_model=FINAL, kept=kept)
    checkpoints = [Checkpoint("ck-4", NAMELESS, 4), Checkpoint("ck-5", KEPT, 5)]
    await jobs.insert(job, JobUpdate(job, checkpoints=checkpoints))
    async with StandInProvider() as stand_in, provider_over(stand_in) as provider:
        stand_in.base_models = ["base", "old-base"]
        stand_in.shutdown_dates = {"old-base": "2026-09-28"}
        stand_in.tuned = [FINAL, NAMELESS, KEPT]
        authority = Authority(Policy(), SqlAuditLog(database))
        catalogue = Catalogue(Providers(provider), jobs)
        yield ModelLookup(catalogue, SqlEvaluationStore(database), authority)


@pytest.mark.parametrize(
    ("word", "model"),
    [("formal", KEPT), ("Form", KEPT), ("voice", FINAL), ("job-1", FINAL), (KEPT, KEPT), ("base", "base")],
)
async def test_a_kept_checkpoint_is_meant_by_its_name_and_the_job_by_its_model(
    lookup: ModelLookup, word: str, model: str
) -> None:
    assert await lookup.named(a_caller(), word) == model


async def test_a_beginning_that_several_share_is_asked_back_about(lookup: ModelLookup) -> None:
    with pytest.raises(Ambiguous) as several:
        await lookup.named(a_caller(), "voi")
    assert set(several.value.choices) == {FINAL, NAMELESS, KEPT}


@pytest.mark.parametrize(
    ("typed", "found"),
    [("formal", [KEPT]), ("step 5", [KEPT]), ("voice", [FINAL, NAMELESS, KEPT]), ("", [FINAL, NAMELESS, KEPT, "base"])],
)
async def test_a_search_finds_kept_checkpoints_by_name_and_step(
    lookup: ModelLookup, typed: str, found: list[str]
) -> None:
    assert await lookup.search(a_caller(), HERE, typed) == found


async def test_models_go_by_the_names_that_they_were_given(lookup: ModelLookup) -> None:
    names = await lookup.names(a_caller(), ["base", KEPT, NAMELESS, FINAL])
    assert list(names.items()) == [
        ("base", "base"),
        (KEPT, "formal"),
        (NAMELESS, "voice, step 4"),
        (FINAL, "voice"),
    ]


async def test_a_private_name_is_told_to_nobody_else(lookup: ModelLookup, database: Database) -> None:
    secret = Origin("T0ACME", "G0SECRET", True)
    model = "ft:base:acme:hush:def:ckpt-step-5"
    job = followed_job(
        "ftjob-2", id="job-2", origin=secret, state="succeeded", kept={model: KeptCheckpoint("U0ANA", 1.0, "secret")}
    )
    await SqlJobStore(database).insert(job, JobUpdate(job, checkpoints=[Checkpoint("ck-9", model, 5)]))
    assert await lookup.names(a_caller(BEN), [model]) == {model: "hush, step 5"}
    assert await lookup.names(a_caller(answers_in=HERE), [model]) == {model: "hush, step 5"}, "where others see it"
    assert await lookup.names(a_caller(), [model]) == {model: "secret"}


async def test_a_retired_model_is_found_by_its_name_and_said_to_be_retired(
    lookup: ModelLookup, database: Database
) -> None:
    gone = "ft:old-base:acme:poems:1"
    job = followed_job("ftjob-3", id="job-3", state="succeeded", fine_tuned_model=gone, base_model="old-base")
    await SqlJobStore(database).insert(job)
    assert await lookup.named(a_caller(), "poems") == gone
    for word in ("poems", gone, "job-3"):
        with pytest.raises(NotFound) as error:
            await lookup.existing(a_caller(), word)
        assert "poems was retired: its provider shut it down on 28 September 2026" in sentence(error.value)


async def test_a_retired_model_of_a_private_place_is_found_by_nobody_else(
    lookup: ModelLookup, database: Database
) -> None:
    gone = "ft:old-base:acme:hush:1"
    made = {"fine_tuned_model": gone, "base_model": "old-base", "origin": Origin("T0ACME", "G0SECRET", True)}
    await SqlJobStore(database).insert(followed_job("ftjob-3", id="job-3", state="succeeded", **made))
    assert await lookup.named(a_caller(BEN), "hush") == "hush"
    assert await lookup.named(a_caller(), "hush") == gone

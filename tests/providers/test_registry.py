"""A job stays with the provider whose name is stored with it, whatever else is set up: two stand-ins, one store."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.backoff import Backoff
from bot.jobs import pausing, states
from bot.jobs.cancel import cancel
from bot.jobs.follow import Follower
from bot.jobs.import_job import import_job
from bot.jobs.job import Job, Origin
from bot.jobs.queue import JobQueue, queued_up
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.models.catalogue import Catalogue
from bot.models.lost import LostModels
from bot.providers.interface import ProviderError
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers, UnknownProvider
from bot.store.jobs import SqlJobStore
from tests.parts import a_job, followed_job, provider_over
from tests.stand_in_provider import StandInProvider

CONTENT = b'{"messages": []}\n'
HERE = Origin("T0ACME", "C0TRAINING", False, "1.1")


@pytest.fixture
async def other() -> AsyncIterator[StandInProvider]:
    """The provider named zenith; `stand_in` is the default, acme."""
    async with StandInProvider() as provider:
        yield provider


@pytest.fixture
async def providers(provider: OpenAIProtocol, other: StandInProvider) -> AsyncIterator[Providers]:
    async with provider_over(other, "zenith") as second:
        yield Providers(provider, second)


@pytest.fixture
def submitter(providers: Providers, jobs: SqlJobStore, tmp_path: Path) -> Submitter:
    async def locate(dataset_id: str) -> tuple[Path, str]:
        path = tmp_path / f"{dataset_id}.jsonl"
        path.write_bytes(CONTENT)
        return path, hashlib.sha256(CONTENT).hexdigest()

    return Submitter(jobs, providers, locate, look_up=Backoff(0, tries=2), retry=Backoff(0))


@pytest.fixture
def sync(providers: Providers, jobs: SqlJobStore) -> JobSync:
    return JobSync(jobs, providers)


async def stored(jobs: SqlJobStore, job_id: str = "job-1") -> Job:
    job = await jobs.get(job_id)
    assert job is not None
    return job


def test_providers_are_known_by_their_names_and_the_default_comes_first(providers: Providers) -> None:
    assert [provider.name for provider in providers] == ["acme", "zenith"]
    assert providers.named("zenith").name == "zenith"


def test_a_name_that_is_not_set_up_is_an_error_with_that_name(providers: Providers) -> None:
    with pytest.raises(UnknownProvider, match="unknown_provider provider=nadir"):
        providers.named("nadir")


def test_two_providers_cannot_have_one_name(provider: OpenAIProtocol) -> None:
    with pytest.raises(ValueError, match="same name"):
        Providers(provider, provider)


async def test_each_job_is_created_at_its_own_provider_with_its_own_upload(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, other: StandInProvider
) -> None:
    for number, name in enumerate(("acme", "zenith"), start=1):
        await submitter.submit(a_job(id=f"job-{number}", provider=name))
    await submitter.settled()
    for number, (name, at) in enumerate((("acme", stand_in), ("zenith", other)), start=1):
        (created,) = at.jobs.values()
        assert (await stored(jobs, f"job-{number}")).provider_job_id == created["id"]
        assert await jobs.provider_file(name, hashlib.sha256(CONTENT).hexdigest()) in at.files


async def test_a_job_of_a_provider_that_is_no_longer_set_up_goes_to_no_other(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, other: StandInProvider
) -> None:
    await submitter.submit(a_job(provider="nadir"))
    await submitter.settled()
    job = await stored(jobs)
    assert (job.state, job.error and job.error.code) == (states.FAILED, "unknown_provider")
    assert (stand_in.jobs, other.jobs) == ({}, {})


async def test_one_that_may_have_been_created_there_is_not_given_up(submitter: Submitter, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(provider="nadir", training_file="file-1", seed=1, create_attempted_at=1.0))
    await submitter.recover()
    await submitter.settled()
    assert (await stored(jobs)).state == states.UNCERTAIN
    with pytest.raises(UnknownProvider):
        await submitter.adopt("job-1")


async def test_each_follower_reads_its_own_provider(
    providers: Providers, sync: JobSync, jobs: SqlJobStore, other: StandInProvider
) -> None:
    theirs = other.add_job()
    await jobs.insert(followed_job(theirs, provider="zenith"))
    acme, zenith = (Follower(sync, provider, poll_seconds=0.01) for provider in providers)
    other.run(theirs, steps=1)
    await acme.tick()
    assert (await stored(jobs)).state == "queued"
    await zenith.tick()
    zenith.hint(theirs)
    await zenith.tick()
    assert (await stored(jobs)).state == "running"


async def test_pausing_and_cancelling_ask_the_jobs_own_provider(
    providers: Providers, sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider, other: StandInProvider
) -> None:
    theirs = other.add_job()
    other.run(theirs, steps=1)
    await jobs.insert(followed_job(theirs, provider="zenith", state="running"))
    await pausing.pause(jobs, providers, await stored(jobs), notice_id="n", by="U0ANA")
    assert other.jobs[theirs]["status"] == "paused"
    await cancel(sync, await stored(jobs))
    assert other.jobs[theirs]["status"] == "cancelled"
    assert stand_in.requests == []


async def test_a_job_to_follow_is_found_at_whichever_provider_has_it(sync: JobSync, other: StandInProvider) -> None:
    async def anybody(*_: object) -> bool:
        return True

    theirs = other.add_job()
    job = await import_job(sync, theirs, "U0BEN", HERE, "job-9", may_show=anybody)
    assert (job.provider, job.provider_job_id) == ("zenith", theirs)


async def test_a_full_provider_holds_up_only_its_own_line(jobs: SqlJobStore) -> None:
    released: list[str] = []

    async def release(job_id: str) -> bool:
        released.append(job_id)
        return True

    await jobs.insert(followed_job("ftjob-1", id="job-1", state="running"))
    await jobs.insert(queued_up(a_job(id="job-2", suffix="a")))
    await jobs.insert(queued_up(a_job(id="job-3", suffix="b", provider="zenith")))
    await JobQueue(jobs, ["acme", "zenith"], release, most_running=lambda _: 1).tick()
    assert released == ["job-3"]


async def test_models_of_all_providers_are_listed_and_each_is_asked_of_its_own(
    providers: Providers, jobs: SqlJobStore, stand_in: StandInProvider, other: StandInProvider
) -> None:
    stand_in.tuned, other.tuned = ["ft:base:acme::1"], ["ft:base:zenith::2", "ft:base:zenith::3"]
    await jobs.insert(
        followed_job("ftjob-2", state="succeeded", provider="zenith", fine_tuned_model="ft:base:zenith::2")
    )
    catalogue = Catalogue(providers, jobs)
    assert {model.id for model in await catalogue.fine_tuned()} == {*stand_in.tuned, *other.tuned}
    for model in ("ft:base:acme::1", "ft:base:zenith::2", "ft:base:zenith::3"):
        assert (await catalogue.provider_of(model)).name == model.split(":")[2]
    assert (await catalogue.provider_of("ft:nobody-lists-it")).name == "acme"


async def test_a_provider_that_is_down_hides_only_its_own_models(
    providers: Providers, jobs: SqlJobStore, stand_in: StandInProvider, other: StandInProvider
) -> None:
    other.tuned = ["ft:base:zenith::2"]
    await stand_in.down()
    catalogue = Catalogue(providers, jobs)
    assert [model.id for model in await catalogue.fine_tuned()] == other.tuned
    assert await catalogue.exists("ft:base:zenith::2")
    with pytest.raises(ProviderError):
        await catalogue.exists("ft:base:acme::1")


async def test_a_model_is_missed_only_where_it_was_trained(
    providers: Providers, jobs: SqlJobStore, stand_in: StandInProvider, other: StandInProvider
) -> None:
    made = followed_job("ftjob-2", state="succeeded", provider="zenith", fine_tuned_model="ft:base:zenith::2")
    await jobs.insert(msgspec.structs.replace(made, model_listed=True))
    lost = LostModels(jobs, providers)
    other.tuned = ["ft:base:zenith::2"]
    await lost.look()
    assert not (await stored(jobs)).lost_models
    stand_in.tuned, other.tuned = other.tuned, []
    await lost.look()
    assert "ft:base:zenith::2" in (await stored(jobs)).lost_models

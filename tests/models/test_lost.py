"""Models that answer no more, by what a provider lists over a real socket."""

from collections.abc import AsyncIterator

import pytest

from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job, Loss
from bot.models.lost import LostModels
from bot.providers.protocol import Checkpoint
from bot.providers.registry import Providers
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlCardStore
from tests.parts import MODEL, followed_job, provider_over
from tests.stand_in_provider import StandInProvider

MADE = f"ft:{MODEL}:acme::1"


@pytest.fixture
async def stand_in() -> AsyncIterator[StandInProvider]:
    async with StandInProvider() as provider:
        provider.tuned = [MADE]
        yield provider


@pytest.fixture
async def jobs(database: Database) -> SqlJobStore:
    store = SqlJobStore(database)
    job = followed_job("ftjob-1", state="succeeded", fine_tuned_model=MADE)
    await store.insert(job, JobUpdate(job, checkpoints=[Checkpoint("c1", f"{MADE}:ckpt-step-5", 5)]))
    return store


@pytest.fixture
async def lost(stand_in: StandInProvider, jobs: SqlJobStore) -> AsyncIterator[LostModels]:
    async with provider_over(stand_in) as provider:
        yield LostModels(jobs, Providers(provider))


async def stored(jobs: SqlJobStore) -> Job:
    job = await jobs.get("job-1")
    assert job is not None
    return job


async def test_a_model_that_the_provider_deleted_is_found_later(
    lost: LostModels, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await lost.look()
    assert (await stored(jobs)).model_lost is None
    stand_in.tuned = []
    await lost.look()
    assert (await stored(jobs)).model_lost is Loss.MISSING
    stand_in.tuned = [MADE]
    await lost.look()
    assert (await stored(jobs)).model_lost is None, "it was only away"


async def test_cards_are_only_seen_to_when_a_model_is_lost_or_found(
    lost: LostModels, jobs: SqlJobStore, database: Database, stand_in: StandInProvider
) -> None:
    cards = SqlCardStore(database)
    (card,) = await cards.dirty(5)
    await cards.posted("job-1", "1.2", "as it is", [])
    await cards.showing(card, "as it is")
    await lost.look()
    assert (await stored(jobs)).model_listed
    assert await cards.dirty(5) == []
    stand_in.tuned = []
    await lost.look()
    assert len(await cards.dirty(5)) == 1


async def test_a_model_that_was_never_listed_is_not_missed(
    lost: LostModels, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.tuned = []
    await lost.look()
    assert (await stored(jobs)).model_lost is None


async def test_a_provider_that_does_not_answer_has_lost_nothing(
    lost: LostModels, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await lost.look()
    await stand_in.down()
    await lost.look()
    assert (await stored(jobs)).model_lost is None


@pytest.mark.parametrize(("day", "why"), [("2020-01-01", Loss.SHUT_DOWN), ("2999-01-01", None)])
async def test_a_model_is_shut_down_from_the_day_that_the_provider_names(
    lost: LostModels, jobs: SqlJobStore, stand_in: StandInProvider, day: str, why: Loss | None
) -> None:
    stand_in.shutdown_dates = {MADE: day}
    await lost.look()
    assert (await stored(jobs)).model_lost is why


async def test_what_was_deleted_here_stays_so_and_checkpoints_are_told_apart(
    lost: LostModels, jobs: SqlJobStore
) -> None:
    checkpoint = f"{MADE}:ckpt-step-5"
    await lost.deleted(checkpoint)
    assert (await stored(jobs)).model_lost is None
    assert (await stored(jobs)).lost_models == {checkpoint: Loss.DELETED}
    await lost.deleted(MADE)
    await lost.look()
    assert (await stored(jobs)).model_lost is Loss.DELETED
    await lost.deleted("ft:somebody-elses")


async def test_the_last_look_at_a_job_that_has_ended_still_comes(lost: LostModels, jobs: SqlJobStore) -> None:
    await lost.look()
    assert [one.id for one in await jobs.followed("acme")] == ["job-1"]
    await jobs.update("job-1", lambda job: JobUpdate(job, followed=False))
    await lost.deleted(MADE)
    assert await jobs.followed("acme") == []

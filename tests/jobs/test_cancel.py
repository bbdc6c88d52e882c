"""A job is cancelled wherever it is in its life, and never twice or behind anybody's back."""

import pytest

from bot.errors import Conflict
from bot.jobs.cancel import cancel
from bot.jobs.follow import Follower
from bot.jobs.job import Job
from bot.jobs.notice import Accepted, Ended
from bot.jobs.sync import JobSync
from bot.providers.interface import ProviderError
from bot.providers.objects import SUBMISSION_KEY
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.following import JOBS, POLL, Clock, look, stored, told
from tests.parts import a_job, followed_job
from tests.stand_in_provider import StandInProvider


async def test_a_running_job_is_cancelled_at_the_provider(
    sync: JobSync,
    follower: Follower,
    jobs: SqlJobStore,
    stand_in: StandInProvider,
    theirs: str,
    clock: Clock,
    database: Database,
) -> None:
    stand_in.run(theirs, steps=1)
    await look(follower, clock)
    job = await cancel(sync, await stored(jobs))
    assert job.state == "cancelled"
    assert stand_in.jobs[theirs]["status"] == "cancelled"
    assert Ended in await told(database)


async def test_a_job_that_ended_a_moment_ago_is_shown_as_it_ended(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str
) -> None:
    stand_in.run(theirs, steps=1)
    stand_in.succeed(theirs)
    assert (await cancel(sync, await stored(jobs))).state == "succeeded"


async def test_what_is_told_after_an_end_that_a_cancellation_found_is_not_missed(
    sync: JobSync, follower: Follower, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str, clock: Clock
) -> None:
    stand_in.run(theirs, steps=1)
    await look(follower, clock)
    clock.now += 0.9 * POLL  # it is nearly due again
    stand_in.succeed(theirs)
    await cancel(sync, await stored(jobs))
    await look(follower, clock, 0.2 * POLL)
    late = stand_in.add_event(theirs, "One more thing", level="warn")
    await look(follower, clock, 2 * POLL)
    assert late in await jobs.event_ids("job-1")


async def test_an_ended_job_cannot_be_cancelled(sync: JobSync, jobs: SqlJobStore, theirs: str) -> None:
    ended = followed_job("ftjob-other", id="job-2", state="failed")
    await jobs.insert(ended)
    with pytest.raises(Conflict, match="nothing_to_cancel"):
        await cancel(sync, ended)


async def test_a_provider_that_does_not_cancel_is_quoted(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str
) -> None:
    stand_in.run(theirs)
    stand_in.fault(f"POST /fine_tuning/jobs/{theirs}/cancel", status=400, message="Not while it is hot.")
    with pytest.raises(Conflict, match="Not while it is hot"):
        await cancel(sync, await stored(jobs))


async def test_a_job_that_was_not_handed_over_yet_is_cancelled_here(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    await jobs.insert(a_job())
    job = await cancel(sync, await stored(jobs))
    assert job.state == "cancelled"
    assert stand_in.requests == []
    assert Ended in await told(database)


async def test_a_job_that_is_being_handed_over_cannot_be_cancelled_at_that_moment(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await jobs.insert(a_job(create_attempted_at=1.0))
    as_read_before = a_job()
    with pytest.raises(Conflict, match="being_handed_over"):
        await cancel(sync, as_read_before)
    assert (await stored(jobs)).state == "submitting"


@pytest.fixture
async def uncertain(jobs: SqlJobStore) -> Job:
    job = a_job(state="uncertain", training_file="file-1", seed=7, create_attempted_at=1.0)
    await jobs.insert(job)
    return job


async def test_cancelling_an_uncertain_job_cancels_what_turned_up_at_the_provider(
    sync: JobSync, stand_in: StandInProvider, uncertain: Job, database: Database
) -> None:
    theirs = stand_in.add_job(metadata={SUBMISSION_KEY: "job-1"})
    job = await cancel(sync, uncertain)
    assert (job.state, job.provider_job_id) == ("cancelled", theirs)
    assert stand_in.jobs[theirs]["status"] == "cancelled"
    assert [kind for kind in await told(database) if kind in (Accepted, Ended)] == [Accepted, Ended]


async def test_an_uncertain_job_that_did_not_turn_up_is_cancelled_here(sync: JobSync, uncertain: Job) -> None:
    assert (await cancel(sync, uncertain)).state == "cancelled"


async def test_an_uncertain_job_is_not_cancelled_while_the_provider_cannot_be_asked(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider, uncertain: Job
) -> None:
    stand_in.fault(JOBS, status=503)
    with pytest.raises(ProviderError):
        await cancel(sync, uncertain)
    assert (await stored(jobs)).state == "uncertain"

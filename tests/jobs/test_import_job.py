"""A job that somebody else started at the provider is followed like our own."""

from functools import partial

import pytest
from following import Clock, look, told
from parts import a_job
from stand_in_provider import StandInProvider

from bot.errors import Conflict, NotFound
from bot.jobs import import_job as adopting
from bot.jobs.follow import Follower
from bot.jobs.job import Job, Origin
from bot.jobs.notice import Ended
from bot.jobs.sync import JobSync
from bot.providers.interface import RemoteJob
from bot.providers.openai_protocol import SUBMISSION_KEY
from bot.providers.protocol import Hyperparameters
from bot.store.database import Database
from bot.store.jobs import SqliteJobStore

ELSEWHERE = Origin("T0ACME", "C0OTHER", False)


async def everywhere(_: RemoteJob, __: Job | None) -> bool:
    return True


async def nowhere(_: RemoteJob, __: Job | None) -> bool:
    return False


import_job = partial(adopting.import_job, may_show=everywhere)


async def test_a_job_started_elsewhere_is_followed_without_telling_its_past(
    sync: JobSync,
    follower: Follower,
    jobs: SqliteJobStore,
    stand_in: StandInProvider,
    clock: Clock,
    database: Database,
) -> None:
    theirs = stand_in.add_job()
    stand_in.run(theirs, steps=5)
    stand_in.add_event(theirs, "An old warning", level="warn")
    job = await import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9")
    assert (job.state, job.requester, job.origin) == ("running", "U0BEN", ELSEWHERE)
    assert len(await jobs.metrics("job-9")) == 5
    assert await told(database) == []
    stand_in.succeed(theirs)
    await look(follower, clock)
    assert Ended in await told(database)


async def test_what_the_provider_knows_of_a_job_started_elsewhere_is_ours_too(
    sync: JobSync, stand_in: StandInProvider
) -> None:
    stand_in.files["file-theirs"] = ("their questions.jsonl", b"{}")
    grader = {"type": "string_check", "name": "same", "input": "{{a}}", "reference": "{{b}}", "operation": "eq"}
    theirs = stand_in.add_job(
        training_file="file-theirs",
        validation_file="file-other",
        seed=11,
        user_provided_suffix="support",
        method={
            "type": "reinforcement",
            "reinforcement": {"grader": grader, "hyperparameters": {"n_epochs": 4, "reasoning_effort": "low"}},
        },
        integrations=[{"type": "wandb", "wandb": {"project": "tuning"}}],
        metadata={"team": "support"},
    )
    job = await import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9")
    assert (job.file_name, job.training_file, job.validation_file) == (
        "their questions.jsonl",
        "file-theirs",
        "file-other",
    )
    assert (job.method, job.grader, job.wandb, job.metadata) == ("reinforcement", grader, "tuning", {"team": "support"})
    assert job.requested_hyperparameters == job.hyperparameters == Hyperparameters(n_epochs=4, reasoning_effort="low")
    assert (job.seed, job.suffix, job.made_elsewhere) == (11, "support", True)


async def test_a_job_on_a_file_that_nobody_can_name_is_followed_all_the_same(
    sync: JobSync, jobs: SqliteJobStore, stand_in: StandInProvider
) -> None:
    stand_in.files["file-ours"] = ("a-hash.jsonl", b"{}")
    await jobs.set_provider_file("acme", "a-hash", "file-ours")
    ours = await import_job(sync, stand_in.add_job(training_file="file-ours"), "U0BEN", ELSEWHERE, "job-8")
    stand_in.fault("GET /files", status=403)
    unlisted = await import_job(sync, stand_in.add_job(), "U0BEN", ELSEWHERE, "job-9")
    assert (ours.file_name, unlisted.file_name) == (None, None)


async def test_an_ended_job_can_be_adopted_to_be_looked_at(
    sync: JobSync, jobs: SqliteJobStore, stand_in: StandInProvider, database: Database
) -> None:
    theirs = stand_in.add_job()
    stand_in.run(theirs, steps=5)
    stand_in.succeed(theirs)
    job = await import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9")
    assert job.state == "succeeded"
    assert await jobs.followed("acme") == []
    assert await told(database) == []


async def test_a_job_is_adopted_once(sync: JobSync, stand_in: StandInProvider, theirs: str) -> None:
    with pytest.raises(Conflict, match="followed_already"):
        await import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9")


async def test_a_job_that_the_provider_does_not_know_cannot_be_adopted(sync: JobSync) -> None:
    with pytest.raises(NotFound, match="ftjob-nobody"):
        await import_job(sync, "ftjob-nobody", "U0BEN", ELSEWHERE, "job-9")


async def test_following_an_uncertain_job_of_ours_takes_that_one_over(
    sync: JobSync, jobs: SqliteJobStore, stand_in: StandInProvider
) -> None:
    await jobs.insert(a_job(state="uncertain", training_file="file-1", seed=7, create_attempted_at=1.0))
    theirs = stand_in.add_job(metadata={SUBMISSION_KEY: "job-1"})
    job = await import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9")
    assert (job.id, job.provider_job_id) == ("job-1", theirs)
    assert await jobs.get("job-9") is None


async def test_what_its_place_may_not_see_is_answered_like_a_job_that_there_is_not(
    sync: JobSync, jobs: SqliteJobStore, stand_in: StandInProvider
) -> None:
    theirs = stand_in.add_job()
    with pytest.raises(NotFound, match=f"unknown_at_provider .*job={theirs}"):
        await adopting.import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9", may_show=nowhere)
    assert await jobs.get("job-9") is None


@pytest.mark.parametrize(("model", "cost"), [("SmolLM2-135M-Instruct", 0.0), ("gpt-4.1-mini-2025-04-14", None)])
async def test_a_job_on_ones_own_hardware_is_free_also_where_it_is_only_followed(
    sync: JobSync, stand_in: StandInProvider, model: str, cost: float | None
) -> None:
    job = await import_job(sync, stand_in.add_job(model=model), "U0BEN", ELSEWHERE, "job-9")
    assert job.estimated_cost == cost

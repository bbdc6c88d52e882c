"""A job that somebody else started at the provider is followed like our own."""

from functools import partial

import pytest

from bot.access import Actor, Caller, Resource, Role
from bot.audit import Outcome
from bot.authority import Authority
from bot.errors import Conflict, Denied, NotFound
from bot.jobs import import_job as adopting
from bot.jobs.follow import Follower
from bot.jobs.import_job import JobImport
from bot.jobs.job import Job, Origin, id_for
from bot.jobs.notice import Ended
from bot.jobs.sync import JobSync
from bot.providers.interface import RemoteJob
from bot.providers.objects import SUBMISSION_KEY
from bot.providers.protocol import Hyperparameters
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.following import Clock, look, told
from tests.parts import a_job
from tests.slack_requests import ANA, a_caller
from tests.stand_in_provider import StandInProvider

ELSEWHERE = Origin("T0ACME", "C0OTHER", False)


async def everywhere(_: str, __: RemoteJob, ___: Job | None) -> bool:
    return True


async def nowhere(_: str, __: RemoteJob, ___: Job | None) -> bool:
    return False


import_job = partial(adopting.import_job, may_show=everywhere)


async def test_a_job_started_elsewhere_is_followed_without_telling_its_past(
    sync: JobSync,
    follower: Follower,
    jobs: SqlJobStore,
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
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.files["file-ours"] = ("a-hash.jsonl", b"{}")
    await jobs.set_provider_file("acme", "a-hash", "file-ours")
    ours = await import_job(sync, stand_in.add_job(training_file="file-ours"), "U0BEN", ELSEWHERE, "job-8")
    stand_in.fault("GET /files", status=403)
    unlisted = await import_job(sync, stand_in.add_job(), "U0BEN", ELSEWHERE, "job-9")
    assert (ours.file_name, unlisted.file_name) == (None, None)


async def test_an_ended_job_can_be_adopted_to_be_looked_at(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
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
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await jobs.insert(a_job(state="uncertain", training_file="file-1", seed=7, create_attempted_at=1.0))
    theirs = stand_in.add_job(metadata={SUBMISSION_KEY: "job-1"})
    job = await import_job(sync, theirs, "U0BEN", ELSEWHERE, "job-9")
    assert (job.id, job.provider_job_id) == ("job-1", theirs)
    assert await jobs.get("job-9") is None


async def test_what_its_place_may_not_see_is_answered_like_a_job_that_there_is_not(
    sync: JobSync, jobs: SqlJobStore, stand_in: StandInProvider
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


HERE = Origin("T0ACME", "C0TRAINING", False)
SECRET = Origin("T0ACME", "G0SECRET", True)


class Known:
    """What is known of models and of the provider's files: `model` is of a private channel, or `file` is."""

    def __init__(self, *, model: bool = False, file: bool = False) -> None:
        self._model = model
        self._file = file

    async def resource(self, model: str) -> Resource:
        return Resource("U0BEN", SECRET.channel, self._model, "model", model)

    async def require_file(self, caller: Caller, file_id: str, provider: str) -> None:
        if self._file:
            raise NotFound("unknown_dataset")


def importing(sync: JobSync, authority: Authority, known: Known) -> JobImport:
    return JobImport(sync, authority, known.resource, known.require_file)


async def test_who_asks_for_a_job_has_it_from_then_on_and_a_crash_makes_no_second_one(
    sync: JobSync, authority: Authority, stand_in: StandInProvider, audit: SqlAuditLog
) -> None:
    theirs = stand_in.add_job()
    follow = importing(sync, authority, Known())
    job = await follow.follow(a_caller(), theirs, HERE)
    assert (job.id, job.requester, job.provider_job_id) == (id_for("command/1"), ANA.user, theirs)
    assert (await follow.follow(a_caller(is_retry=True), theirs, HERE)).id == job.id
    assert [(entry.action, entry.details) for entry in await audit.about(job.id)] == [("follow", theirs)]


async def test_what_is_followed_already_is_named_to_those_who_may_see_it(
    sync: JobSync, authority: Authority, jobs: SqlJobStore, stand_in: StandInProvider, theirs: str
) -> None:
    follow = importing(sync, authority, Known())
    with pytest.raises(Conflict, match=r"followed_as .*ours=job-1"):
        await follow.follow(a_caller(), theirs, HERE)
    secret = stand_in.add_job()
    await jobs.insert(a_job(id="job-2", provider_job_id=secret, requester="U0BEN", origin=SECRET))
    with pytest.raises(NotFound, match="unknown_at_provider"):
        await follow.follow(a_caller(), secret, HERE)


@pytest.mark.parametrize("known", [Known(model=True), Known(file=True)])
async def test_a_job_on_a_model_or_file_of_a_private_place_is_not_there_for_others(
    sync: JobSync, authority: Authority, jobs: SqlJobStore, stand_in: StandInProvider, known: Known
) -> None:
    theirs = stand_in.add_job()
    with pytest.raises(NotFound, match="unknown_at_provider"):
        await importing(sync, authority, known).follow(a_caller(), theirs, HERE)
    assert await jobs.latest(9) == []


async def test_who_only_looks_cannot_follow(
    sync: JobSync, authority: Authority, stand_in: StandInProvider, audit: SqlAuditLog
) -> None:
    viewer = Actor("U0VIEW", "T0ACME", Role.VIEWER)
    with pytest.raises(Denied, match="only_looking"):
        await importing(sync, authority, Known()).follow(a_caller(viewer), stand_in.add_job(), HERE)
    assert [entry.outcome for _, entry in await audit.latest(9)] == [Outcome.REFUSED]

"""Pausing, resuming, cancelling and deciding, as people ask for it: who may, and what stays of it."""

from collections.abc import Awaitable, Callable

import pytest

from bot.access import Action, Actor, Caller, Role
from bot.audit import Outcome
from bot.authority import Authority
from bot.errors import Ambiguous, Conflict, Denied, NotFound
from bot.jobs.controls import JobControls
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.notice import Paused, Resumed
from bot.jobs.submit import Submitter
from bot.jobs.sync import JobSync
from bot.providers.objects import SUBMISSION_KEY
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.following import stored, told
from tests.parts import a_job
from tests.slack_requests import a_caller
from tests.stand_in_provider import StandInProvider

BEN = Actor("U0BEN", "T0ACME")
ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)


@pytest.fixture
def hinted() -> list[str]:
    return []


@pytest.fixture
def controls(
    lookup: JobLookup,
    sync: JobSync,
    jobs: SqlJobStore,
    provider: OpenAIProtocol,
    authority: Authority,
    hinted: list[str],
) -> JobControls:
    async def locate(dataset_id: str) -> None:
        raise AssertionError("nothing is uploaded here")

    submitter = Submitter(jobs, Providers(provider), locate)  # type: ignore[arg-type]
    return JobControls(lookup, sync, submitter, authority, lambda job: hinted.append(job.id))


@pytest.fixture
async def running(theirs: str, stand_in: StandInProvider, jobs: SqlJobStore) -> str:
    """The provider's id of job-1, which trains."""
    stand_in.run(theirs, steps=1)
    return theirs


async def test_a_job_is_paused_and_goes_on_and_its_thread_is_told_who_did_it(
    controls: JobControls, running: str, stand_in: StandInProvider, database: Database, hinted: list[str]
) -> None:
    assert (await controls.pause(a_caller(), "job-1")).state == "paused"
    assert stand_in.jobs[running]["status"] == "paused"
    assert (await controls.resume(a_caller(key="command/2"), "job-1")).state == "running"
    assert [kind for kind in await told(database) if kind in (Paused, Resumed)] == [Paused, Resumed]
    assert hinted == ["job-1", "job-1"]


async def test_what_a_crash_cut_off_is_not_done_twice(
    controls: JobControls, running: str, database: Database, audit: SqlAuditLog
) -> None:
    await controls.pause(a_caller(), "job-1")
    assert (await controls.pause(a_caller(is_retry=True), "job-1")).state == "paused"
    await controls.resume(a_caller(key="command/2"), "job-1")
    assert (await controls.resume(a_caller(key="command/2", is_retry=True), "job-1")).state == "running"
    await controls.cancel(a_caller(key="command/3"), "job-1")
    assert (await controls.cancel(a_caller(key="command/3", is_retry=True), "job-1")).state == "cancelled"
    with pytest.raises(Conflict, match="nothing_to_cancel"):
        await controls.cancel(a_caller(key="command/4"), "job-1")
    assert [kind for kind in await told(database) if kind in (Paused, Resumed)] == [Paused, Resumed]
    acts = [entry.action for entry in await audit.about("job-1") if entry.outcome is Outcome.DONE]
    assert acts == ["pause", "resume", "cancel", "cancel"]


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "adopt", "submit_again"])
async def test_only_who_started_a_job_or_an_administrator_does_anything_to_it(
    controls: JobControls, running: str, stand_in: StandInProvider, audit: SqlAuditLog, action: str
) -> None:
    do: Callable[[Caller, str], Awaitable[Job]] = getattr(controls, action)
    with pytest.raises(Denied, match="only_owner"):
        await do(a_caller(BEN), "job-1")
    assert stand_in.jobs[running]["status"] == "running"
    assert [entry.outcome for entry in await audit.about("job-1")] == [Outcome.REFUSED]


async def test_an_administrator_cancels_the_jobs_of_others(controls: JobControls, running: str) -> None:
    assert (await controls.cancel(a_caller(ADMIN), "job-1")).state == "cancelled"


async def test_what_the_provider_refuses_is_in_the_audit_log(
    controls: JobControls, running: str, stand_in: StandInProvider, audit: SqlAuditLog, hinted: list[str]
) -> None:
    stand_in.fault(f"POST /fine_tuning/jobs/{running}/pause", status=404, message="Not Found")
    with pytest.raises(Conflict, match="not_offered"):
        await controls.pause(a_caller(), "job-1")
    assert [entry.outcome for entry in await audit.about("job-1")] == [Outcome.DONE, Outcome.FAILED]
    assert hinted == []


@pytest.mark.parametrize(
    ("state", "action", "refusal"),
    [
        ("running", Action.RESUME, "not_paused"),
        ("paused", Action.PAUSE, "paused_already"),
        ("failed", Action.PAUSE, "nothing_to_pause"),
        ("running at nebius", Action.PAUSE, "not_offered"),
        ("failed", Action.RESUME, "nothing_to_resume"),
        ("failed", Action.CANCEL, "nothing_to_cancel"),
    ],
)
async def test_what_cannot_be_done_is_refused_before_anybody_is_asked_back(
    controls: JobControls,
    jobs: SqlJobStore,
    stand_in: StandInProvider,
    state: str,
    action: Action,
    refusal: str,
) -> None:
    state, _, provider = state.partition(" at ")
    await jobs.insert(a_job(state=state, provider_job_id="ftjob-1", provider=provider or "acme"))
    with pytest.raises(Conflict, match=refusal):
        await controls.check(a_caller(), "job-1", action)
    assert stand_in.requests == []


async def test_a_job_is_named_by_as_much_of_its_name_as_is_its_alone(controls: JobControls, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(id="job-1a", suffix="support"))
    await jobs.insert(a_job(id="job-1b", requester="U0BEN", origin=Origin("T0ACME", "G0SECRET", True)))
    assert (await controls.check(a_caller(), "supp", Action.CANCEL)).id == "job-1a"
    assert (await controls.check(a_caller(), "job-1", Action.CANCEL)).id == "job-1a"
    await jobs.insert(a_job(id="job-1c"))
    with pytest.raises(Ambiguous):
        await controls.check(a_caller(), "job-1", Action.CANCEL)
    with pytest.raises(NotFound):
        await controls.check(a_caller(), "job-1b", Action.CANCEL)


async def test_an_uncertain_job_is_found_or_submitted_again(
    controls: JobControls, jobs: SqlJobStore, stand_in: StandInProvider, audit: SqlAuditLog
) -> None:
    await jobs.insert(a_job(state="uncertain", training_file="file-1", seed=7, create_attempted_at=1.0))
    with pytest.raises(NotFound, match="nothing_to_adopt"):
        await controls.adopt(a_caller(), "job-1")
    theirs = stand_in.add_job(metadata={SUBMISSION_KEY: "job-1"})
    await controls.submit_again(a_caller(key="command/2"), "job-1")
    assert (await stored(jobs)).provider_job_id == theirs
    assert len(stand_in.jobs) == 1
    acts = [(entry.action, entry.outcome) for entry in await audit.about("job-1")]
    assert acts == [("adopt", Outcome.DONE), ("adopt", Outcome.FAILED), ("submit again", Outcome.DONE)]


@pytest.mark.parametrize("action", ["adopt", "submit_again"])
async def test_a_decision_that_a_crash_cut_off_is_no_refusal(
    controls: JobControls, jobs: SqlJobStore, stand_in: StandInProvider, audit: SqlAuditLog, action: str
) -> None:
    await jobs.insert(a_job(state="uncertain", training_file="file-1", seed=7, create_attempted_at=1.0))
    stand_in.add_job(metadata={SUBMISSION_KEY: "job-1"})
    decide: Callable[[Caller, str], Awaitable[Job]] = getattr(controls, action)
    await decide(a_caller(), "job-1")
    assert (await decide(a_caller(is_retry=True), "job-1")).provider_job_id
    assert len(stand_in.jobs) == 1
    assert [entry.outcome for entry in await audit.about("job-1")] == [Outcome.DONE]
    with pytest.raises(Conflict, match="not_uncertain"):
        await decide(a_caller(key="command/2"), "job-1")


async def test_what_was_submitted_again_and_is_uncertain_again_is_not_submitted_a_third_time(
    controls: JobControls, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    """The answer to the person may have to be tried again for minutes, and the work with it."""
    asked = a_caller(is_retry=True)
    await jobs.insert(a_job(state="uncertain", training_file="file-1", seed=7, create_attempted_at=asked.at + 5))
    with pytest.raises(Conflict, match="moved_on"):
        await controls.submit_again(asked, "job-1")
    assert (await stored(jobs)).state == "uncertain"
    assert stand_in.requests == []

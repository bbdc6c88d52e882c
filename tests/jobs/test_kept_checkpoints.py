"""Keeping checkpoints: who may, under which names, and what stays of it."""

import msgspec
import pytest

from bot.access import Actor, Place, Role
from bot.authority import Authority
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import KeptCheckpoint, Loss, Origin
from bot.jobs.kept_checkpoints import KeptCheckpoints
from bot.jobs.lookup import JobLookup
from bot.providers.protocol import Checkpoint
from bot.store.audit import SqlAuditLog
from bot.store.jobs import SqlJobStore
from tests.parts import a_job
from tests.slack_requests import a_caller

BEN = Actor("U0BEN", "T0ACME")
CAT = Actor("U0CAT", "T0ACME")
ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)
FINAL = "ft:m:acme:voice:1"
MIDDLE = f"{FINAL}:ckpt-step-4"


@pytest.fixture
def keeping(jobs: SqlJobStore, lookup: JobLookup, authority: Authority) -> KeptCheckpoints:
    return KeptCheckpoints(jobs, lookup, authority)


@pytest.fixture(autouse=True)
async def job(jobs: SqlJobStore) -> None:
    """Of Ana's, with checkpoints of steps 4 and 8; the last is its model."""
    made = [Checkpoint("ck-4", MIDDLE, 4), Checkpoint("ck-8", FINAL, 8)]
    job = a_job(state="succeeded", fine_tuned_model=FINAL, suffix="voice", provider_job_id="ftjob-1")
    await jobs.insert(job, JobUpdate(job, checkpoints=made))


async def kept(jobs: SqlJobStore) -> dict[str, KeptCheckpoint]:
    job = await jobs.get("job-1")
    assert job is not None
    return job.kept


async def test_whoever_sees_a_job_keeps_a_checkpoint_of_it_and_the_audit_log_knows(
    keeping: KeptCheckpoints, jobs: SqlJobStore, audit: SqlAuditLog
) -> None:
    job, checkpoint = await keeping.keep(a_caller(BEN), "voice", 4, "formal")
    assert (checkpoint.model, job.kept[MIDDLE].owner, job.kept[MIDDLE].name) == (MIDDLE, BEN.user, "formal")
    assert await kept(jobs) == job.kept
    await keeping.release(a_caller(BEN, key="command/2"), "job-1", 4)
    assert await kept(jobs) == {}
    done = [(one.actor, one.action, one.details) for one in await audit.about(MIDDLE)]
    assert done == [(BEN.user, "keep checkpoint", "formal"), (BEN.user, "release checkpoint", "")]


async def test_a_name_is_not_needed(keeping: KeptCheckpoints, jobs: SqlJobStore) -> None:
    await keeping.keep(a_caller(), "job-1", 4)
    assert (await kept(jobs))[MIDDLE].name is None


@pytest.mark.parametrize("again", [True, False], ids=["after a crash", "by another request"])
async def test_kept_twice_it_is_kept_once(
    keeping: KeptCheckpoints, jobs: SqlJobStore, audit: SqlAuditLog, again: bool
) -> None:
    await keeping.keep(a_caller(), "job-1", 4, "formal")
    await keeping.keep(a_caller(is_retry=True) if again else a_caller(key="command/2"), "job-1", 4, "formal")
    assert [one.name for one in (await kept(jobs)).values()] == ["formal"]
    assert len(await audit.about(MIDDLE)) == (1 if again else 2)


async def test_a_new_name_changes_nothing_else(keeping: KeptCheckpoints, jobs: SqlJobStore) -> None:
    await keeping.keep(a_caller(BEN), "job-1", 4, "formal")
    await keeping.keep(a_caller(key="command/2"), "job-1", 4, "Formal")
    assert [(one.owner, one.name) for one in (await kept(jobs)).values()] == [(BEN.user, "Formal")]


@pytest.mark.parametrize("name", ["", "two words", "ft:m", "-x", "a" * 65, "a,b", "`a`"])
async def test_a_name_is_a_word_of_a_command(keeping: KeptCheckpoints, jobs: SqlJobStore, name: str) -> None:
    with pytest.raises(Invalid, match="checkpoint_name") as refused:
        await keeping.keep(a_caller(), "job-1", 4, name)
    assert refused.value.field == "name"
    assert await kept(jobs) == {}


@pytest.mark.parametrize("name", ["正式语气", "v2.1", "ÉTÉ_2"])
async def test_a_name_may_be_in_any_script(keeping: KeptCheckpoints, jobs: SqlJobStore, name: str) -> None:
    await keeping.keep(a_caller(), "job-1", 4, name)
    assert (await kept(jobs))[MIDDLE].name == name


async def test_a_name_that_another_model_has_is_refused_unless_that_one_is_private(
    keeping: KeptCheckpoints, jobs: SqlJobStore
) -> None:
    with pytest.raises(Invalid, match="checkpoint_name_taken"):
        await keeping.keep(a_caller(), "job-1", 4, "VOICE")
    with pytest.raises(Invalid, match="checkpoint_name_taken"):
        await keeping.keep(a_caller(), "job-1", 4, a_job().base_model.upper())
    secret = a_job(
        id="job-2",
        state="succeeded",
        fine_tuned_model="ft:m:acme:hush:2",
        suffix="hush",
        provider_job_id="ftjob-2",
        origin=Origin("T0ACME", "G0SECRET", True),
    )
    await jobs.insert(secret)
    await keeping.keep(a_caller(BEN), "job-1", 4, "hush")


async def test_only_who_keeps_it_who_made_it_and_administrators_release_or_rename_it(
    keeping: KeptCheckpoints, jobs: SqlJobStore
) -> None:
    await keeping.keep(a_caller(BEN), "job-1", 4)
    with pytest.raises(Denied, match="only_owner"):
        await keeping.release(a_caller(CAT, key="command/2"), "job-1", 4)
    with pytest.raises(Denied, match="only_owner"):
        await keeping.keep(a_caller(CAT, key="command/2"), "job-1", 4, "mine")
    for number, actor in enumerate((BEN, None, ADMIN)):
        caller = a_caller(actor, key=f"release/{number}") if actor else a_caller(key=f"release/{number}")
        await keeping.release(caller, "job-1", 4)
        assert await kept(jobs) == {}
        await keeping.keep(a_caller(BEN, key=f"keep/{number}"), "job-1", 4)


async def test_what_is_not_kept_is_not_released_except_by_the_request_that_did_it(keeping: KeptCheckpoints) -> None:
    with pytest.raises(Conflict, match="checkpoint_is_not_kept"):
        await keeping.release(a_caller(), "job-1", 4)
    await keeping.keep(a_caller(), "job-1", 4)
    await keeping.release(a_caller(key="command/2"), "job-1", 4)
    await keeping.release(a_caller(key="command/2", is_retry=True), "job-1", 4)


async def test_a_step_without_a_checkpoint_says_which_there_are(keeping: KeptCheckpoints) -> None:
    with pytest.raises(NotFound, match=r"no_checkpoint step=5 steps=\(4, 8\)"):
        await keeping.keep(a_caller(), "job-1", 5)


async def test_the_jobs_own_model_and_one_that_is_lost_are_not_kept(
    keeping: KeptCheckpoints, jobs: SqlJobStore
) -> None:
    with pytest.raises(Conflict, match="checkpoint_is_the_model"):
        await keeping.keep(a_caller(), "job-1", 8)
    await jobs.update("job-1", lambda job: JobUpdate(msgspec.structs.replace(job, lost_models={MIDDLE: Loss.MISSING})))
    with pytest.raises(Conflict, match="checkpoint_is_lost"):
        await keeping.keep(a_caller(), "job-1", 4)


async def test_of_a_private_channel_nobody_else_hears(keeping: KeptCheckpoints, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(id="job-2", provider_job_id="ftjob-2", origin=Origin("T0ACME", "G0SECRET", True)))
    for call in (keeping.keep, keeping.release):
        with pytest.raises(NotFound, match="unknown_job"):
            await call(a_caller(BEN, answers_in=Place("C0TRAINING", alone=True)), "job-2", 4)

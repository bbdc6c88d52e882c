"""No money is spent twice, whatever happens between us and the provider: real client, real socket, real store."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.backoff import Backoff
from bot.errors import Conflict, NotFound
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Accepted, Ended, Notice, ProviderBusy, Uncertain
from bot.jobs.submit import Submitter
from bot.providers.interface import ProviderError
from bot.providers.objects import SUBMISSION_KEY
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Hyperparameters
from bot.providers.registry import Providers
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.trouble import StoreTrouble
from tests.parts import a_job, impatient, provider_over, until
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices

CREATE = "POST /fine_tuning/jobs"
UPLOAD = "POST /files"
LIST_JOBS = "GET /fine_tuning/jobs"

Make = Callable[..., Submitter]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return {"ds-1": b'{"messages": []}\n', "ds-2": b'{"messages": [1]}\n', "ds-same": b'{"messages": []}\n'}


@pytest.fixture
def make(jobs: SqlJobStore, provider: OpenAIProtocol, files: dict[str, bytes], tmp_path: Path) -> Make:
    async def locate(dataset_id: str) -> tuple[Path, str]:
        if dataset_id not in files:
            raise NotFound("unknown_file")
        path = tmp_path / f"{dataset_id}.jsonl"
        path.write_bytes(files[dataset_id])
        return path, hashlib.sha256(files[dataset_id]).hexdigest()

    def make(**options: Any) -> Submitter:
        return Submitter(
            jobs,
            **{
                "providers": Providers(provider),
                "locate": locate,
                "look_up": Backoff(0, tries=2),
                "retry": Backoff(0),
                "give_up_after": 30,
                **options,
            },
        )

    return make


@pytest.fixture
def submitter(make: Make) -> Submitter:
    return make()


async def submitted(submitter: Submitter, jobs: SqlJobStore, job: Job | None = None) -> Job:
    """The job as it is once the submission has come to its end."""
    asked = await submitter.submit(job or a_job())
    await submitter.settled()
    return await stored(jobs, asked.id)


async def stored(jobs: SqlJobStore, job_id: str = "job-1") -> Job:
    found = await jobs.get(job_id)
    assert found is not None
    return found


async def told(database: Database, *kinds: type) -> list[Notice]:
    return [notice for notice in await all_notices(database) if not kinds or isinstance(notice.body, kinds)]


def count(stand_in: StandInProvider, route: str) -> int:
    return stand_in.requests.count(route)


async def test_a_job_is_created_as_the_person_asked(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    asked = a_job(hyperparameters=Hyperparameters(n_epochs=3), suffix="support", validation_dataset_id="ds-2")
    job = await submitted(submitter, jobs, asked)
    (created,) = stand_in.jobs.values()
    assert job.state == "validating_files"
    assert job.provider_job_id == created["id"]
    assert created["metadata"] == {SUBMISSION_KEY: "job-1"}
    assert created["seed"] == job.seed
    assert created["user_provided_suffix"] == "support"
    assert created["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3}
    assert stand_in.files[created["training_file"]][1] == b'{"messages": []}\n'
    assert stand_in.files[created["validation_file"]][1] == b'{"messages": [1]}\n'
    assert [type(n.body) for n in await told(database)] == [Accepted]


async def test_the_intent_is_stored_before_the_provider_hears_of_it(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await submitter.submit(a_job())
    assert stand_in.requests == []
    assert (await stored(jobs)).state == states.SUBMITTING
    await submitter.settled()


async def test_what_is_submitted_elsewhere_is_carried_out_where_that_is_done(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await submitted(make(leads=lambda: False), jobs)
    assert stand_in.requests == []
    leading = asyncio.create_task(make(look_every=0.01).run())
    await until(lambda: len(stand_in.jobs) == 1)
    leading.cancel()


async def test_whoever_may_lead_no_more_creates_nothing_and_leaves_no_doubt(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    """It notices between the note of its attempt and the attempt, and later that it leads after all."""
    asked: list[int] = []

    def require() -> None:
        asked.append(count(stand_in, CREATE))
        if len(asked) == 3:  # the first is before the upload, the second before the note
            raise StoreTrouble("store_trouble", trouble="taken_over")

    job = await submitted(make(require=require), jobs)
    assert (job.state, asked[:3], len(stand_in.jobs)) == ("validating_files", [0, 0, 0], 1)
    assert count(stand_in, LIST_JOBS) == 0, "there was nothing to look up"


async def test_pressing_start_twice_makes_one_job(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    first, second = await asyncio.gather(submitter.submit(a_job()), submitter.submit(a_job()))
    await submitter.settled()
    assert first.id == second.id
    assert len(stand_in.jobs) == 1


async def test_the_same_work_is_not_done_twice_at_a_time(submitter: Submitter, stand_in: StandInProvider) -> None:
    outcomes = await asyncio.gather(
        submitter.submit(a_job(id="job-1")), submitter.submit(a_job(id="job-2")), return_exceptions=True
    )
    await submitter.settled()
    assert [type(outcome) for outcome in outcomes] == [Job, Conflict]
    assert "job-1" in str(outcomes[1])
    assert len(stand_in.jobs) == 1


@pytest.mark.parametrize(
    "difference",
    [
        {"base_model": "gpt-4.1-nano"},
        {"requested_hyperparameters": Hyperparameters(n_epochs=2)},
        {"suffix": "other"},
        {"dataset_id": "ds-2"},
        {"validation_dataset_id": "ds-2"},
        {"seed": 12},
    ],
)
async def test_other_settings_are_other_work(make: Make, stand_in: StandInProvider, difference: dict[str, Any]) -> None:
    stand_in.base_models.append("gpt-4.1-nano")
    submitter = make()
    await submitter.submit(a_job(id="job-1"))
    await submitter.submit(a_job(id="job-2", **difference))
    await submitter.settled()
    assert len(stand_in.jobs) == 2


async def test_the_same_work_may_be_done_again_after_it_ended(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.fault(CREATE, status=400, code="invalid_training_file")
    assert (await submitted(submitter, jobs, a_job(id="job-1"))).state == "failed"
    assert (await submitted(submitter, jobs, a_job(id="job-2"))).state == "validating_files"


# The answer to the creation is lost


@pytest.mark.parametrize("keeps_metadata", [True, False], ids=["with metadata", "without metadata"])
@pytest.mark.parametrize(
    "fault", [{"lost": True}, {"status": 500, "late": True}, {"status": 409, "late": True}], ids=str
)
async def test_a_job_whose_creation_was_not_confirmed_is_found_again(
    submitter: Submitter,
    jobs: SqlJobStore,
    stand_in: StandInProvider,
    database: Database,
    keeps_metadata: bool,
    fault: dict[str, Any],
) -> None:
    stand_in.keeps_metadata = keeps_metadata
    stand_in.add_job(training_file="file-00000001", seed=1)  # somebody else's, on the same file
    stand_in.fault(CREATE, **fault)
    job = await submitted(submitter, jobs)
    assert job.provider_job_id == list(stand_in.jobs)[-1]
    assert len(stand_in.jobs) == 2
    assert count(stand_in, CREATE) == 1
    assert [type(n.body) for n in await told(database)] == [Accepted]


@pytest.mark.parametrize("keeps_metadata", [True, False], ids=["with metadata", "without metadata"])
async def test_a_creation_that_takes_too_long_is_looked_up(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, keeps_metadata: bool
) -> None:
    stand_in.keeps_metadata = keeps_metadata
    never = asyncio.Event()
    stand_in.fault(CREATE, hold_answer=never)
    async with provider_over(stand_in, timeout=impatient()) as provider:
        job = await submitted(make(providers=Providers(provider)), jobs)
    never.set()
    assert job.provider_job_id in stand_in.jobs
    assert count(stand_in, CREATE) == 1


async def test_without_metadata_and_seeds_a_job_is_found_by_its_name(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.keeps_metadata = False
    hold = asyncio.Event()
    stand_in.fault(CREATE, hold_answer=hold, status=500, late=True)
    await submitter.submit(a_job(suffix="support"))
    await until(lambda: stand_in.jobs)
    for job in stand_in.jobs.values():
        job["seed"] = None
    hold.set()
    await submitter.settled()
    assert (await stored(jobs)).provider_job_id in stand_in.jobs


async def test_a_job_of_ours_is_never_taken_for_another_one(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.keeps_metadata = False
    await submitted(submitter, jobs, a_job(id="job-1", seed=42, requested_hyperparameters=Hyperparameters(n_epochs=1)))
    stand_in.fault(CREATE, status=500)
    job = await submitted(
        submitter, jobs, a_job(id="job-2", seed=42, requested_hyperparameters=Hyperparameters(n_epochs=2))
    )
    assert job.state == states.UNCERTAIN


async def test_what_nobody_knows_is_left_to_a_person(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    stand_in.fault(CREATE, status=500)
    job = await submitted(submitter, jobs)
    assert job.state == states.UNCERTAIN
    assert count(stand_in, CREATE) == 1
    assert count(stand_in, LIST_JOBS) == 3
    assert [type(n.body) for n in await told(database)] == [Uncertain]


async def test_a_lookup_that_fails_counts_as_one_that_found_nothing_yet(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.fault(CREATE, lost=True)
    stand_in.fault(LIST_JOBS, status=503)
    job = await submitted(submitter, jobs)
    assert job.provider_job_id in stand_in.jobs


async def test_an_answer_that_makes_no_sense_is_a_doubt(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.fault(CREATE, status=200, late=True, body="<html>All is well</html>", content_type="text/html")
    job = await submitted(submitter, jobs)
    assert job.provider_job_id in stand_in.jobs
    assert count(stand_in, CREATE) == 1


# Trouble after which nothing was created for certain


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "code": "rate_limit_exceeded", "headers": {"Retry-After": "0"}},
        {"status": 429, "code": "slow_down", "headers": {"Retry-After": "0"}},
    ],
    ids=str,
)
async def test_a_provider_that_asks_to_wait_gets_the_job_later(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, fault: dict[str, Any], database: Database
) -> None:
    stand_in.fault(CREATE, times=3, **fault)
    job = await submitted(submitter, jobs)
    assert job.state == "validating_files"
    assert count(stand_in, CREATE) == 4
    assert count(stand_in, LIST_JOBS) == 0
    assert [type(n.body) for n in await told(database)] == [ProviderBusy, Accepted]


async def test_one_short_refusal_is_nothing_to_tell_people(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    stand_in.fault(CREATE, status=429, headers={"Retry-After": "0"})
    await submitted(submitter, jobs)
    assert await told(database, ProviderBusy) == []


async def test_of_a_job_that_was_cancelled_meanwhile_nobody_hears_that_we_wait(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    """Found by kill -9 with real processes: the word about it also had the cancelled job followed for ever."""
    again = asyncio.Event()
    stand_in.fault(UPLOAD, status=503)
    stand_in.fault(UPLOAD, status=503, hold=again)
    job = await submitter.submit(a_job())
    await until(lambda: stand_in.requests.count(UPLOAD) == 2)
    cancelled = await jobs.update(
        job.id, lambda stored: JobUpdate(msgspec.structs.replace(stored, state=states.CANCELLED), followed=False)
    )
    assert cancelled is not None
    again.set()
    await submitter.settled()
    assert await all_notices(database) == []
    assert await jobs.followed(job.provider) == []
    assert await database.read(lambda db: db.execute("SELECT followed FROM jobs").fetchall()) == [(0,)]


async def test_a_provider_that_is_down_gets_the_job_when_it_is_back(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    await stand_in.down()
    await submitter.submit(a_job())
    while not await told(database, ProviderBusy):
        await asyncio.sleep(0)
    await stand_in.up()
    await submitter.settled()
    assert (await stored(jobs)).state == "validating_files"
    assert len(stand_in.jobs) == 1


async def test_a_provider_that_stays_away_is_given_up(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, database: Database
) -> None:
    await stand_in.down()
    job = await submitted(make(give_up_after=0), jobs)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "connection_error"
    assert [type(n.body) for n in await told(database)] == [Ended]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "insufficient_quota"),
        (401, "invalid_api_key"),
        (403, "training_not_available"),
        (400, "invalid_training_file"),
    ],
)
async def test_a_refusal_ends_the_job_at_once_with_its_reason(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, database: Database, status: int, code: str
) -> None:
    stand_in.fault(CREATE, status=status, code=code, message="Certainly not.")
    job = await submitted(submitter, jobs)
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error.code, job.error.message) == (code, "Certainly not.")
    assert job.finished_at is not None
    assert count(stand_in, CREATE) == 1
    assert [n.id for n in await told(database)] == ["job-1/failed"]
    assert await jobs.followed("acme") == []


async def test_a_model_that_the_provider_does_not_know_ends_the_job(submitter: Submitter, jobs: SqlJobStore) -> None:
    job = await submitted(submitter, jobs, a_job(base_model="gpt-17"))
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.code == "model_not_available"


async def test_a_key_in_a_refusal_is_not_kept(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.fault(UPLOAD, status=401, message="Incorrect API key provided: sk-abcdef0123456789abcdef.")
    job = await submitted(submitter, jobs)
    assert job.error is not None
    assert "sk-abc" not in job.error.message


# Uploads


async def test_a_content_is_uploaded_once(submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider) -> None:
    await submitter.submit(a_job(id="job-1"))
    await submitter.submit(a_job(id="job-2", dataset_id="ds-same"))
    await submitter.settled()
    await submitted(submitter, jobs, a_job(id="job-3", suffix="again"))
    assert len(stand_in.jobs) == 3
    assert count(stand_in, UPLOAD) == 1


async def test_an_upload_whose_answer_was_lost_is_found_again(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    stand_in.fault(UPLOAD, lost=True)
    assert (await submitted(submitter, jobs)).state == "validating_files"
    assert len(stand_in.files) == 1


async def test_of_an_upload_whose_answer_was_lost_it_is_known_that_there_may_be_a_copy(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, files: dict[str, bytes]
) -> None:
    sha256 = hashlib.sha256(files["ds-1"]).hexdigest()
    assert await jobs.provider_file("acme", sha256) is None
    stand_in.fault(UPLOAD, status=400, late=True)
    assert (await submitted(submitter, jobs)).state == "failed"
    assert await jobs.provider_file("acme", sha256) == ""


async def test_after_an_upload_in_doubt_nobody_uploads_the_same_before_it_can_have_arrived(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, files: dict[str, bytes]
) -> None:
    submitter = make(retry=Backoff(0.3, factor=1))
    stand_in.fault(UPLOAD, status=503)
    await submitter.submit(a_job(id="job-1"))
    await submitter.submit(a_job(id="job-2", dataset_id="ds-same"))
    await until(lambda: count(stand_in, UPLOAD))
    # It is carried out all the same, a moment after it was answered.
    stand_in.files["file-late"] = (f"{hashlib.sha256(files['ds-1']).hexdigest()}.jsonl", files["ds-1"])
    await submitter.settled()
    assert count(stand_in, UPLOAD) == 1
    assert [job["training_file"] for job in stand_in.jobs.values()] == ["file-late"] * 2


async def test_a_file_that_the_provider_lost_is_uploaded_again(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await submitted(submitter, jobs, a_job(id="job-1"))
    stand_in.files.clear()
    job = await submitted(submitter, jobs, a_job(id="job-2", suffix="again"))
    assert job.training_file in stand_in.files


async def test_a_file_that_the_provider_has_needs_no_copy_of_ours(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    job = await submitted(submitter, jobs, a_job(dataset_id=None, training_file="file-theirs"))
    assert stand_in.jobs[str(job.provider_job_id)]["training_file"] == "file-theirs"
    assert count(stand_in, UPLOAD) == 0


async def test_a_training_file_that_was_deleted_ends_the_job(
    submitter: Submitter, jobs: SqlJobStore, files: dict[str, bytes], stand_in: StandInProvider
) -> None:
    del files["ds-1"]
    job = await submitted(submitter, jobs)
    assert job.error is not None
    assert job.error.code == "file_deleted"
    assert count(stand_in, CREATE) == 0


# Crashes


async def test_after_a_crash_before_the_creation_it_is_made_up_for(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    first = make()
    stand_in.fault(UPLOAD, hold_answer=asyncio.Event())
    await first.submit(a_job())
    await until(lambda: stand_in.files)
    await first.close()
    second = make()
    await second.recover()
    await second.settled()
    assert (await stored(jobs)).state == "validating_files"
    assert len(stand_in.jobs) == 1
    assert len(stand_in.files) == 1


async def test_after_a_crash_during_the_creation_the_job_is_found(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    first = make()
    stand_in.fault(CREATE, hold_answer=asyncio.Event())
    await first.submit(a_job())
    await until(lambda: stand_in.jobs)
    await first.close()
    second = make()
    await second.recover()
    await second.settled()
    assert (await stored(jobs)).provider_job_id in stand_in.jobs
    assert count(stand_in, CREATE) == 1


async def test_after_a_crash_during_a_creation_that_never_was_a_person_decides(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    first = make()
    stand_in.fault(CREATE, hold=asyncio.Event(), status=500)
    await first.submit(a_job())
    await until(lambda: CREATE in stand_in.requests)
    await first.close()
    second = make()
    await second.recover()
    await second.settled()
    assert (await stored(jobs)).state == states.UNCERTAIN
    assert count(stand_in, CREATE) == 1


async def test_after_a_crash_while_waiting_for_a_refusing_provider_the_job_is_created(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    first = make(retry=Backoff(3600))
    stand_in.fault(CREATE, status=429)
    await first.submit(a_job())
    while CREATE not in stand_in.requests or (await stored(jobs)).create_attempted_at is not None:
        await asyncio.sleep(0.005)
    await first.close()
    second = make()
    await second.recover()
    await second.settled()
    assert (await stored(jobs)).state == "validating_files"
    assert LIST_JOBS not in stand_in.requests


async def test_after_a_crash_while_looking_the_looking_goes_on(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    first = make()
    stand_in.fault(CREATE, lost=True)
    stand_in.fault(LIST_JOBS, hold=asyncio.Event())
    await first.submit(a_job())
    await until(lambda: LIST_JOBS in stand_in.requests)
    await first.close()
    second = make()
    await second.recover()
    await second.settled()
    assert (await stored(jobs)).provider_job_id in stand_in.jobs
    assert count(stand_in, CREATE) == 1


async def test_after_the_creation_there_is_nothing_to_recover(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider
) -> None:
    await submitted(make(), jobs)
    before = list(stand_in.requests)
    second = make()
    await second.recover()
    await second.settled()
    assert stand_in.requests == before


async def test_a_fault_of_ours_is_got_over_like_a_crash(
    make: Make, jobs: SqlJobStore, stand_in: StandInProvider, tmp_path: Path
) -> None:
    troubles = [OSError("disk full"), RuntimeError("a bug")]
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"{}\n")

    async def locate(dataset_id: str) -> tuple[Path, str]:
        if troubles:
            raise troubles.pop()
        return path, "0" * 64

    assert (await submitted(make(locate=locate), jobs)).state == "validating_files"


# A person decides


@pytest.fixture
async def uncertain(submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider) -> Job:
    stand_in.fault(CREATE, status=500)
    job = await submitted(submitter, jobs)
    assert job.state == states.UNCERTAIN
    return job


def turned_up(stand_in: StandInProvider, job: Job) -> str:
    """The provider had created the job after all, and lists it now."""
    return stand_in.add_job(metadata={SUBMISSION_KEY: job.id}, seed=job.seed, training_file=job.training_file)


async def test_an_uncertain_job_that_turned_up_is_adopted(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, uncertain: Job, database: Database
) -> None:
    found = turned_up(stand_in, uncertain)
    await submitter.adopt(uncertain.id)
    assert (await stored(jobs)).provider_job_id == found
    assert [job.id for job in await jobs.followed("acme")] == [uncertain.id]
    assert [type(n.body) for n in await told(database)] == [Uncertain, Accepted]


async def test_what_did_not_turn_up_is_not_adopted(submitter: Submitter, jobs: SqlJobStore, uncertain: Job) -> None:
    with pytest.raises(NotFound, match="nothing_to_adopt"):
        await submitter.adopt(uncertain.id)
    assert (await stored(jobs)).state == states.UNCERTAIN


async def test_an_uncertain_job_is_submitted_again_when_a_person_says_so(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, uncertain: Job
) -> None:
    await submitter.submit_again(uncertain.id)
    await submitter.settled()
    assert (await stored(jobs)).state == "validating_files"
    assert len(stand_in.jobs) == 1
    assert count(stand_in, UPLOAD) == 1


async def test_submit_again_takes_over_what_turned_up_instead_of_paying_twice(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, uncertain: Job
) -> None:
    found = turned_up(stand_in, uncertain)
    await submitter.submit_again(uncertain.id)
    await submitter.settled()
    assert (await stored(jobs)).provider_job_id == found
    assert count(stand_in, CREATE) == 1


async def test_submit_again_creates_nothing_while_the_provider_cannot_be_asked(
    submitter: Submitter, jobs: SqlJobStore, stand_in: StandInProvider, uncertain: Job
) -> None:
    stand_in.fault(LIST_JOBS, status=503)
    with pytest.raises(ProviderError):
        await submitter.submit_again(uncertain.id)
    await submitter.settled()
    assert (await stored(jobs)).state == states.UNCERTAIN
    assert count(stand_in, CREATE) == 1


async def test_a_job_may_become_uncertain_more_than_once(
    submitter: Submitter, stand_in: StandInProvider, jobs: SqlJobStore, uncertain: Job
) -> None:
    stand_in.fault(CREATE, status=500)
    await submitter.submit_again(uncertain.id)
    await submitter.settled()
    assert (await stored(jobs)).state == states.UNCERTAIN
    assert count(stand_in, CREATE) == 2


@pytest.mark.parametrize("decide", ["adopt", "submit_again"])
async def test_what_is_not_uncertain_needs_no_decision(submitter: Submitter, jobs: SqlJobStore, decide: str) -> None:
    job = await submitted(submitter, jobs)
    with pytest.raises(Conflict):
        await getattr(submitter, decide)(job.id)
    with pytest.raises(NotFound):
        await getattr(submitter, decide)("job-nobody-knows")

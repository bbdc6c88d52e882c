"""The line: who waits goes on in order, when there is room, and after a restart as before it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.admission import Rules
from bot.jobs.apply_update import apply_update
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.queue import JobQueue, queued_up
from bot.jobs.submit import Submitter
from bot.providers.interface import RateLimited, TooManyJobs
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlOutbox
from tests.parts import a_job, until
from tests.stand_in_provider import StandInProvider


class Clock:
    """Of the wall, which somebody may set; `steady` is another."""

    now = 1_000_000.0
    steady = 0.0

    def __call__(self) -> float:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += seconds
        self.steady += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("bot.jobs.submit.time.time", clock)
    return clock


class Bot:
    """One process's submitter and line."""

    def __init__(self, jobs: SqlJobStore, provider: OpenAIProtocol, clock: Clock, most: int | None = None) -> None:
        self.jobs = jobs
        self.provider = provider

        async def locate(dataset_id: str) -> tuple[Path, str]:
            return Path(__file__), f"sha-of-{dataset_id}"

        self.submitter = Submitter(jobs, Providers(provider), locate, rules=Rules(most_running=most))
        self.line = JobQueue(
            jobs,
            [provider.name],
            self.submitter.release,
            most_running=lambda _: most,
            clock=clock,
            steady=lambda: clock.steady,
        )

    async def submit(self, number: int) -> Job:
        job = a_job(id=f"job-{number}", suffix=f"s{number}", created_at=1_000_000.0 + number)
        return await self.submitter.submit(job)

    async def tick(self) -> None:
        """One look, and whoever was let through has arrived, or is back."""
        await self.line.tick()
        await self.quiet()

    async def quiet(self) -> None:
        await until(lambda: not self.submitter._tasks, 30)

    async def states(self) -> dict[str, Any]:
        """By job: its place while it waits, else its state."""
        found = sorted(await self.jobs.latest(10), key=lambda job: job.id)
        return {
            job.id: (job.queue_place.place, job.queue_place.length)
            if job.queue_place and job.state == "in_line"
            else job.state
            for job in found
        }


async def _end(bot: Bot, stand_in: StandInProvider, job_id: str) -> None:
    """A job ends at the provider, and the follower has seen it."""
    job = await bot.jobs.get(job_id)
    assert job
    assert job.provider_job_id
    stand_in.jobs[job.provider_job_id]["status"] = "succeeded"
    remote = await bot.provider.job(job.provider_job_id)
    await bot.jobs.update(job_id, lambda stored: apply_update(stored, remote, now=1.0))


@pytest.fixture
async def requeued(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> tuple[Bot, str]:
    """A bot whose only job waits, because the provider runs one at a time, and that one is somebody else's: its id."""
    elsewhere = stand_in.add_job()
    stand_in.most_running = 1
    bot = Bot(jobs, provider, clock)
    await bot.submit(1)
    await bot.quiet()
    return bot, elsewhere


async def test_nobody_goes_on_while_one_who_came_earlier_is_still_asking_for_the_first_time(
    jobs: SqlJobStore, clock: Clock
) -> None:
    released: list[str] = []

    async def release(job_id: str) -> bool:
        released.append(job_id)
        return True

    line = JobQueue(jobs, ["acme"], release, clock=clock, steady=lambda: clock.steady)
    first = a_job(id="job-1", suffix="a", state="submitting")
    await jobs.insert(first)
    await jobs.insert(queued_up(a_job(id="job-2", suffix="b")))
    await line.tick()
    assert released == []
    await jobs.update("job-1", lambda stored: JobUpdate(queued_up(stored)))
    await line.tick()
    assert released == ["job-1"]


async def test_beyond_the_providers_limit_jobs_wait_and_go_on_in_order(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    stand_in.most_running = 1
    bot = Bot(jobs, provider, clock)
    for number in (1, 2, 3):
        await bot.submit(number)
        await bot.quiet()
    await bot.tick()
    assert await bot.states() == {"job-1": "validating_files", "job-2": (1, 2), "job-3": (2, 2)}
    asked = stand_in.requests.count("POST /fine_tuning/jobs")
    await bot.tick()
    assert stand_in.requests.count("POST /fine_tuning/jobs") == asked
    await _end(bot, stand_in, "job-1")
    await bot.tick()
    await bot.tick()
    assert await bot.states() == {"job-1": "succeeded", "job-2": "validating_files", "job-3": (1, 1)}
    assert len(stand_in.jobs) == 2


async def test_room_that_others_made_is_found_after_a_while(
    requeued: tuple[Bot, str], stand_in: StandInProvider, clock: Clock
) -> None:
    bot, elsewhere = requeued
    stand_in.jobs[elsewhere]["status"] = "succeeded"
    await bot.tick()
    assert await bot.states() == {"job-1": (1, 1)}
    clock.go(59)
    await bot.tick()
    assert await bot.states() == {"job-1": (1, 1)}
    clock.go(2)
    await bot.tick()
    assert await bot.states() == {"job-1": "validating_files"}


async def test_the_longer_the_provider_is_full_the_more_seldom_it_is_asked(
    requeued: tuple[Bot, str], stand_in: StandInProvider, clock: Clock
) -> None:
    bot, _ = requeued
    for _ in range(120):
        clock.go(60)
        await bot.tick()
    # Two hours: after 1, 2, 4 and 8 minutes, then every quarter of an hour.
    assert 8 <= stand_in.requests.count("POST /fine_tuning/jobs") <= 14


async def test_a_clock_that_was_set_back_holds_nobody_up(
    requeued: tuple[Bot, str], stand_in: StandInProvider, clock: Clock
) -> None:
    bot, elsewhere = requeued
    stand_in.jobs[elsewhere]["status"] = "succeeded"
    await bot.tick()
    clock.now -= 7200
    clock.go(61)
    await bot.tick()
    assert await bot.states() == {"job-1": "validating_files"}


async def test_after_the_clock_was_set_back_the_provider_is_not_asked_more_often(
    requeued: tuple[Bot, str], stand_in: StandInProvider, clock: Clock
) -> None:
    bot, _ = requeued
    clock.now -= 7200
    for _ in range(30):
        clock.go(1)
        await bot.tick()
    assert stand_in.requests.count("POST /fine_tuning/jobs") <= 2


async def test_a_limit_of_our_own_needs_no_refusal(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    bot = Bot(jobs, provider, clock, most=2)
    for number in (1, 2, 3, 4):
        await bot.submit(number)
    await bot.quiet()
    assert await bot.states() == {
        "job-1": "validating_files",
        "job-2": "validating_files",
        "job-3": (1, 1),
        "job-4": (2, 2),
    }
    await bot.tick()
    assert (await bot.states())["job-3"] == (1, 2)
    assert stand_in.requests.count("POST /fine_tuning/jobs") == 2
    await _end(bot, stand_in, "job-2")
    await bot.tick()
    assert await bot.states() == {
        "job-1": "validating_files",
        "job-2": "succeeded",
        "job-3": "validating_files",
        "job-4": (1, 1),
    }


async def test_after_a_restart_the_line_is_as_it_was(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    first = Bot(jobs, provider, clock, most=1)
    for number in (1, 2, 3):
        await first.submit(number)
    await first.quiet()
    await first.tick()
    await first.submitter.close()
    second = Bot(jobs, provider, clock, most=1)
    await second.submitter.recover()
    await second.tick()
    assert await second.states() == {"job-1": "validating_files", "job-2": (1, 2), "job-3": (2, 2)}
    await _end(second, stand_in, "job-1")
    await second.tick()
    assert await second.states() == {"job-1": "succeeded", "job-2": "validating_files", "job-3": (1, 1)}


async def test_a_clock_that_was_set_back_changes_no_order(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    for number, created_at in ((1, 7200.0), (2, 100.0)):
        await jobs.insert(queued_up(a_job(id=f"job-{number}", seed=7, suffix=f"s{number}", created_at=created_at)))
    bot = Bot(jobs, provider, clock, most=1)
    await bot.tick()
    assert await bot.states() == {"job-1": "validating_files", "job-2": (1, 1)}


async def test_who_went_on_before_a_restart_is_in_before_the_next_one(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    """The simulation found it: the next one overtook a job whose upload took a while."""
    for number in (1, 2):
        await jobs.insert(queued_up(a_job(id=f"job-{number}", seed=7, suffix=f"s{number}")))
    upload = asyncio.Event()
    stand_in.fault("POST /files", hold=upload)
    first = Bot(jobs, provider, clock)
    await first.line.tick()
    await first.submitter.close()
    second = Bot(jobs, provider, clock)
    await second.submitter.recover()
    await second.line.tick()
    assert await second.states() == {"job-1": "submitting", "job-2": (1, 1)}
    upload.set()
    await second.quiet()
    await second.tick()
    assert await second.states() == {"job-1": "validating_files", "job-2": "validating_files"}


async def test_who_came_last_does_not_go_past_those_who_wait(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    bot = Bot(jobs, provider, clock, most=1)
    await bot.submit(1)
    await bot.submit(2)
    await bot.quiet()
    await _end(bot, stand_in, "job-1")
    await bot.submit(3)
    await bot.quiet()
    assert (await bot.states())["job-3"] == (2, 2)
    await bot.tick()
    assert (await bot.states())["job-2"] == "validating_files"


async def test_waiting_in_line_is_said_once(requeued: tuple[Bot, str], outbox: SqlOutbox, clock: Clock) -> None:
    bot, _ = requeued
    for _ in range(3):
        clock.go(1000)
        await bot.tick()
    assert await outbox.open() == 1


async def test_two_looks_at_once_let_one_job_through(
    jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider, clock: Clock
) -> None:
    for number in (1, 2):
        await jobs.insert(queued_up(a_job(id=f"job-{number}", seed=7, suffix=f"s{number}")))
    bot = Bot(jobs, provider, clock, most=1)
    await asyncio.gather(*(bot.line.tick() for _ in range(5)))
    await bot.quiet()
    assert await bot.states() == {"job-1": "validating_files", "job-2": (1, 1)}


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (429, "max_active_jobs", "…"),
        (
            429,
            "daily_rate_limit_exceeded",
            "Your organization has reached the maximum of 8 fine-tuning requests per day",
        ),
        (400, None, "Too many running fine-tuning jobs for this account."),
        (429, None, "You have reached the maximum number of active jobs."),
        (429, "rate_limit_exceeded", "This fine-tune request has been rate-limited. Your organization has …"),
    ],
)
async def test_a_provider_that_is_full_is_told_from_one_that_is_asked_too_often(
    provider: OpenAIProtocol, stand_in: StandInProvider, status: int, code: str | None, message: str
) -> None:
    stand_in.fault("GET /models", status=status, code=code, message=message)
    with pytest.raises(TooManyJobs):
        await provider.models()
    stand_in.fault("GET /models", status=429, code="rate_limit_exceeded", message="Too many requests, slow down.")
    with pytest.raises(RateLimited) as limited:
        await provider.models()
    assert not isinstance(limited.value, TooManyJobs)

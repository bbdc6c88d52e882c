"""Jobs that a follower looks at when the test's clock says so."""

import time
from collections.abc import Callable
from typing import Any

from bot.jobs.follow import Follower
from bot.jobs.job import Job
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.parts import followed_job
from tests.stand_in_provider import StandInProvider
from tests.store_reading import all_notices

JOBS = "GET /fine_tuning/jobs"
POLL = 5.0
Make = Callable[[], Follower]


class Clock:
    def __init__(self) -> None:
        self.now = time.time() + 1

    def __call__(self) -> float:
        return self.now


async def follow(stand_in: StandInProvider, jobs: SqlJobStore, our_id: str = "job-1", **fields: Any) -> str:
    provider_job_id = stand_in.add_job(status="queued")
    assert await jobs.insert(followed_job(provider_job_id, id=our_id, **fields))
    return provider_job_id


async def look(follower: Follower, clock: Clock, after: float = POLL) -> None:
    clock.now += after
    await follower.tick()


async def stored(jobs: SqlJobStore, job_id: str = "job-1") -> Job:
    found = await jobs.get(job_id)
    assert found is not None
    return found


async def told(database: Database) -> list[type]:
    return [type(notice.body) for notice in await all_notices(database)]


def route(provider_job_id: str, what: str = "") -> str:
    return f"GET /fine_tuning/jobs/{provider_job_id}{what}"

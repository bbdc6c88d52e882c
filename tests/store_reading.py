"""What tests read out of a store that the bot itself has no need to."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bot.jobs.assessment import Assessment, assess
from bot.jobs.job import Job
from bot.jobs.notice import Notice
from bot.providers.protocol import Checkpoint, Metrics
from bot.store.database import Database


async def all_notices(database: Database) -> list[Notice]:
    """Every notice that was ever put into the outbox, in its order."""
    rows = await database.read(lambda db: db.execute("SELECT value FROM notices ORDER BY seq").fetchall())
    return [msgspec.json.decode(row[0], type=Notice) for row in rows]


def assessment_in(rows: Callable[..., Iterable[Any]], job: Job) -> Assessment:
    """How the training of `job` went, by what is stored; `rows` carries out SQL with its arguments."""
    metrics = [msgspec.json.decode(value, type=Metrics) for (value,) in rows(_OF_JOB.format("metrics"), job.id)]
    made = [msgspec.json.decode(value, type=Checkpoint) for (value,) in rows(_OF_JOB.format("checkpoints"), job.id)]
    return assess(job, metrics, made)


_OF_JOB = "SELECT value FROM {} WHERE job_id = ? ORDER BY step"

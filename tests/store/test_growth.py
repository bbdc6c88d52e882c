"""What is done again and again costs as much as goes on, however much there was before."""

import random
import sqlite3
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bot.jobs import states
from bot.jobs.admission import Rules, decide_admission
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Ended, Notice, Started
from bot.jobs.queue import JobQueue
from bot.store.connection import Connection
from bot.store.jobs import SqlJobStore, write_change
from bot.store.model_uses import SqlModelUses
from bot.store.outbox import SqlCardStore, SqlOutbox
from tests.parts import a_job
from tests.simulation.store import MemoryDatabase, new_store

PROVIDER = "acme"
FEW, MANY = 100, 2000
_EVERY = 10  # of SQLite's own steps, those of its virtual machine

ACTS = {
    "what is followed": lambda store: store.jobs.followed(PROVIDER),
    "a look at the outbox": lambda store: store.outbox.next(time.time()),
    "a look at the cards": lambda store: store.cards.dirty(50),
    "a tick of the queue": lambda store: store.queue.tick(),
    "what goes on": lambda store: store.jobs.not_ended(),
    "what goes on at a provider": lambda store: store.jobs.under_way(PROVIDER),
    "a job asked for": lambda store: store.admit(),
    "whether training is refused": lambda store: store.jobs.training_refused_since(PROVIDER),
    "the latest jobs": lambda store: store.jobs.latest(50),
    "a model named": lambda store: store.jobs.models(["ft:old:3"]),
    "where a model is used": lambda store: store.uses.of(["ft:old:3"]),
    "the models of a channel": lambda store: store.uses.models("C0OTHER"),
    "news of a job": lambda store: store.jobs.update("job-0", lambda job: JobUpdate(job, notices=[told(job)])),
}


class Store:
    """With `ended` jobs that are over, ten that train and one that waits."""

    def __init__(self, ended: int) -> None:
        self._connection: sqlite3.Connection = new_store()
        database = MemoryDatabase(self._connection, random.Random(1), lambda: 0.0)
        self.jobs, self.cards, self.outbox = SqlJobStore(database), SqlCardStore(database), SqlOutbox(database)
        self.uses = SqlModelUses(database)
        self.queue = JobQueue(self.jobs, [PROVIDER], self._release, most_running=lambda _: 1)
        with database._db.atomic():
            for number in range(ended):
                self._put(database._db, _ended(number))
            for number in range(10):
                self._put(database._db, a_job(id=f"job-{number}", provider_job_id=f"now-{number}", state="running"))
            self._put(database._db, a_job(id="waits", state=states.IN_LINE))
            database._db.execute("UPDATE notices SET state = 'posted' WHERE under_card LIKE 'old-%'")

    async def _release(self, _job: str) -> bool:
        return False

    def _put(self, db: Connection, job: Job) -> None:
        is_over = job.state in states.ENDED
        said = [notice(job, "started", Started()), *([notice(job, job.state, Ended())] if is_over else [])]
        write_change(db, JobUpdate(job, notices=said, followed=not is_over))
        db.execute(
            "INSERT INTO cards (job_id, channel, ts, dirty, changed_at) VALUES (?, ?, ?, ?, ?)",
            [job.id, job.origin.channel, "1.000001", int(not is_over), job.created_at],
        )

    async def admit(self) -> None:
        asked = f"asked-{time.monotonic_ns()}"
        job = a_job(id=asked, dataset_id=None, training_file=asked)
        await self.jobs.admit(job, lambda ledger: decide_admission(job, ledger, Rules()))

    async def steps(self, act: Callable[["Store"], Awaitable[object]]) -> int:
        await act(self)  # what is done the first time, such as preparing statements, is not asked for
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        self._connection.set_progress_handler(step, _EVERY)
        await act(self)
        self._connection.set_progress_handler(None, 0)
        return count * _EVERY


def _ended(number: int) -> Job:
    job = a_job(id=f"old-{number}", provider_job_id=f"was-{number}", created_at=1e9 + number, finished_at=1e9 + number)
    return msgspec.structs.replace(job, state=states.SUCCEEDED, fine_tuned_model=f"ft:old:{number}")


def told(job: Job) -> Notice:
    return notice(job, f"{time.monotonic_ns()}", Started())


@pytest.fixture(scope="module")
def few() -> Store:
    return Store(FEW)


@pytest.fixture(scope="module")
def many() -> Store:
    return Store(MANY)


@pytest.mark.parametrize("name", ACTS)
async def test_what_is_done_again_and_again_costs_no_more_after_twenty_times_as_many_jobs(
    few: Store, many: Store, name: str
) -> None:
    before, after = await few.steps(ACTS[name]), await many.steps(ACTS[name])
    assert after <= 1.2 * before + 100

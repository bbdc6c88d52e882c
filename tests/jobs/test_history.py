"""The history of a job, for those who may know of it."""

import pytest

from bot.access import Actor, Role
from bot.audit import Entry, Outcome
from bot.errors import NotFound
from bot.jobs.history import JobHistory
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Origin
from bot.jobs.lookup import JobLookup
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.timeline import SqlDeliveries
from tests.parts import a_job, event
from tests.slack_requests import a_caller

BEN = Actor("U0BEN", "T0ACME")
ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)


@pytest.fixture
def history(jobs: SqlJobStore, lookup: JobLookup, audit: SqlAuditLog, database: Database) -> JobHistory:
    return JobHistory(jobs, lookup, audit, SqlDeliveries(database))


async def test_events_come_in_pages_the_latest_first(history: JobHistory, jobs: SqlJobStore) -> None:
    job = a_job()
    await jobs.insert(job, JobUpdate(job, events=[event(number, f"event {number}") for number in range(5)]))
    pages = [await history.events(a_caller(BEN), "job-1", number, 2) for number in (0, 1, 3, 999)]
    assert [(page.number, [one.message for one in page.events]) for page in pages] == [
        (1, ["event 4", "event 3"]),
        (1, ["event 4", "event 3"]),
        (3, ["event 0"]),
        (3, ["event 0"]),
    ]
    assert {page.count for page in pages} == {5}


async def test_a_job_of_which_nothing_is_known_yet_has_one_empty_page(history: JobHistory, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job())
    page = await history.events(a_caller(BEN), "job-1", 7, 20)
    assert (page.number, page.count, list(page.events)) == (1, 0, [])


async def test_whom_the_bot_refused_is_for_administrators(
    history: JobHistory, jobs: SqlJobStore, audit: SqlAuditLog
) -> None:
    await jobs.insert(a_job())
    await audit.add(Entry("1", 1.0, "U0CLEO", "cancel", "job-1", outcome=Outcome.REFUSED, details="guest"))
    _, seen = await history.timeline(a_caller(BEN), "job-1")
    _, all_of_it = await history.timeline(a_caller(ADMIN), "job-1")
    assert "U0CLEO" not in [moment.actor for moment in seen]
    assert "U0CLEO" in [moment.actor for moment in all_of_it]


async def test_the_history_of_what_is_private_is_told_nowhere_else(history: JobHistory, jobs: SqlJobStore) -> None:
    await jobs.insert(a_job(origin=Origin("T0ACME", "G0SECRET", True)))
    with pytest.raises(NotFound, match="unknown_job"):
        await history.events(a_caller(BEN), "job-1", 1, 20)
    with pytest.raises(NotFound, match="unknown_job"):
        await history.timeline(a_caller(BEN), "job-1")

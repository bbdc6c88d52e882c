"""Approvals in the store: one answer counts, and there is one reminder."""

import asyncio
import time

from parts import a_job

from bot.audit import Entry
from bot.jobs.approval import AlreadyDecided, Approvals
from bot.jobs.job import Approval, Job
from bot.store.audit import SqliteAuditLog
from bot.store.database import Database
from bot.store.jobs import SqliteJobStore
from bot.store.outbox import SqliteOutbox

HOUR = 3600.0


def waiting(**fields: object) -> Job:
    return a_job(state="awaiting_approval", approval=Approval(0.0, 25.0, ("U0BEN",)), **fields)


def entry(actor: str, act: str = "approve") -> Entry:
    return Entry(f"action/{actor}/{act}", 50.0, actor, act, "job-1")


async def test_of_ten_answers_at_once_one_counts_and_is_in_the_log(jobs: SqliteJobStore, database: Database) -> None:
    await jobs.insert(waiting())
    approvals = Approvals(jobs)
    answers = await asyncio.gather(
        *(approvals.approve("job-1", entry(f"U{n}")) for n in range(5)),
        *(approvals.decline("job-1", "no", entry(f"U{n}")) for n in range(5, 10)),
        return_exceptions=True,
    )
    counted = [answer for answer in answers if isinstance(answer, Job)]
    assert len(counted) == 1
    late = [answer for answer in answers if isinstance(answer, AlreadyDecided)]
    assert len(late) == 9
    assert all(error.job.approval == counted[0].approval for error in late)
    assert len(await SqliteAuditLog(database).about("job-1")) == 1


async def test_what_is_declined_ends_and_says_so_once(jobs: SqliteJobStore, database: Database) -> None:
    await jobs.insert(waiting())
    declined = await Approvals(jobs).decline("job-1", "too dear", entry("U0BEN"))
    assert declined.state == "cancelled"
    assert declined.approval
    assert (declined.approval.decided_by, declined.approval.reason) == ("U0BEN", "too dear")
    assert await SqliteOutbox(database).open() == 1


async def test_after_a_day_there_is_one_reminder(jobs: SqliteJobStore, database: Database) -> None:
    outbox = SqliteOutbox(database)
    now = time.time()
    await jobs.insert(waiting())
    approvals = Approvals(jobs, clock=lambda: now)
    now = 23 * HOUR
    await approvals.remind()
    assert await outbox.open() == 0
    now = 25 * HOUR
    await approvals.remind()
    await approvals.remind()
    assert await outbox.open() == 1
    job = await jobs.get("job-1")
    assert job
    assert job.approval
    assert job.approval.reminded
    assert job.state == "awaiting_approval"


async def test_what_was_decided_is_not_reminded_of(jobs: SqliteJobStore, database: Database) -> None:
    await jobs.insert(waiting())
    await Approvals(jobs).approve("job-1", entry("U0BEN"))
    open_before = await SqliteOutbox(database).open()
    await Approvals(jobs, clock=lambda: 90 * HOUR).remind()
    assert await SqliteOutbox(database).open() == open_before

"""Approvals: who may give them, that one answer counts, and one reminder."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from bot.access import Actor, Role
from bot.audit import Outcome
from bot.errors import Denied, NotFound
from bot.jobs import states
from bot.jobs.approval import AlreadyDecided, Approvals
from bot.jobs.job import Approval, Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.queue import JobQueue
from bot.store.audit import SqlAuditLog
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlOutbox
from tests.parts import a_job
from tests.slack_requests import a_caller

HOUR = 3600.0
BEN = Actor("U0BEN", "T0ACME", Role.APPROVER)
MEMBER = Actor("U0CLEO", "T0ACME")
REQUESTER = Actor("U0ANA", "T0ACME", Role.ADMIN)


def waiting(**fields: object) -> Job:
    return a_job(state="awaiting_approval", approval=Approval(0.0, 25.0, ("U0BEN",)), **fields)


@pytest.fixture
def released() -> list[str]:
    return []


@pytest.fixture
def make(jobs: SqlJobStore, lookup: JobLookup, released: list[str]) -> Callable[..., Approvals]:
    async def release(job_id: str) -> bool:
        released.append(job_id)
        return True

    return lambda **options: Approvals(jobs, lookup, JobQueue(jobs, ["acme"], release), **options)


@pytest.fixture
def approvals(make: Callable[..., Approvals]) -> Approvals:
    return make()


async def test_what_is_approved_goes_on_by_way_of_the_queue(
    approvals: Approvals, jobs: SqlJobStore, released: list[str]
) -> None:
    await jobs.insert(waiting())
    approved = await approvals.approve(a_caller(BEN), "job-1")
    assert approved.state == states.IN_LINE
    assert approved.approval
    assert (approved.approval.approved, approved.approval.decided_by) == (True, "U0BEN")
    assert released == ["job-1"]


@pytest.mark.parametrize("actor", [MEMBER, REQUESTER])
async def test_neither_the_requester_nor_who_lacks_the_role_decides(
    approvals: Approvals, jobs: SqlJobStore, audit: SqlAuditLog, actor: Actor
) -> None:
    await jobs.insert(waiting())
    decisions: tuple[Callable[[], Awaitable[Job]], ...] = (
        lambda: approvals.check(a_caller(actor), "job-1"),
        lambda: approvals.approve(a_caller(actor), "job-1"),
        lambda: approvals.decline(a_caller(actor), "job-1", "no"),
    )
    for decide in decisions:
        with pytest.raises(Denied):
            await decide()
    stored = await jobs.get("job-1")
    assert stored
    assert stored.state == "awaiting_approval"
    assert {entry.outcome for entry in await audit.about("job-1")} == {Outcome.REFUSED}


async def test_a_job_of_a_private_channel_is_approved_there_only(approvals: Approvals, jobs: SqlJobStore) -> None:
    await jobs.insert(waiting(origin=Origin("T0ACME", "G0SECRET", True)))
    with pytest.raises(NotFound):
        await approvals.approve(a_caller(BEN), "job-1")
    assert (await approvals.approve(a_caller(BEN, channel="G0SECRET"), "job-1")).state == states.IN_LINE


async def test_of_ten_answers_at_once_one_counts_and_is_in_the_log(
    approvals: Approvals, jobs: SqlJobStore, audit: SqlAuditLog
) -> None:
    await jobs.insert(waiting())
    callers = [a_caller(Actor(f"U{n}", "T0ACME", Role.APPROVER), key=f"action/{n}") for n in range(10)]
    answers = await asyncio.gather(
        *(approvals.approve(caller, "job-1") for caller in callers[:5]),
        *(approvals.decline(caller, "job-1", "no") for caller in callers[5:]),
        return_exceptions=True,
    )
    counted = [answer for answer in answers if isinstance(answer, Job)]
    assert len(counted) == 1
    late = [answer for answer in answers if isinstance(answer, AlreadyDecided)]
    assert len(late) == 9
    assert all(error.job.approval == counted[0].approval for error in late)
    assert len(await audit.about("job-1")) == 1


async def test_a_decision_that_a_crash_cut_off_is_no_other_ones(approvals: Approvals, jobs: SqlJobStore) -> None:
    await jobs.insert(waiting())
    decided = await approvals.approve(a_caller(BEN), "job-1")
    again = await approvals.approve(a_caller(BEN, is_retry=True), "job-1")
    assert again.approval == decided.approval
    with pytest.raises(AlreadyDecided):
        await approvals.approve(a_caller(BEN), "job-1")


async def test_what_is_declined_ends_and_says_so_once(
    approvals: Approvals, jobs: SqlJobStore, outbox: SqlOutbox
) -> None:
    await jobs.insert(waiting())
    declined = await approvals.decline(a_caller(BEN), "job-1", "too dear")
    assert declined.state == "cancelled"
    assert declined.approval
    assert (declined.approval.decided_by, declined.approval.reason) == ("U0BEN", "too dear")
    assert await outbox.open() == 1


@pytest.mark.parametrize("state", ["cancelled", "running"])
async def test_nobody_is_asked_for_a_reason_once_the_job_waits_no_more(
    approvals: Approvals, jobs: SqlJobStore, state: str
) -> None:
    await jobs.insert(msgspec.structs.replace(waiting(), state=state))
    with pytest.raises(AlreadyDecided):
        await approvals.check(a_caller(BEN), "job-1")


async def test_after_a_day_there_is_one_reminder(
    make: Callable[..., Approvals], jobs: SqlJobStore, outbox: SqlOutbox
) -> None:
    now = time.time()
    await jobs.insert(waiting())
    approvals = make(clock=lambda: now)
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


async def test_what_was_decided_is_not_reminded_of(
    make: Callable[..., Approvals], jobs: SqlJobStore, outbox: SqlOutbox
) -> None:
    await jobs.insert(waiting())
    await make().approve(a_caller(BEN), "job-1")
    open_before = await outbox.open()
    await make(clock=lambda: 90 * HOUR).remind()
    assert await outbox.open() == open_before

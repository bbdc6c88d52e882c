"""Approvals as direct messages: for whoever wants them, in the transaction of what they are about."""

import pytest

from bot.access import Actor, Policy, Role
from bot.authority import Authority
from bot.jobs.admission import Rules, decide_admission
from bot.jobs.approval import Approvals
from bot.jobs.job import Job, Origin
from bot.jobs.lookup import JobLookup
from bot.jobs.notice import ApprovalAsked, Approved, EndedElsewhere
from bot.jobs.queue import JobQueue
from bot.personal_settings import PersonalSettingsControl
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from bot.store.outbox import SqlOutbox
from bot.store.personal_settings import SqlPersonalSettings
from tests.parts import a_job
from tests.slack_requests import a_caller

BEN = Actor("U0BEN", "T0ACME", Role.APPROVER)
RULES = Rules(approval_above=0.0, deciders=("U0BEN", "U0ANA"))


@pytest.fixture
def approvals(database: Database, jobs: SqlJobStore) -> Approvals:
    async def release(_: str) -> bool:
        return True

    authority = Authority(Policy(), SqlAuditLog(database))
    return Approvals(jobs, JobLookup(jobs, authority), JobQueue(jobs, ["acme"], release))


@pytest.fixture
async def both_want_them(database: Database) -> PersonalSettingsControl:
    authority = Authority(Policy(), SqlAuditLog(database))
    settings = PersonalSettingsControl(SqlPersonalSettings(database), authority)
    for actor in (BEN, Actor("U0ANA", "T0ACME")):
        assert (await settings.set_approvals_directly(a_caller(actor), True)).approvals_directly
    return settings


async def ask(jobs: SqlJobStore, **fields: object) -> Job:
    job = a_job(**fields)
    admitted = await jobs.admit(job, lambda ledger: decide_admission(job, ledger, RULES))
    assert admitted
    return admitted


async def direct(outbox: SqlOutbox) -> list[tuple[str, str]]:
    """To whom something is told, and what."""
    pending = [each.notice for each in await outbox.next(1e12)]
    return [(notice.channel, type(notice.body).__name__) for notice in pending if notice.under_card is None]


async def test_whoever_wants_it_is_asked_and_the_requester_is_told(
    approvals: Approvals, jobs: SqlJobStore, outbox: SqlOutbox, both_want_them: PersonalSettingsControl
) -> None:
    await ask(jobs)
    assert await direct(outbox) == [("U0BEN", ApprovalAsked.__name__)]
    await approvals.approve(a_caller(BEN), "job-1")
    assert await direct(outbox) == [("U0BEN", ApprovalAsked.__name__), ("U0ANA", Approved.__name__)]


async def test_the_requester_of_a_declined_job_is_told_too(
    approvals: Approvals, jobs: SqlJobStore, outbox: SqlOutbox, both_want_them: PersonalSettingsControl
) -> None:
    await ask(jobs)
    await approvals.decline(a_caller(BEN), "job-1", "too dear")
    assert ("U0ANA", EndedElsewhere.__name__) in await direct(outbox)


async def test_nobody_is_asked_about_a_private_job_outside_of_its_channel(
    jobs: SqlJobStore, outbox: SqlOutbox, both_want_them: PersonalSettingsControl
) -> None:
    await ask(jobs, origin=Origin("T0ACME", "G0SECRET", True))
    assert await direct(outbox) == []


async def test_who_does_not_want_it_any_more_is_left_alone(
    jobs: SqlJobStore, outbox: SqlOutbox, both_want_them: PersonalSettingsControl
) -> None:
    await both_want_them.set_approvals_directly(a_caller(BEN), False)
    await ask(jobs)
    assert await direct(outbox) == []

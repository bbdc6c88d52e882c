"""The audit log, as administrators read it."""

import pytest

from bot.access import Actor, Place, Role
from bot.administration.audit_log import AuditLogReader
from bot.audit import Entry, Outcome
from bot.authority import Authority
from bot.errors import Denied
from bot.store.audit import SqlAuditLog
from tests.slack_requests import a_caller

ADMIN = Actor("U0ADA", "T0ACME", Role.ADMIN)


@pytest.fixture
def log(audit: SqlAuditLog, authority: Authority) -> AuditLogReader:
    return AuditLogReader(audit, authority)


async def _fill(audit: SqlAuditLog, first: int, last: int) -> None:
    await audit.add(*(Entry(f"command/{n}", float(n), "U0ADA", "cancel", f"job-{n}") for n in range(first, last + 1)))


async def test_it_is_for_administrators_alone_and_a_refusal_is_in_it(log: AuditLogReader, audit: SqlAuditLog) -> None:
    for caller in (a_caller(), a_caller(ADMIN, answers_in=Place("C0TRAINING"))):
        with pytest.raises(Denied):
            await log.page(caller, 1)
        with pytest.raises(Denied):
            await log.export(caller)
    assert {entry.outcome for _, entry in await audit.latest(9)} == {Outcome.REFUSED}


async def test_pages_hold_the_latest_first_and_stay_what_they_were_while_entries_come_in(
    log: AuditLogReader, audit: SqlAuditLog
) -> None:
    await _fill(audit, 1, 20)
    first = await log.page(a_caller(ADMIN), 1)
    assert [entry.resource for entry in first.entries] == [f"job-{n}" for n in range(20, 5, -1)]
    assert (first.number, first.pages, first.upto) == (1, 2, 20)
    await _fill(audit, 21, 40)
    second = await log.page(a_caller(ADMIN), 2, first.upto)
    assert [entry.resource for entry in second.entries] == [f"job-{n}" for n in range(5, 0, -1)]
    assert (second.pages, second.upto) == (2, 20)


async def test_a_page_that_is_not_there_is_empty(log: AuditLogReader, audit: SqlAuditLog) -> None:
    assert (await log.page(a_caller(ADMIN), 1)).pages == 0
    await _fill(audit, 1, 1)
    beyond = await log.page(a_caller(ADMIN), 3)
    assert (list(beyond.entries), beyond.pages) == ([], 1)


async def test_an_export_holds_all_and_is_an_entry_itself(log: AuditLogReader, audit: SqlAuditLog) -> None:
    await _fill(audit, 1, 20)
    exported = await log.export(a_caller(ADMIN))
    assert [number for number, _ in exported] == list(range(20, 0, -1))
    (_, last), *_ = await audit.latest(1)
    assert (last.action, last.actor, last.details) == ("export the audit log", ADMIN.user, "20")

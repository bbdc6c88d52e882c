"""The audit log: what is in it stays as it is."""

import sqlite3

import msgspec
import pytest

from bot.audit import Entry, Outcome, note_roles
from bot.errors import BotError
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.jobs import SqlJobStore
from tests.parts import a_job


@pytest.fixture
def audit(database: Database) -> SqlAuditLog:
    return SqlAuditLog(database)


def entry(number: int, **fields: object) -> Entry:
    return msgspec.structs.replace(Entry(f"command/{number}", 1000.0 + number, "U1", "cancel", "job-1", "C1"), **fields)


async def test_what_was_added_is_read_back_latest_first(audit: SqlAuditLog) -> None:
    refused = entry(2, outcome=Outcome.REFUSED, details="not yours")
    assert await audit.add(entry(1), refused) == 2
    assert await audit.latest(10) == [(2, refused), (1, entry(1))]


async def test_the_same_act_done_again_is_one_entry(audit: SqlAuditLog) -> None:
    await audit.add(entry(1))
    assert await audit.add(entry(1, at=2000.0)) == 0
    assert await audit.latest(10) == [(1, entry(1))]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'U2'", "DELETE FROM audit"])
async def test_no_statement_changes_or_removes_an_entry(audit: SqlAuditLog, database: Database, statement: str) -> None:
    await audit.add(entry(1))
    with pytest.raises(Exception, match="only ever added to"):
        await database.write(lambda db: db.execute(statement))
    assert await audit.latest(10) == [(1, entry(1))]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO audit VALUES (1, 'x', 0, 'U2', '', '', '', '', '')",
        "INSERT OR REPLACE INTO audit VALUES (2, 'command/1', 0, 'U2', '', '', '', '', '')",
        "REPLACE INTO audit (key, at, actor, act, thing, channel, outcome, details)"
        " VALUES ('command/1', 0, 'U2', '', '', '', '', '')",
    ],
)
async def test_no_statement_of_sqlites_replaces_an_entry(
    audit: SqlAuditLog, database: Database, statement: str
) -> None:
    await audit.add(entry(1))
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        await database.write(lambda db: db.execute(statement))
    assert await audit.latest(10) == [(1, entry(1))]


async def test_pages_stay_what_they_were_while_entries_come_in(audit: SqlAuditLog) -> None:
    await audit.add(*(entry(number) for number in range(1, 8)))
    first = await audit.latest(3)
    await audit.add(entry(8))
    second = await audit.latest(3, skip=3, upto=first[0][0])
    assert [number for number, _ in (*first, *second)] == [7, 6, 5, 4, 3, 2]
    assert await audit.count(upto=7) == 7
    assert await audit.count() == 8


async def test_what_was_done_to_one_thing_is_told_in_its_order(audit: SqlAuditLog) -> None:
    await audit.add(entry(1), entry(2, resource="job-2"), entry(3))
    assert await audit.about("job-1") == [entry(1), entry(3)]


async def test_an_act_and_its_entry_are_stored_together_or_not_at_all(audit: SqlAuditLog, database: Database) -> None:
    jobs = SqlJobStore(database)
    job = a_job()

    def then_break(stored: Job) -> JobUpdate:
        raise BotError("no")

    await jobs.insert(job, JobUpdate(job, audit=[entry(1)]))
    with pytest.raises(BotError):
        await jobs.update(job.id, then_break)
    await jobs.update(job.id, lambda stored: JobUpdate(stored, audit=[entry(2)]))
    assert await audit.about("job-1") == [entry(1), entry(2)]
    # The state machine forbids it, so nothing of it is stored.
    ended = msgspec.structs.replace(job, state="failed")
    await jobs.update(job.id, lambda stored: JobUpdate(ended, audit=[entry(3)]))
    assert await jobs.update(job.id, lambda stored: JobUpdate(job, audit=[entry(4)])) is None
    assert len(await audit.about("job-1")) == 3


async def test_roles_are_written_down_when_they_change(audit: SqlAuditLog) -> None:
    for at, roles in enumerate(["", "administrators: U1", "administrators: U1", "", "administrators: U1"]):
        await note_roles(audit, roles, float(at))
    assert [(entry.at, entry.details) for _, entry in reversed(await audit.latest(10))] == [
        (1.0, "administrators: U1"),
        (3.0, ""),
        (4.0, "administrators: U1"),
    ]

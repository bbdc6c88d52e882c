"""A backup of a store in use, and what a restore makes of it: whole or refused, and nothing done twice."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest
from sqlite_utils import Database as SqliteDatabase

from bot.audit import Entry
from bot.errors import StartError
from bot.evaluations.run import RunState
from bot.jobs import states
from bot.jobs.apply_update import notice
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Text
from bot.judges.check import JudgeCheck, JudgeRequest
from bot.notices.interfaces import Pending, ShownMessage
from bot.store.backup import backup, restore
from bot.store.connection import Connection
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.jobs import SqlJobStore
from bot.store.judge_checks import SqlJudgeCheckStore
from bot.store.outbox import SqlCardStore, SqlOutbox
from bot.store.schema import migrations
from bot.store.shown_messages import SqlShownMessages
from tests.parts import a_job, followed_job
from tests.slack_requests import a_caller


class Store:
    """A store that is opened and closed as the bot does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __aenter__(self) -> "Store":
        self.database = await Database.open(self.folder)
        self.jobs = SqlJobStore(self.database)
        self.outbox = SqlOutbox(self.database)
        self.cards = SqlCardStore(self.database)
        self.inbox = SqlInbox(self.database)
        self.checks = SqlJudgeCheckStore(self.database)
        self.messages = SqlShownMessages(self.database)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def checks_judge(self, id: str, created_at: float, state: RunState = RunState.RUNNING) -> None:
        """The check of a judge whose card shows all there is to show."""
        check = JudgeCheck(
            id=id,
            models=("judge",),
            team="T0ACME",
            channel="C1",
            owner="U0ANA",
            created_at=created_at,
            state=state,
            request=JudgeRequest("judge"),
            asker=a_caller(),
            total=1,
        )
        await self.checks.open(check, Entry(id, created_at, "U0ANA", "evaluate", id))
        await self.messages.posting(id, "card", created_at)
        await self.messages.posted(id, "card", "5.0", "hash")
        await self.checks.shown(id, 0)

    async def says(self, job: Job, what: str) -> None:
        await self.jobs.update(job.id, lambda stored: JobUpdate(stored, notices=[notice(stored, what, Text(what))]))

    async def next(self) -> dict[str, Pending]:
        return {pending.notice.id: pending for pending in await self.outbox.next(1e12)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bot.backup"


async def backed_up(folder: Path, file: Path, *jobs: Job) -> None:
    async with Store(folder) as store:
        for job in jobs:
            await store.jobs.insert(job)
    backup(folder, file)


async def test_a_backup_is_whole_while_the_bot_goes_on_writing(folder: Path, file: Path) -> None:
    async with Store(folder) as store:
        await store.database.write(lambda db: db.execute("CREATE TABLE pairs (one INT, other INT, filling BLOB)"))
        done = threading.Event()
        written = 0

        def pair(db: Connection) -> None:
            for half in ((written, None), (None, written)):
                db.execute("INSERT INTO pairs VALUES (?, ?, zeroblob(20000))", half)

        async def write() -> None:
            nonlocal written
            while not done.is_set() or written < 200:
                await store.database.write(pair)
                written += 1

        writer = asyncio.create_task(write())
        await asyncio.to_thread(backup, folder, file)
        done.set()
        await writer
        assert await store.database.read(lambda db: db.execute("SELECT count(*) FROM pairs").fetchone()) == (
            2 * written,
        )
    copied = (
        sqlite3.connect(file).execute("SELECT count(one), count(other), max(one), max(other) FROM pairs").fetchone()
    )
    assert copied[0] == copied[1] <= written
    assert copied[2] == copied[3]
    assert file.stat().st_mode & 0o077 == 0


async def test_a_backup_overwrites_nothing_and_needs_a_store(folder: Path, file: Path) -> None:
    with pytest.raises(StartError, match="no_store"):
        backup(folder, file)
    file.write_text("precious")
    async with Store(folder):
        with pytest.raises(StartError, match="backup_exists"):
            backup(folder, file)
        with pytest.raises(StartError, match="backup_not_written"):
            backup(folder, file.parent / "no such folder" / "file")
    assert file.read_text() == "precious"


async def test_a_restored_store_is_as_it_was_and_the_other_one_is_kept(folder: Path, file: Path) -> None:
    await backed_up(folder, file, followed_job("ftjob-1"))
    async with Store(folder) as store:
        await store.jobs.insert(followed_job("ftjob-2", id="job-2"))
    kept = restore(folder, file)
    assert kept is not None
    assert sqlite3.connect(kept).execute("SELECT count(*) FROM jobs").fetchone() == (2,)
    async with Store(folder) as store:
        assert [job.id for job in await store.jobs.latest(9)] == ["job-1"]


async def test_a_store_is_made_where_there_was_none(folder: Path, file: Path, tmp_path: Path) -> None:
    await backed_up(folder, file, followed_job("ftjob-1"))
    assert restore(tmp_path / "another machine", file) is None
    async with Store(tmp_path / "another machine") as store:
        assert await store.jobs.get("job-1")


async def test_a_backup_of_an_older_version_is_brought_to_this_one(folder: Path, file: Path) -> None:
    old = SqliteDatabase(file)
    migrations.apply(old, stop_before="m002_open_answers")
    job = followed_job("ftjob-1")
    row = (job.id, job.state, job.provider, "ftjob-1", job.requester, "ds-1", None, job.created_at, 1)
    old.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*row, msgspec.json.encode(job).decode()])
    old.conn.commit()
    old.close()
    restore(folder, file)
    async with Store(folder) as store:
        assert await store.jobs.get("job-1") == job


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for at in range(4096, len(content), 4096):
        content[at : at + 64] = b"\xff" * 64
    file.write_bytes(content)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def something_else(file: Path) -> None:
    file.write_text("a letter")


def another_database(file: Path) -> None:
    file.unlink()
    sqlite3.connect(file).executescript("CREATE TABLE songs (name TEXT)")


def of_a_newer_version(file: Path) -> None:
    with sqlite3.connect(file) as newer:
        newer.execute("UPDATE _sqlite_migrations SET name = 'm999_wonders' WHERE name = 'm002_open_answers'")


@pytest.mark.parametrize("spoil", [damaged, cut_off, something_else, another_database, of_a_newer_version])
async def test_what_is_no_whole_backup_is_refused_and_the_store_stays(folder: Path, file: Path, spoil: object) -> None:
    await backed_up(folder, file, followed_job("ftjob-1"))
    assert callable(spoil)
    spoil(file)
    async with Store(folder) as store:
        await store.jobs.insert(followed_job("ftjob-2", id="job-2"))
    with pytest.raises(StartError, match=r"bot\.backup"):
        restore(folder, file)
    async with Store(folder) as store:
        assert len(await store.jobs.latest(9)) == 2
    assert sorted(path.name for path in folder.iterdir() if "lock" not in path.name) == ["bot.db"]


async def test_a_damaged_store_is_replaced_and_kept_as_it_is(folder: Path, file: Path) -> None:
    await backed_up(folder, file, followed_job("ftjob-1"))
    damaged(folder / "bot.db")
    before = (folder / "bot.db").read_bytes()
    kept = restore(folder, file)
    assert kept is not None
    assert kept.read_bytes() == before
    async with Store(folder) as store:
        assert await store.jobs.get("job-1")


async def test_nothing_is_restored_under_a_bot_at_work(folder: Path, file: Path) -> None:
    await backed_up(folder, file, followed_job("ftjob-1"))
    async with Store(folder):
        with pytest.raises(StartError, match="stop_first"):
            restore(folder, file)


async def test_a_job_that_may_have_been_created_since_is_looked_up(folder: Path, file: Path) -> None:
    """`create_attempted_at` is what the submitter goes by."""
    await backed_up(folder, file, a_job(training_file="file-1", seed=7))
    restore(folder, file)
    async with Store(folder) as store:
        job = await store.jobs.get("job-1")
        assert job is not None
        assert (job.state, job.create_attempted_at) == (states.SUBMITTING, job.created_at)


@pytest.mark.parametrize("state", [states.SUBMITTING, states.AWAITING_APPROVAL, states.IN_LINE])
async def test_a_job_that_nothing_can_be_looked_up_by_has_failed_and_people_are_told(
    folder: Path, file: Path, state: str
) -> None:
    await backed_up(folder, file, a_job(state=state))
    restore(folder, file)
    async with Store(folder) as store:
        job = await store.jobs.get("job-1")
        assert job is not None
        assert job.error is not None
        assert (job.state, job.error.code) == (states.FAILED, "restored")
        await store.cards.posted("job-1", "1.0", None, [])
        assert list(await store.next()) == ["job-1/failed"]


async def test_what_may_have_been_said_since_is_looked_for_before_it_is_said(folder: Path, file: Path) -> None:
    job = followed_job("ftjob-1", created_at=1000.0)
    async with Store(folder) as store:
        await store.jobs.insert(job)
        await store.says(job, "before")
        await store.inbox.accept("click", {"what": "a click"})
        backup(folder, file)
    restore(folder, file)
    async with Store(folder) as store:
        card = await store.cards.card("job-1")
        assert card is not None
        assert (card.posting_since, card.shown) == (card.changed_at, None)
        await store.cards.posted("job-1", "1.0", None, [])
        assert (await store.next())["job-1/before"].doubtful
        await store.outbox.posted("job-1/before", "2.0")
        # News that the old process may have told already.
        await store.says(job, "after")
        assert (await store.next())["job-1/after"].doubtful
        assert await store.inbox.pending() == []


async def test_what_is_new_since_the_restore_is_said_without_a_look(folder: Path, file: Path) -> None:
    await backed_up(folder, file, followed_job("ftjob-1", created_at=1000.0))
    restore(folder, file)
    async with Store(folder) as store:
        young = followed_job("ftjob-2", id="job-2", created_at=1e11)
        await store.jobs.insert(young)
        await store.cards.posted("job-2", "1.0", None, [])
        await store.says(young, "hello")
        assert not (await store.next())["job-2/hello"].doubtful


async def test_what_may_have_been_shown_of_a_run_since_is_looked_for_and_shown_anew(folder: Path, file: Path) -> None:
    async with Store(folder) as store:
        await store.checks_judge("judge-1", 1000.0, RunState.PAUSED)
        await store.checks_judge("judge-2", 2000.0, RunState.FINISHED)
        backup(folder, file)
    restore(folder, file)
    async with Store(folder) as store:
        assert await store.checks.unshown() == ["judge-1"]
        assert await store.messages.of("judge-1") == {"card": ShownMessage(1000.0, "5.0")}
        assert await store.messages.of("judge-2") == {"card": ShownMessage(2000.0, "5.0", "hash")}
        # It may have gone on to its end before, and a process may die while it is looked for.
        for _ in range(2):
            assert await store.messages.posting("judge-1", "result", 1e9) == 2000.0
        await store.checks_judge("judge-3", 1e11)
        assert await store.messages.posting("judge-3", "result", 1e11) is None
        assert await store.messages.posting("judge-3", "result", 1e12) == 1e11

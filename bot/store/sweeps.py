"""Sweeps. Implements `bot.sweeps.sweep.SweepStore`."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from sqlite_utils import Database as SqliteDatabase

from bot.audit import Entry
from bot.jobs import states
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import Notice, SweepApprovalAsked
from bot.store.audit import put_entries
from bot.store.database import Database
from bot.store.jobs import insert_job, read_ledger, update_job
from bot.store.outbox import put_notices
from bot.sweeps.sweep import Decide, Sweep


class SqliteSweepStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, sweep: Sweep, jobs: Sequence[Job], decide: Decide, entry: Entry) -> Sequence[Job]:
        def work(db: SqliteDatabase) -> Sequence[Job]:
            if db.execute("SELECT 1 FROM sweeps WHERE id = ?", [sweep.id]).fetchone():
                return ()
            updates = decide(read_ledger(db, jobs[0]))
            db.execute("INSERT INTO sweeps VALUES (?, ?, ?)", [sweep.id, sweep.created_at, _encoded(sweep)])
            # Before those of its jobs, which stand in its thread.
            db.execute(
                "INSERT INTO cards (job_id, channel, dirty, changed_at) VALUES (?, ?, 1, ?)",
                [sweep.id, sweep.origin.channel, time.time()],
            )
            for update in updates:
                insert_job(db, update.job, partial(_as_decided, update))
            if any(update.job.state == states.AWAITING_APPROVAL for update in updates):
                put_notices(db, [sweep.notice("approval", SweepApprovalAsked())])
            put_entries(db, [entry])
            return [update.job for update in updates]

        return await self._database.write(work)

    async def get(self, sweep_id: str) -> Sweep | None:
        found = await self._many([sweep_id])
        return found[0] if found else None

    async def jobs(self, sweep: Sweep) -> list[Job]:
        return await self._database.read(lambda db: _jobs(db, sweep))

    async def of_jobs(self, jobs: Sequence[Job]) -> list[Sweep]:
        return await self._many(list({job.sweep for job in jobs if job.sweep is not None}))

    async def update_jobs(
        self,
        sweep: Sweep,
        make: Callable[[Job], JobUpdate | None],
        notices: Sequence[Notice] = (),
        entry: Entry | None = None,
    ) -> list[Job]:
        def work(db: SqliteDatabase) -> list[Job]:
            changed = [job for member in sweep.members if (job := update_job(db, member.job_id, make)) is not None]
            if changed:
                put_notices(db, notices)
                put_entries(db, [entry] if entry else [])
            return changed

        return await self._database.write(work)

    async def set_reminded(self, sweep: Sweep, notice: Notice) -> None:
        reminded = msgspec.structs.replace(sweep, reminded=True)

        def work(db: SqliteDatabase) -> None:
            db.execute("UPDATE sweeps SET value = ? WHERE id = ?", [_encoded(reminded), sweep.id])
            put_notices(db, [notice])

        await self._database.write(work)

    async def tell(self, notices: Sequence[Notice]) -> None:
        def work(db: SqliteDatabase) -> None:
            # A channel that subscribes later is not told of what ended before.
            if db.execute("SELECT 1 FROM notices WHERE id = ?", [notices[0].id]).fetchone() is None:
                put_notices(db, notices)

        await self._database.write(work)

    async def _many(self, ids: Sequence[str]) -> list[Sweep]:
        marks = ",".join("?" * len(ids))
        rows = await self._database.read(
            lambda db: db.execute(f"SELECT value FROM sweeps WHERE id IN ({marks}) ORDER BY rowid", ids).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Sweep) for row in rows]


def _as_decided(update: JobUpdate) -> JobUpdate:
    return update


def _jobs(db: SqliteDatabase, sweep: Sweep) -> list[Job]:
    ids = [member.job_id for member in sweep.members]
    marks = ",".join("?" * len(ids))
    rows = db.execute(f"SELECT value FROM jobs WHERE id IN ({marks})", ids).fetchall()
    found = {job.id: job for job in (msgspec.json.decode(row[0], type=Job) for row in rows)}
    return [found[job_id] for job_id in ids if job_id in found]


def _encoded(sweep: Sweep) -> str:
    return msgspec.json.encode(sweep).decode()

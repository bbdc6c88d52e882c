"""Groups of jobs. Implements `bot.jobs.group.GroupStore`."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from bot.audit import Entry
from bot.jobs import states
from bot.jobs.group import Decide, JobGroup
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.jobs.notice import GroupApprovalAsked, Notice
from bot.moves.move import Move
from bot.rehearsals.rehearsal import Rehearsal
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks
from bot.store.database import Database
from bot.store.jobs import insert_job, read_ledger, refuse_duplicate, update_job
from bot.store.outbox import put_notices, touch_card
from bot.sweeps.sweep import Sweep


class SqlGroupStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, group: JobGroup, jobs: Sequence[Job], decide: Decide, entry: Entry) -> Sequence[Job]:
        def work(db: Connection) -> Sequence[Job]:
            if db.execute("SELECT 1 FROM job_groups WHERE id = ?", [group.id]).fetchone():
                return ()
            for job in jobs:
                refuse_duplicate(db, job)
            updates = decide(read_ledger(db, jobs[0]))
            db.execute(
                "INSERT INTO job_groups (id, kind, ended, created_at, value) VALUES (?, ?, ?, ?, ?)",
                [group.id, group.resource.kind, _has_ended(group), group.created_at, _encoded(group)],
            )
            # Before those of its jobs, which stand in its thread.
            db.execute(
                "INSERT INTO cards (job_id, channel, dirty, changed_at) VALUES (?, ?, 1, ?)",
                [group.id, group.origin.channel, time.time()],
            )
            for update in updates:
                insert_job(db, update.job, partial(_as_decided, update))
            if any(update.job.state == states.AWAITING_APPROVAL for update in updates):
                put_notices(db, [group.notice("approval", GroupApprovalAsked())])
            put_entries(db, [entry])
            return [update.job for update in updates]

        return await self._database.write(work)

    async def get(self, group_id: str) -> JobGroup | None:
        found = await self._many([group_id])
        return found[0] if found else None

    async def change(self, group_id: str, make: Callable[[JobGroup], JobGroup | None]) -> JobGroup | None:
        def work(db: Connection) -> JobGroup | None:
            row = db.execute("SELECT value FROM job_groups WHERE id = ?", [group_id]).fetchone()
            changed = make(_decoded(row[0])) if row else None
            if changed is not None:
                _put(db, changed)
                touch_card(db, group_id)
            return changed

        return await self._database.write(work)

    async def open_moves(self) -> list[Move]:
        """Those that have not ended, the oldest first."""
        return [group for group in await self._open("move") if isinstance(group, Move)]

    async def open_rehearsals(self) -> list[Rehearsal]:
        """Those that have not ended, the oldest first."""
        return [group for group in await self._open("rehearsal") if isinstance(group, Rehearsal)]

    async def jobs(self, group: JobGroup) -> list[Job]:
        return await self._database.read(lambda db: _jobs(db, group))

    async def of_jobs(self, jobs: Sequence[Job]) -> list[JobGroup]:
        return await self._many(list({job.group for job in jobs if job.group is not None}))

    async def update_jobs(
        self,
        group: JobGroup,
        make: Callable[[Job], JobUpdate | None],
        notices: Sequence[Notice] = (),
        entry: Entry | None = None,
    ) -> list[Job]:
        def work(db: Connection) -> list[Job]:
            changed = [job for job_id in group.job_ids if (job := update_job(db, job_id, make)) is not None]
            if changed:
                put_notices(db, notices)
                put_entries(db, [entry] if entry else [])
            return changed

        return await self._database.write(work)

    async def set_reminded(self, group: JobGroup, notice: Notice) -> None:
        def work(db: Connection) -> None:
            row = db.execute("SELECT value FROM job_groups WHERE id = ?", [group.id]).fetchone()
            if row is not None:
                _put(db, msgspec.structs.replace(_decoded(row[0]), reminded=True))
            put_notices(db, [notice])

        await self._database.write(work)

    async def tell(self, notices: Sequence[Notice]) -> None:
        def work(db: Connection) -> None:
            # A channel that subscribes later is not told of what ended before.
            if db.execute("SELECT 1 FROM notices WHERE id = ?", [notices[0].id]).fetchone() is None:
                put_notices(db, notices)

        await self._database.write(work)

    async def _open(self, kind: str) -> list[JobGroup]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT value FROM job_groups WHERE kind = ? AND ended = 0 ORDER BY created_at", [kind]
            ).fetchall()
        )
        return [_decoded(row[0]) for row in rows]

    async def _many(self, ids: Sequence[str]) -> list[JobGroup]:
        rows = await self._database.read(
            lambda db: db.execute(
                f"SELECT value FROM job_groups WHERE id IN ({marks(ids)}) ORDER BY created_at, id", ids
            ).fetchall()
        )
        return [_decoded(row[0]) for row in rows]


def _as_decided(update: JobUpdate) -> JobUpdate:
    return update


def _jobs(db: Connection, group: JobGroup) -> list[Job]:
    ids = group.job_ids
    rows = db.execute(f"SELECT value FROM jobs WHERE id IN ({marks(ids)})", ids).fetchall()
    found = {job.id: job for job in (msgspec.json.decode(row[0], type=Job) for row in rows)}
    return [found[job_id] for job_id in ids if job_id in found]


def _put(db: Connection, group: JobGroup) -> None:
    db.execute(
        "UPDATE job_groups SET ended = ?, value = ? WHERE id = ?", [_has_ended(group), _encoded(group), group.id]
    )


def _has_ended(group: JobGroup) -> bool:
    return isinstance(group, Move | Rehearsal) and group.ended


def _encoded(group: JobGroup) -> str:
    return msgspec.json.encode(group).decode()


def _decoded(value: str) -> JobGroup:
    group: JobGroup = msgspec.json.decode(value, type=Sweep | Move | Rehearsal)
    return group

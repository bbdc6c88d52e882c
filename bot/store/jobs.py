"""Jobs, their events, figures and checkpoints. Implements `bot.jobs.interfaces.JobStore`."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from bot.audit import Entry
from bot.errors import Conflict
from bot.jobs import states
from bot.jobs.estimate import counted_cost, spend_of
from bot.jobs.interfaces import Followed, JobUpdate, LedgerSnapshot
from bot.jobs.job import Job
from bot.jobs.notice import Notice
from bot.models.names import given_suffix
from bot.providers.interface import RemoteEvent
from bot.providers.protocol import TRAINING_NOT_AVAILABLE, Checkpoint, Metrics
from bot.spending.budget import Spend, month_of
from bot.store.audit import put_entries
from bot.store.connection import Connection, marks, portions
from bot.store.database import Database
from bot.store.outbox import put_notices, touch_card
from bot.store.spending import read_answers, read_limits
from bot.sweeps.sweep import PREFIX

# As the index `jobs_open` has it, word for word: what goes on is found among all that have ended.
_OPEN: Final = "state NOT IN ('cancelled', 'failed', 'succeeded')"


class SqlJobStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, job: Job, history: JobUpdate | None = None, *, card: bool = True) -> bool:
        def work(db: Connection) -> Job | None:
            return insert_job(db, job, lambda: history or JobUpdate(job), card=card)

        return await self._database.write(work) is not None

    async def admit(self, job: Job, decide: Callable[[LedgerSnapshot], JobUpdate]) -> Job | None:
        def work(db: Connection) -> Job | None:
            refuse_duplicate(db, job)
            return insert_job(db, job, lambda: decide(read_ledger(db, job)))

        return await self._database.write(work)

    async def ledger(self, job: Job) -> LedgerSnapshot:
        return await self._database.read(lambda db: read_ledger(db, job))

    async def update(self, job_id: str, make: Callable[[Job], JobUpdate | None]) -> Job | None:
        return await self._database.write(lambda db: update_job(db, job_id, make))

    async def get(self, job_id: str) -> Job | None:
        return await self._one("id = ?", [job_id])

    async def find(self, word: str) -> Job | None:
        return await self._one("id = ? OR provider_job_id = ? OR fine_tuned_model = ?", [word] * 3)

    async def latest(self, limit: int) -> list[Job]:
        return await self._many("1 = 1 ORDER BY created_at DESC LIMIT ?", [limit])

    async def of_card(self, channel: str, ts: str) -> str | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT job_id FROM cards WHERE channel = ? AND ts = ? AND job_id IN (SELECT id FROM jobs)",
                [channel, ts],
            ).fetchone()
        )
        return row[0] if row else None

    async def in_states(self, wanted: Sequence[str]) -> list[Job]:
        # As they came in, whatever the clock said then.
        return await self._many(f"state IN ({marks(wanted)}) ORDER BY seq", list(wanted))

    async def not_ended(self) -> list[Job]:
        # In the order in which they came in, without asking for it: SQLite would then look through all jobs.
        rows = await self._database.read(lambda db: db.execute(f"SELECT seq, value FROM jobs WHERE {_OPEN}").fetchall())
        return [_job(value) for _, value in sorted(rows)]

    async def deployed(self) -> list[Job]:
        return await self._many("deployed = 1", [])

    async def spends_of_month(self, at: float) -> list[Spend]:
        return await self._database.read(lambda db: [*_spends_of_jobs(db, at), *read_answers(db, at)])

    async def running(self, provider: str) -> int:
        return await self._database.read(lambda db: _running(db, provider))

    async def followed(self, provider: str) -> list[Followed]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT id, provider, provider_job_id, state, created_at FROM jobs"
                " WHERE followed = 1 AND provider = ? AND provider_job_id IS NOT NULL ORDER BY created_at",
                [provider],
            ).fetchall()
        )
        return [Followed(*row) for row in rows]

    async def silent_since(self, provider: str) -> float | None:
        row = await self._database.read(
            lambda db: db.execute("SELECT since FROM silent_providers WHERE provider = ?", [provider]).fetchone()
        )
        return row[0] if row else None

    async def training_refused_since(self, provider: str) -> float | None:
        # From the latest back: whatever index begins with the provider would lead through all of its jobs.
        def work(db: Connection) -> float | None:
            taken = db.execute(
                "SELECT created_at FROM jobs WHERE provider || '' = ? AND provider_job_id IS NOT NULL"
                " ORDER BY created_at DESC LIMIT 1",
                [provider],
            ).fetchone()
            since: float | None = db.execute(
                "SELECT min(created_at) FROM jobs WHERE created_at > ? AND provider || '' = ? AND error_code = ?",
                [taken[0] if taken else 0, provider, TRAINING_NOT_AVAILABLE],
            ).fetchone()[0]
            return since

        return await self._database.read(work)

    async def set_silent_since(self, provider: str, since: float | None, notices: Sequence[Notice]) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM silent_providers WHERE provider = ?", [provider])
            if since is not None:
                db.execute("INSERT INTO silent_providers VALUES (?, ?)", [provider, since])
            put_notices(db, notices)

        await self._database.write(work)

    async def known_jobs(self, provider: str) -> set[str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT provider_job_id FROM jobs WHERE provider = ? AND provider_job_id IS NOT NULL", [provider]
            ).fetchall()
        )
        return {row[0] for row in rows}

    async def events(self, job_id: str, limit: int, *, skip: int = 0) -> list[RemoteEvent]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT id, created_at, level, type, message, data FROM events WHERE job_id = ?"
                " ORDER BY created_at DESC, seq DESC LIMIT ? OFFSET ?",
                [job_id, limit, skip],
            ).fetchall()
        )
        return [
            RemoteEvent(event_id, at, level, kind, said, data=data) for event_id, at, level, kind, said, data in rows
        ]

    async def event_count(self, job_id: str) -> int:
        return await self._database.read(
            lambda db: db.execute("SELECT count(*) FROM events WHERE job_id = ?", [job_id]).fetchone()[0]
        )

    async def event_ids(self, job_id: str) -> set[str]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT id FROM events WHERE job_id = ?", [job_id]).fetchall()
        )
        return {row[0] for row in rows}

    async def metrics(self, job_id: str) -> list[Metrics]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT value FROM metrics WHERE job_id = ? ORDER BY step", [job_id]).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Metrics) for row in rows]

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT value FROM checkpoints WHERE job_id = ? ORDER BY step", [job_id]).fetchall()
        )
        return [msgspec.json.decode(row[0], type=Checkpoint) for row in rows]

    async def models(self, names: Sequence[str] | None = None) -> dict[str, Job]:
        made = (
            "SELECT * FROM (SELECT c.model AS model, j.value FROM checkpoints c JOIN jobs j ON j.id = c.job_id"
            " UNION ALL SELECT fine_tuned_model, value FROM jobs WHERE fine_tuned_model IS NOT NULL) AS made"
        )

        def work(db: Connection) -> dict[str, Job]:
            if names is None:
                rows = db.execute(made).fetchall()
            else:
                rows = [
                    row
                    for some in portions(names)
                    for row in db.execute(f"{made} WHERE model IN ({marks(some)})", some).fetchall()
                ]
            return {model: _job(value) for model, value in rows}

        return await self._database.read(work)

    async def uses_file(self, provider: str, file_id: str) -> list[Job]:
        return [job for job in await self.under_way(provider) if file_id in {job.training_file, job.validation_file}]

    async def under_way(self, provider: str) -> list[Job]:
        return await self._many(f"{_OPEN} AND provider = ? ORDER BY seq", [provider])

    async def provider_file(self, provider: str, sha256: str) -> str | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT file_id FROM provider_files WHERE provider = ? AND sha256 = ?", [provider, sha256]
            ).fetchone()
        )
        return row[0] if row else None

    async def uploads(self, sha256: str) -> dict[str, str]:
        rows = await self._database.read(
            lambda db: db.execute("SELECT provider, file_id FROM provider_files WHERE sha256 = ?", [sha256]).fetchall()
        )
        return dict(rows)

    async def all_uploads(self) -> dict[str, dict[str, str]]:
        """As `uploads_left`, of all data sets."""
        return await self._uploads("TRUE")

    async def uploads_left(self) -> dict[str, dict[str, str]]:
        return await self._uploads(
            "sha256 IN (SELECT sha256 FROM datasets WHERE deleted_at IS NOT NULL)"
            " AND sha256 NOT IN (SELECT sha256 FROM datasets WHERE deleted_at IS NULL)"
        )

    async def _uploads(self, where: str) -> dict[str, dict[str, str]]:
        rows = await self._database.read(
            lambda db: db.execute(f"SELECT provider, sha256, file_id FROM provider_files WHERE {where}").fetchall()
        )
        found: dict[str, dict[str, str]] = {}
        for provider, sha256, file_id in rows:
            found.setdefault(provider, {})[sha256] = file_id
        return found

    async def content_of(self, provider: str, file_id: str) -> str | None:
        row = await self._database.read(
            lambda db: db.execute(
                "SELECT sha256 FROM provider_files WHERE provider = ? AND file_id = ?", [provider, file_id]
            ).fetchone()
        )
        return row[0] if row else None

    async def contents(self, provider: str) -> dict[str, str]:
        rows = await self._database.read(
            lambda db: db.execute(
                "SELECT file_id, sha256 FROM provider_files WHERE provider = ? AND file_id <> ''", [provider]
            ).fetchall()
        )
        return dict(rows)

    async def set_provider_file(
        self, provider: str, sha256: str, file_id: str | None, *, audit: Sequence[Entry] = ()
    ) -> None:
        def work(db: Connection) -> None:
            db.execute("DELETE FROM provider_files WHERE provider = ? AND sha256 = ?", [provider, sha256])
            if file_id is not None:
                db.execute("INSERT INTO provider_files VALUES (?, ?, ?)", [provider, sha256, file_id])
            put_entries(db, audit)

        await self._database.write(work)

    async def _one(self, where: str, arguments: Sequence[object]) -> Job | None:
        found = await self._many(f"({where}) LIMIT 1", arguments)
        return found[0] if found else None

    async def _many(self, where: str, arguments: Sequence[object]) -> list[Job]:
        # Made into jobs where they are read: thousands would hold up the event loop.
        return await self._database.read(
            lambda db: [
                _job(row[0]) for row in db.execute(f"SELECT value FROM jobs WHERE {where}", list(arguments)).fetchall()
            ]
        )


def refuse_duplicate(db: Connection, job: Job) -> None:
    """Inside a caller's transaction. Raises Conflict where another job does the same at the moment; any seed is the
    same where this one has none."""
    if job.dataset_id is None and job.training_file is None:
        return
    if db.execute("SELECT 1 FROM jobs WHERE id = ?", [job.id]).fetchone():  # asked for again
        return
    own = db.execute("SELECT sha256 FROM datasets WHERE id = ?", [job.dataset_id]).fetchone()
    others = db.execute(
        "SELECT j.value, coalesce(d.sha256, '') FROM jobs j LEFT JOIN datasets d ON d.id = j.dataset_id"
        f" WHERE j.{_OPEN} AND j.provider = ? ORDER BY j.created_at",
        [job.provider],
    ).fetchall()
    wanted = _settings(job, own[0] if own else "")
    for value, sha256 in others:
        other = _job(value)
        if _settings(other, sha256) == wanted and (job.seed is None or job.seed == other.seed):
            raise Conflict("same_job", model=job.base_model, job=other.id)


def insert_job(db: Connection, job: Job, make: Callable[[], JobUpdate], *, card: bool = True) -> Job | None:
    """Inside a caller's transaction: see `JobStore.insert` and `admit`."""
    if db.execute("SELECT 1 FROM jobs WHERE id = ?", [job.id]).fetchone() or _sibling(db, job):
        return None
    change = make()
    _write_job(db, change.job, followed=True)
    if card:
        db.execute(
            "INSERT INTO cards (job_id, channel, dirty, changed_at) VALUES (?, ?, 1, ?)",
            [job.id, job.origin.channel, time.time()],
        )
    write_change(db, change)
    return change.job


def update_job(db: Connection, job_id: str, make: Callable[[Job], JobUpdate | None]) -> Job | None:
    """Inside a caller's transaction: see `JobStore.update`."""
    row = db.execute("SELECT value FROM jobs WHERE id = ?", [job_id]).fetchone()
    if row is None:
        return None
    stored = _job(row[0])
    change = make(stored)
    if change is None or not states.may_become(stored.state, change.job.state):
        return None
    if _sibling(db, change.job) is not None:
        # Which one is not said: it may be of a private channel.
        raise Conflict("followed_already", job=change.job.provider_job_id)
    write_change(db, change)
    return change.job


def read_ledger(db: Connection, job: Job) -> LedgerSnapshot:
    """Inside a caller's transaction: see `JobStore.ledger`."""
    waiting = db.execute(
        "SELECT count(*) FROM jobs WHERE state = ? AND provider = ?", [states.IN_LINE, job.provider]
    ).fetchone()[0]
    limits = read_limits(db)
    # Thousands of jobs take a while to read, and are asked for only where a budget wants them.
    spends = [*_spends_of_jobs(db, job.created_at), *read_answers(db, job.created_at)] if limits.budgets else []
    return LedgerSnapshot(limits, spends, waiting, _running(db, job.provider))


def _spends_of_jobs(db: Connection, at: float) -> list[Spend]:
    in_month = "created_at >= ? AND created_at < ?"
    summed = db.execute(
        f"SELECT requester, origin_channel, sum(counted_usd), CASE WHEN {_OPEN} THEN 1 ELSE 0 END AS promised,"
        f" count(*) FROM jobs WHERE {in_month}"
        " AND (counted_usd IS NULL OR counted_usd >= 0)"
        " GROUP BY requester, origin_channel, promised, CASE WHEN counted_usd IS NULL THEN 0 ELSE 1 END",
        month_of(at),
    ).fetchall()
    # Of an earlier version, and not written since: nobody has reckoned yet what they count for.
    older = db.execute(f"SELECT value FROM jobs WHERE {in_month} AND counted_usd < 0", month_of(at)).fetchall()
    return [
        *(Spend(person, channel, usd, bool(promised), jobs) for person, channel, usd, promised, jobs in summed),
        *(spend_of(_job(value)) for (value,) in older),
    ]


def _running(db: Connection, provider: str) -> int:
    idle = states.WITHOUT_ROOM
    found = db.execute(
        f"SELECT count(*) FROM jobs WHERE provider = ? AND {_OPEN} AND state NOT IN ({marks(idle)})", [provider, *idle]
    ).fetchone()
    return int(found[0])


def _sibling(db: Connection, job: Job) -> str | None:
    """Another job of ours that stands for the same job of the provider."""
    row = db.execute(
        "SELECT id FROM jobs WHERE provider = ? AND provider_job_id = ? AND id != ?",
        [job.provider, job.provider_job_id, job.id],
    ).fetchone()
    return row[0] if row else None


def write_change(db: Connection, change: JobUpdate) -> None:
    """Inside a caller's transaction."""
    job, followed = change.job, change.followed
    if followed is None:
        followed = bool(db.execute("SELECT followed FROM jobs WHERE id = ?", [job.id]).fetchone()[0])
    _write_job(db, job, followed=followed)
    for event in change.events:
        db.execute(
            "INSERT INTO events (job_id, id, seq, created_at, level, type, message, data) VALUES (?, ?,"
            " (SELECT coalesce(max(seq), 0) + 1 FROM events WHERE job_id = ?), ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [job.id, event.id, job.id, event.created_at, event.level, event.type, event.message, event.data],
        )
        if event.metrics:
            _add_metrics(db, job.id, event.metrics)
    for checkpoint in change.checkpoints:
        db.execute(
            "INSERT INTO checkpoints (job_id, id, step, model, value) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [job.id, checkpoint.id, checkpoint.step, checkpoint.model, msgspec.json.encode(checkpoint).decode()],
        )
    if change.shown:
        touch_card(db, job.id)
        if job.group is not None:
            touch_card(db, job.group)
    put_notices(db, change.told)
    put_entries(db, change.audit)


def _add_metrics(db: Connection, job_id: str, metrics: Metrics) -> None:
    """Some providers tell the figures of one step in several events."""
    row = db.execute("SELECT value FROM metrics WHERE job_id = ? AND step = ?", [job_id, metrics.step]).fetchone()
    known = msgspec.json.decode(row[0]) if row else {}
    value = msgspec.json.encode(known | msgspec.to_builtins(metrics)).decode()
    db.execute(
        "INSERT INTO metrics VALUES (?, ?, ?) ON CONFLICT (job_id, step) DO UPDATE SET value = excluded.value",
        [job_id, metrics.step, value],
    )


def _write_job(db: Connection, job: Job, *, followed: bool) -> None:
    columns = {
        "state": job.state,
        "provider": job.provider,
        "provider_job_id": job.provider_job_id,
        "requester": job.requester,
        "origin_channel": job.origin.channel,
        "origin_private": job.origin.private,
        "dataset_id": job.dataset_id,
        "validation_dataset_id": job.validation_dataset_id,
        "group_id": job.group,
        "fine_tuned_model": job.fine_tuned_model,
        "deployed": job.deployment is not None,
        "declined": job.approval is not None and job.approval.approved is False,
        "error_code": job.error.code if job.error else None,
        "created_at": job.created_at,
        "followed": followed,
        "knows_models": bool(job.kept or job.lost_models),
        "counted_usd": counted_cost(job),
        "value": msgspec.json.encode(job).decode(),
    }
    db.execute(
        f"INSERT INTO jobs (id, seq, {', '.join(columns)})"
        f" VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM jobs), {marks(columns)})"
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}",
        [job.id, *columns.values()],
    )


def _job(value: str) -> Job:
    return msgspec.json.decode(value, type=Job)


def _settings(job: Job, sha256: str) -> tuple[object, ...]:
    """What makes two jobs the same work. The seed is left out: it is ours where the person gave none; so is the number
    at the end of a name in a sweep.

    `sha256`: of the job's data set, "" where it has none. A file that was dropped twice is the same data, but not
    in another channel, where people may know nothing of this one.
    """
    data = (job.origin.channel, sha256 or job.dataset_id or job.training_file)
    suffix = given_suffix(job.suffix, job.file_name)
    if suffix and (job.group or "").startswith(PREFIX):
        suffix = suffix.rstrip("0123456789")
    return (
        data,
        job.validation_dataset_id,
        job.base_model,
        job.requested_hyperparameters,
        job.method,
        job.grader,
        suffix,
    )

"""Everything the trainer knows, in one SQLite file in WAL mode.

Reads and writes are short, so they run where they are called, one at a time under a lock. Lists are newest first:
`after` names the last item a client has seen and goes to older ones, as in the protocol.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

# sqlite-utils imports pandas where it finds it, only to know its types: a third of a second more at each start.
if "pandas" not in sys.modules:
    sys.modules["pandas"] = None  # type: ignore[assignment]
    import sqlite_utils  # noqa: F401

    del sys.modules["pandas"]
from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

from texts import trainer as texts
from trainer.errors import TrainerError
from trainer.objects import (
    FROM_ENVIRONMENT,
    Checkpoint,
    Event,
    Export,
    File,
    Job,
    JobStatus,
    Key,
    Model,
    Pace,
    Permission,
    StoredResponse,
    Upload,
    now,
)

migrations = Migrations("trainer")

S = TypeVar("S", bound=msgspec.Struct)

# Columns that hold JSON.
_JSON = {
    "metadata",
    "result_files",
    "error",
    "data",
    "metrics",
    "lineage",
    "reinforcement",
    "trial",
    "integrations",
} | {"response", "input"}

_UNEXPIRED = "(expires_at IS NULL OR expires_at > ?)"


@migrations()
def m001_initial(db: Database) -> None:
    db.execute(
        "CREATE TABLE files (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, filename TEXT, purpose TEXT, bytes INTEGER,"
        " created_at INTEGER)"
    )
    db.execute(
        "CREATE TABLE jobs (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, created_at INTEGER, status TEXT, model TEXT,"
        " base TEXT, training_file TEXT, seed INTEGER, validation_file TEXT, suffix TEXT, n_epochs INTEGER,"
        " batch_size INTEGER, learning_rate_multiplier REAL, metadata TEXT, finished_at INTEGER,"
        " fine_tuned_model TEXT, trained_tokens INTEGER, estimated_finish INTEGER, result_files TEXT, error TEXT,"
        " attempts INTEGER)"
    )
    db.execute(
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, job_id TEXT, created_at INTEGER, level TEXT,"
        " message TEXT, type TEXT, data TEXT)"
    )
    db.execute("CREATE INDEX events_of_job ON events (job_id, seq)")
    db.execute(
        "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, job_id TEXT, created_at INTEGER,"
        " model TEXT, step INTEGER, metrics TEXT)"
    )
    db.execute(
        "CREATE TABLE models (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, base TEXT, folder TEXT, created_at INTEGER,"
        " owned_by TEXT, job_id TEXT)"
    )
    db.execute("CREATE TABLE keys (name TEXT PRIMARY KEY, sha256 TEXT UNIQUE, created_at INTEGER)")


@migrations()
def m002_methods(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN method TEXT NOT NULL DEFAULT 'supervised'")
    db.execute("ALTER TABLE jobs ADD COLUMN beta REAL")
    db.execute("ALTER TABLE jobs ADD COLUMN lineage TEXT")


@migrations()
def m003_owners(db: Database) -> None:
    for table in ("files", "jobs", "models"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN owner TEXT")
    # Keys that saw everything until now still do.
    db.execute("ALTER TABLE keys ADD COLUMN admin INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE keys SET admin = 1")


@migrations()
def m004_shutdowns(db: Database) -> None:
    db.execute("CREATE TABLE shutdowns (model TEXT PRIMARY KEY, date TEXT NOT NULL)")


@migrations()
def m005_uploads(db: Database) -> None:
    db.execute(
        "CREATE TABLE uploads (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, filename TEXT, purpose TEXT, bytes INTEGER,"
        " created_at INTEGER, expires_at INTEGER, status TEXT, owner TEXT)"
    )


@migrations()
def m006_expiry(db: Database) -> None:
    db.execute("ALTER TABLE files ADD COLUMN expires_at INTEGER")
    db.execute("ALTER TABLE uploads ADD COLUMN file_seconds INTEGER")


@migrations()
def m007_permissions(db: Database) -> None:
    db.execute(
        "CREATE TABLE permissions (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, model TEXT, project TEXT,"
        " created_at INTEGER, UNIQUE (model, project))"
    )


@migrations()
def m008_reinforcement(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN reinforcement TEXT")


@migrations()
def m009_exports(db: Database) -> None:
    db.execute(
        "CREATE TABLE exports (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, model TEXT, format TEXT, created_at INTEGER,"
        " quantization TEXT, status TEXT, finished_at INTEGER, expires_at INTEGER, file_name TEXT, bytes INTEGER,"
        " sha256 TEXT, trial TEXT, error TEXT, attempts INTEGER, owner TEXT)"
    )


@migrations()
def m010_integrations(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN integrations TEXT")
    db.execute("ALTER TABLE jobs ADD COLUMN tracked INTEGER NOT NULL DEFAULT 0")


@migrations()
def m011_responses(db: Database) -> None:
    db.execute(
        "CREATE TABLE responses (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, created_at INTEGER, expires_at INTEGER,"
        " response TEXT, input TEXT, owner TEXT)"
    )
    db.execute("CREATE INDEX responses_by_expiry ON responses (expires_at)")


@migrations()
def m012_aliases(db: Database) -> None:
    db.execute("CREATE TABLE aliases (alias TEXT PRIMARY KEY, model TEXT NOT NULL)")


@migrations()
def m013_paces(db: Database) -> None:
    db.execute(
        "CREATE TABLE paces (seq INTEGER PRIMARY KEY, base TEXT, method TEXT, whole INTEGER, machine TEXT, device TEXT,"
        " steps INTEGER, tokens INTEGER, seconds REAL, around REAL, created_at INTEGER, step_tokens REAL)"
    )
    db.execute("CREATE INDEX paces_of_base ON paces (base, method, whole, machine)")


@migrations()
def m014_memory(db: Database) -> None:
    db.execute("ALTER TABLE paces ADD COLUMN memory INTEGER")


@migrations()
def m015_queue(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN queued_at REAL")
    db.execute("ALTER TABLE jobs ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal'")
    db.execute("ALTER TABLE jobs ADD COLUMN devices INTEGER NOT NULL DEFAULT 1")
    db.execute("ALTER TABLE keys ADD COLUMN high_priority INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "CREATE TABLE turns (seq INTEGER PRIMARY KEY, job_id TEXT, owner TEXT, channel TEXT, devices INTEGER,"
        " began_at REAL, ended_at REAL)"
    )


@migrations()
def m016_traces(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN traceparent TEXT")


_TROUBLE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
}


def trouble(error: BaseException) -> str | None:
    """What keeps the database from being used for now; None where it is something else, such as wrong SQL."""
    # The low byte is the kind of trouble, the rest its details (sqlite.org/rescode.html, read 2026-11-21).
    is_sqlite = isinstance(error, sqlite3.OperationalError)
    return _TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF) if is_sqlite else None


class Store:
    """One open database. `atomic()` groups writes: all of them, or none."""

    def __init__(self, path: Path) -> None:
        connection = sqlite3.connect(str(path), check_same_thread=False, timeout=30, isolation_level=None)
        self._db = Database(connection)
        self._db.enable_wal()
        # A power cut may lose the last moments, never the file's integrity: what is lost is trained again.
        connection.execute("PRAGMA synchronous = NORMAL")
        self._lock = threading.RLock()
        with self._lock:
            migrations.apply(self._db)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        with self._lock, self._db.atomic():
            yield

    # Files

    def add_file(self, file: File) -> None:
        self._insert("files", file)

    def file(self, id: str) -> File | None:
        return self._one(File, "files", f"id = ? AND {_UNEXPIRED}", [id, now()])

    def files(
        self, *, key: Key, after: str | None, limit: int, purpose: str | None, ascending: bool
    ) -> tuple[list[File], bool]:
        where, values = _seen_by(key)
        where, values = f"{where} AND {_UNEXPIRED}", [*values, now()]
        if purpose:
            where, values = f"{where} AND purpose = ?", [*values, purpose]
        return self._page(File, "files", where, values, after=after, limit=limit, ascending=ascending)

    def expired_files(self, at: int) -> list[File]:
        """Those that nobody sees any more, and whose contents can go."""
        return self._rows(File, "files", "expires_at <= ?", [at])

    def delete_file(self, id: str) -> None:
        self._delete("files", id)

    def add_upload(self, upload: Upload) -> None:
        self._insert("uploads", upload)

    def upload(self, id: str) -> Upload | None:
        return self._one(Upload, "uploads", "id = ?", [id])

    def expired_uploads(self, at: int) -> list[Upload]:
        """Those that were neither completed nor cancelled in time."""
        return self._rows(Upload, "uploads", "status = 'pending' AND expires_at <= ?", [at])

    def end_upload(self, id: str, status: str) -> None:
        with self._lock:
            self._db.execute("UPDATE uploads SET status = ? WHERE id = ?", [status, id])

    # Jobs

    def add_job(self, job: Job) -> None:
        self._insert("jobs", job)

    def job(self, id: str) -> Job | None:
        return self._one(Job, "jobs", "id = ?", [id])

    def status(self, id: str) -> JobStatus | None:
        job = self.job(id)
        return job.status if job else None

    def change_job(self, id: str, **changes: Any) -> Job:
        """Write some fields of a job; returns the job as it is now. KeyError if there is none."""
        with self._lock:
            packed = _pack(changes)
            names = ", ".join(f"{name} = :{name}" for name in packed)
            self._db.execute(f"UPDATE jobs SET {names} WHERE id = :id", {**packed, "id": id})
            job = self.job(id)
        if job is None:
            raise KeyError(id)
        return job

    def jobs(
        self,
        *,
        key: Key,
        after: str | None,
        limit: int,
        metadata: dict[str, str] | None = None,
        without_metadata: bool = False,
    ) -> tuple[list[Job], bool]:
        """Newest first. `metadata` keeps the jobs that carry all of these pairs."""
        where, values = _seen_by(key)
        if without_metadata:
            where += " AND (metadata IS NULL OR metadata = 'null' OR metadata = '{}')"
        for name, value in (metadata or {}).items():
            where += " AND EXISTS (SELECT 1 FROM json_each(jobs.metadata) WHERE key = ? AND value = ?)"
            values += [name, value]
        return self._page(Job, "jobs", where, values, after=after, limit=limit)

    def jobs_with_status(self, *statuses: str) -> list[Job]:
        """Oldest first."""
        marks = ", ".join("?" for _ in statuses)
        return self._rows(Job, "jobs", f"status IN ({marks}) ORDER BY seq", list(statuses))

    def count_jobs(self) -> dict[str, int]:
        """By status."""
        with self._lock:
            return dict(self._db.execute("SELECT status, count(*) FROM jobs GROUP BY status").fetchall())

    def untracked_jobs(self) -> list[Job]:
        """Those with an integration that has not been told all, oldest first."""
        return self._rows(Job, "jobs", "integrations IS NOT NULL AND NOT tracked ORDER BY seq", [])

    # Turns: when jobs had how many devices

    def begin_turn(self, job: Job, at: float) -> None:
        owner, channel = job.group
        row = {"job_id": job.id, "owner": owner, "channel": channel, "devices": job.devices, "began_at": at}
        with self.atomic():
            self.end_turn(job.id, at)  # of a server that was cut off
            self._table("turns").insert(row)

    def end_turn(self, job_id: str, at: float) -> None:
        with self._lock:
            self._db.execute("UPDATE turns SET ended_at = ? WHERE job_id = ? AND ended_at IS NULL", [at, job_id])

    def end_turns_of_resting_jobs(self, at: float) -> None:
        """After the start: of those that do not train any more."""
        resting = "job_id NOT IN (SELECT id FROM jobs WHERE status = 'running')"
        with self._lock:
            self._db.execute(f"UPDATE turns SET ended_at = ? WHERE ended_at IS NULL AND {resting}", [at])

    def device_seconds(self, *, since: float, until: float) -> dict[tuple[str, str], float]:
        """Of each key and channel. What ended before is forgotten."""
        used: dict[tuple[str, str], float] = {}
        with self.atomic():
            self._db.execute("DELETE FROM turns WHERE ended_at <= ?", [since])
            rows = self._db.execute("SELECT owner, channel, devices, began_at, ended_at FROM turns").fetchall()
        for owner, channel, devices, began_at, ended_at in rows:
            seconds = max(0.0, min(ended_at or until, until) - max(began_at, since)) * devices
            used[owner, channel] = used.get((owner, channel), 0.0) + seconds
        return used

    # Events and checkpoints

    def add_event(self, event: Event) -> None:
        self._insert("events", event)

    def events(self, job_id: str, *, after: str | None, limit: int) -> tuple[list[Event], bool]:
        return self._page(Event, "events", "job_id = ?", [job_id], after=after, limit=limit)

    def metrics(self, job_id: str) -> list[dict[str, Any]]:
        """The measurements of a job, one for each step, in the order of the steps; of a step measured twice (a job
        that began again), the later ones."""
        rows = self._rows(Event, "events", "job_id = ? AND type = 'metrics' ORDER BY seq", [job_id])
        by_step = {row.data["step"]: row.data for row in rows}
        return [by_step[step] for step in sorted(by_step)]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        self._insert("checkpoints", checkpoint)

    def checkpoints(self, job_id: str, *, after: str | None, limit: int) -> tuple[list[Checkpoint], bool]:
        """Highest step first: they are added in the order of their steps."""
        return self._page(Checkpoint, "checkpoints", "job_id = ?", [job_id], after=after, limit=limit)

    def checkpoint_of(self, model: str) -> Checkpoint | None:
        """The checkpoint that answers as this model."""
        return self._one(Checkpoint, "checkpoints", "model = ?", [model])

    # Exports

    def add_export(self, export: Export) -> None:
        self._insert("exports", export)

    def export(self, id: str) -> Export | None:
        return self._one(Export, "exports", "id = ?", [id])

    def change_export(self, id: str, **changes: Any) -> Export | None:
        """Write some fields; the export as it is now, None where it was deleted meanwhile."""
        with self._lock:
            packed = _pack(changes)
            names = ", ".join(f"{name} = :{name}" for name in packed)
            self._db.execute(f"UPDATE exports SET {names} WHERE id = :id", {**packed, "id": id})
            return self.export(id)

    def exports(self, *, key: Key, model: str | None, after: str | None, limit: int) -> tuple[list[Export], bool]:
        where, values = _seen_by(key)
        if model is not None:
            where, values = f"{where} AND model = ?", [*values, model]
        return self._page(Export, "exports", where, values, after=after, limit=limit)

    def exports_of(self, model: str) -> list[Export]:
        return self._rows(Export, "exports", "model = ?", [model])

    def unfinished_exports(self) -> list[Export]:
        """Oldest first."""
        return self._rows(Export, "exports", "status IN ('queued', 'running') ORDER BY seq", [])

    def expired_exports(self, at: int) -> list[Export]:
        return self._rows(Export, "exports", "expires_at <= ?", [at])

    def delete_export(self, id: str) -> None:
        self._delete("exports", id)

    # Responses

    def add_response(self, response: StoredResponse) -> None:
        self._insert("responses", response)

    def response(self, id: str) -> StoredResponse | None:
        return self._one(StoredResponse, "responses", f"id = ? AND {_UNEXPIRED}", [id, now()])

    def delete_response(self, id: str) -> None:
        self._delete("responses", id)

    def delete_expired_responses(self, at: int) -> None:
        with self._lock:
            self._db.execute("DELETE FROM responses WHERE expires_at <= ?", [at])

    # Models

    def add_model(self, model: Model) -> None:
        self._insert("models", model)

    def model(self, id: str) -> Model | None:
        return self._one(Model, "models", "id = ?", [id])

    def models(self) -> list[Model]:
        return self._rows(Model, "models", "1 ORDER BY seq DESC", [])

    def delete_model(self, id: str) -> None:
        with self.atomic():
            self._delete("models", id)
            self.set_shutdown(id, None)
            self._db.execute("DELETE FROM permissions WHERE model = ?", [id])
            self._db.execute("DELETE FROM aliases WHERE model = ?", [id])

    def aliases(self) -> dict[str, str]:
        """The models that further names stand for, by those names."""
        with self._lock:
            return dict(self._db.execute("SELECT alias, model FROM aliases ORDER BY alias").fetchall())

    def set_alias(self, alias: str, model: str | None) -> None:
        with self._lock:
            self._db.execute("DELETE FROM aliases WHERE alias = ?", [alias])
            if model is not None:
                self._table("aliases").insert({"alias": alias, "model": model})

    def grant(self, permission: Permission) -> Permission:
        """Add a permission; returns the one that stands, which is the older one where the project had it already."""
        with self.atomic():
            where, values = "model = ? AND project = ?", [permission.model, permission.project]
            there = self._one(Permission, "permissions", where, values)
            if there is None:
                self._insert("permissions", permission)
        return there or permission

    def permissions(
        self, model: str, *, project: str | None, after: str | None, limit: int, ascending: bool
    ) -> tuple[list[Permission], bool]:
        where, values = "model = ?", [model]
        if project is not None:
            where, values = f"{where} AND project = ?", [*values, project]
        return self._page(Permission, "permissions", where, values, after=after, limit=limit, ascending=ascending)

    def revoke(self, id: str, model: str) -> bool:
        """Whether there was such a permission of this model."""
        with self._lock:
            return self._db.execute("DELETE FROM permissions WHERE id = ? AND model = ?", [id, model]).rowcount > 0

    def granted(self, model: str, project: str) -> bool:
        return self._one(Permission, "permissions", "model = ? AND project = ?", [model, project]) is not None

    def shutdowns(self) -> dict[str, str]:
        """The days (YYYY-MM-DD) from which models answer no more, by the models' ids."""
        with self._lock:
            return dict(self._db.execute("SELECT model, date FROM shutdowns").fetchall())

    def set_shutdown(self, model: str, date: str | None) -> None:
        with self._lock:
            self._db.execute("DELETE FROM shutdowns WHERE model = ?", [model])
            if date is not None:
                self._table("shutdowns").insert({"model": model, "date": date})

    def add_pace(self, pace: Pace) -> None:
        self._insert("paces", pace)

    def paces(self, *, base: str, method: str, whole: bool, machine: str) -> list[Pace]:
        """Newest first."""
        where = "base = ? AND method = ? AND whole = ? AND machine = ? ORDER BY seq DESC LIMIT 100"
        return self._rows(Pace, "paces", where, [base, method, whole, machine])

    def latest_pace(self, machine: str) -> Pace | None:
        """Of whatever was trained there last: it tells the device."""
        return self._one(Pace, "paces", "machine = ? ORDER BY seq DESC LIMIT 1", [machine])

    # Keys: only their hashes are kept.

    def add_key(self, name: str, key: str, *, admin: bool, high_priority: bool = False) -> None:
        """TrainerError if the name is taken."""
        if name == FROM_ENVIRONMENT.name:
            raise TrainerError(texts.key_of_environment(name))
        row = {
            "name": name,
            "sha256": _hash(key),
            "created_at": now(),
            "admin": admin,
            "high_priority": high_priority,
        }
        try:
            with self._lock:
                self._table("keys").insert(row)
        except sqlite3.IntegrityError:
            raise TrainerError(texts.key_exists(name)) from None

    def key(self, key: str) -> Key | None:
        """Whose key this is; None if nobody's. Compared by hash, so the time it takes tells nothing about keys."""
        with self._lock:
            found = self._db.execute(f"{_KEYS} WHERE sha256 = ?", [_hash(key)]).fetchone()
        return _key(*found) if found else None

    def all_keys(self) -> list[Key]:
        with self._lock:
            rows = self._db.execute(f"{_KEYS} ORDER BY created_at, name").fetchall()
        return [_key(*row) for row in rows]

    def delete_key(self, name: str) -> bool:
        with self._lock:
            return self._db.execute("DELETE FROM keys WHERE name = ?", [name]).rowcount > 0

    # Below: rows to values and back.

    def _table(self, name: str) -> Table:
        return self._db.table(name)

    def _insert(self, table: str, value: msgspec.Struct) -> None:
        with self._lock:
            self._table(table).insert(_pack(msgspec.structs.asdict(value)))

    def _delete(self, table: str, id: str) -> None:
        with self._lock:
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", [id])

    def _one(self, kind: type[S], table: str, where: str, values: list[Any]) -> S | None:
        rows = self._rows(kind, table, where, values)
        return rows[0] if rows else None

    def _rows(self, kind: type[S], table: str, where: str, values: list[Any]) -> list[S]:
        columns = kind.__struct_fields__
        with self._lock:
            rows = self._db.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", values).fetchall()
        return [kind(**_unpack(dict(zip(columns, row, strict=True)))) for row in rows]

    def _page(
        self,
        kind: type[S],
        table: str,
        where: str,
        values: list[Any],
        *,
        after: str | None,
        limit: int,
        ascending: bool = False,
    ) -> tuple[list[S], bool]:
        """A page and whether there is more. KeyError if `after` names nothing in this list."""
        with self._lock:
            if after is not None:
                row = self._db.execute(f"SELECT seq FROM {table} WHERE id = ? AND {where}", [after, *values]).fetchone()
                if row is None:
                    raise KeyError(after)
                where += f" AND seq {'>' if ascending else '<'} ?"
                values = [*values, row[0]]
            order = "ASC" if ascending else "DESC"
            rows = self._rows(kind, table, f"{where} ORDER BY seq {order} LIMIT ?", [*values, limit + 1])
        return rows[:limit], len(rows) > limit


_KEYS = "SELECT name, admin, high_priority FROM keys"


def _key(name: str, admin: int, high_priority: int) -> Key:
    return Key(name, bool(admin), bool(high_priority))


def _seen_by(key: Key) -> tuple[str, list[Any]]:
    return ("1", []) if key.admin else ("owner = ?", [key.name])


def _pack(values: dict[str, Any]) -> dict[str, Any]:
    return {name: json.dumps(value) if name in _JSON and value is not None else value for name, value in values.items()}


def _unpack(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON and value is not None else value for name, value in row.items()}


def _hash(key: str) -> str:
    # Keys are 32 random bytes: a plain hash cannot be guessed backwards, so no slow hash is needed.
    return hashlib.sha256(key.encode()).hexdigest()

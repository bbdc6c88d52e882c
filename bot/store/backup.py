"""A copy of the SQLite store while it is in use, and a store made from such a copy.

Training files are not in it: they lie beside it under the names of their contents, and any copy of that folder will do.
"""

import contextlib
import os
import shutil
import sqlite3
import time
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from bot.errors import StartError
from bot.evaluations.run import RunState
from bot.jobs import states
from bot.jobs.apply_update import ending
from bot.jobs.interfaces import JobUpdate
from bot.jobs.job import Job
from bot.providers.protocol import JobError
from bot.store.connection import Connection
from bot.store.jobs import write_change
from bot.store.schema import migration_names, migrations
from bot.store.shown_messages import SHOWN
from bot.store.sqlite import SqliteConnection


def backup(folder: Path, file: Path) -> int:
    """Copy the store in `folder` to `file`; its size in bytes. The store can be used meanwhile.

    Raises StartError where there is no store, or `file` is there already or cannot be written.
    """
    store = folder / "bot.db"
    if not store.is_file():
        raise StartError("no_store", folder=folder)
    if file.exists():
        raise StartError("backup_exists", file=file)
    try:
        _copy(store, file)
    except (OSError, sqlite3.Error) as error:
        raise StartError("backup_not_written", file=file, why=error) from error
    return file.stat().st_size


def restore(folder: Path, file: Path, *, notices_channel: str | None = None) -> Path | None:
    """Replace the store in `folder` by the backup `file`. Returns where a copy of the replaced store is kept.

    What was under way when the backup was made may have been done since then, so nothing of it is done blindly: jobs
    are looked up at the provider before they are created, notices in their threads before they are said, and requests
    of people that were waiting are dropped (people repeat them). Jobs of which nobody can know have failed.

    Raises StartError where a bot works in `folder`, or `file` is no whole backup that this version understands.
    """
    if not file.is_file():
        raise StartError("no_file", file=file)
    new = folder / "bot.db.new"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / "lock", timeout=0):
            try:
                _copy(file, new)
                _make_ready(new, file, notices_channel)
                return _put_in_place(new, folder / "bot.db")
            finally:
                new.unlink(missing_ok=True)
    except Timeout as error:
        raise StartError("stop_first", folder=folder) from error
    except (OSError, sqlite3.Error) as error:
        raise StartError("not_restored", file=file, why=error) from error


def _copy(source: Path, target: Path) -> None:
    """Copy and check; leaves no partial copy."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as reader,
            contextlib.closing(sqlite3.connect(part)) as writer,
        ):
            os.chmod(part, 0o600)
            # In one go: page by page it would begin anew with each write of the bot's, which a reader never holds up.
            reader.backup(writer)
            (verdict,) = writer.execute("PRAGMA integrity_check").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(f"damaged: {verdict}")
            writer.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _make_ready(new: Path, file: Path, notices_channel: str | None) -> None:
    """Bring a copied store to this version, and have looked up what may have been done since."""
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
        db = SqliteConnection(connection)
        theirs = {migration.name for migration in migrations.applied(db)}
        if not theirs:
            raise StartError("no_backup", file=file)
        if not theirs <= migration_names():
            raise StartError("backup_too_new", file=file)
        migrations.apply(db)
        with db.atomic():
            doubt_what_was_under_way(db, notices_channel)


def _put_in_place(new: Path, store: Path) -> Path | None:
    kept = None
    if store.exists():
        # As it is, for it may be damaged; nobody writes to it, because we hold its lock.
        kept = store.with_name(time.strftime("bot-before-restore-%Y%m%d-%H%M%S.db", time.gmtime()))
        for suffix in ("", "-wal"):
            part = store.with_name(store.name + suffix)
            if part.exists():
                shutil.copy2(part, kept.with_name(kept.name + suffix))
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    os.replace(new, store)
    return kept


def doubt_what_was_under_way(db: Connection, notices_channel: str | None = None) -> None:
    """Inside a transaction on a restored store. All of it makes things looked up that would otherwise be done."""
    (at,) = db.execute(
        "SELECT max(at) FROM (SELECT max(received_at) AS at FROM inbox UNION ALL SELECT max(changed_at) FROM cards"
        f" UNION ALL SELECT max(created_at) FROM jobs UNION ALL SELECT max(created_at) FROM ({SHOWN}) AS shown)"
        " AS known"
    ).fetchone()
    at = at or time.time()
    db.execute("INSERT INTO restorations VALUES (?)", [at])
    db.execute("UPDATE inbox SET state = 'failed', payload = NULL WHERE state = 'pending'")
    db.execute(
        "UPDATE notices SET state = 'attempting', attempted_at = coalesce(attempted_at, ?) WHERE state = 'pending'",
        [at],
    )
    # Messages about what had ended show how that was.
    db.execute(
        "UPDATE cards SET shown = NULL, dirty = 1, posting_since = coalesce(posting_since, changed_at)"
        " WHERE dirty = 1 OR job_id IN (SELECT id FROM jobs WHERE followed = 1)"
    )
    for runs in ("evaluations", "judge_checks", "generations"):
        db.execute(f"UPDATE {runs} SET shown = NULL WHERE state IN (?, ?)", [RunState.RUNNING, RunState.PAUSED])
    db.execute(
        "UPDATE shown_messages SET shown = NULL WHERE about IN ("
        + " UNION ALL ".join(
            f"SELECT id FROM {runs} WHERE shown IS NULL OR shown <> changes"
            for runs in ("evaluations", "judge_checks", "generations")
        )
        + " UNION ALL SELECT id FROM exports WHERE open = 1"
        " UNION ALL SELECT id FROM comparisons WHERE due_at IS NOT NULL)"
    )
    waiting = db.execute(
        "SELECT value FROM jobs WHERE state IN (?, ?, ?)", [states.AWAITING_APPROVAL, states.IN_LINE, states.SUBMITTING]
    ).fetchall()
    for (value,) in waiting:
        job = msgspec.json.decode(value, type=Job)
        if job.state == states.SUBMITTING and job.training_file is not None:
            attempted = job.create_attempted_at or job.created_at
            write_change(db, JobUpdate(msgspec.structs.replace(job, create_attempted_at=attempted)))
        else:
            # It may have gone on, and there is nothing to look it up by: the provider had not even its file.
            error = JobError("restored", "")
            failed = msgspec.structs.replace(job, state=states.FAILED, error=error, finished_at=time.time())
            write_change(db, JobUpdate(failed, notices=ending(failed, notices_channel), followed=False))

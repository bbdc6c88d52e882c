"""A copy of the store while it is in use, and a store made from such a copy.

Training files are not in it: they lie beside it under the names of their contents, and any copy of that folder will do.
"""

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from filelock import FileLock, Timeout
from sqlite_utils import Database as SqliteDatabase

from bot.errors import StartError
from bot.store.schema import migrations


def backup(folder: Path, file: Path) -> int:
    """Copy the store in `folder` to `file`; its size in bytes. Whoever works with the store is not held up.

    Raises StartError where there is no store, or `file` is there already or cannot be written.
    """
    store = folder / "bot.db"
    if not store.is_file():
        raise StartError(f"There is no store in {folder} (FINETUNE_DATA says which folder it is).")
    if file.exists():
        raise StartError(f"{file} is there already, and a backup overwrites nothing. Choose another name.")
    try:
        _copy(store, file)
    except (OSError, sqlite3.Error) as error:
        raise StartError(f"The backup could not be written to {file}: {error}.") from error
    return file.stat().st_size


def restore(folder: Path, file: Path, *, now: float | None = None) -> Path | None:
    """Put the backup `file` in the place of the store in `folder`; where the store that was there is kept.

    What was under way when the backup was made may have been done since then, so nothing of it is done blindly: jobs
    are looked up at the provider before they are created, notices in their threads before they are said, and requests
    of people that were waiting are dropped (people repeat them).

    Raises StartError where a bot works in `folder`, or `file` is no whole backup that this version understands.
    """
    if not file.is_file():
        raise StartError(f"There is no file {file}.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise StartError(f"A finetune-bot is working in {folder}. Stop it first.") from error
    try:
        return _restore(folder, file, time.time() if now is None else now)
    except (OSError, sqlite3.Error) as error:
        raise StartError(f"{file} could not be restored: {error}. The store is as it was.") from error
    finally:
        lock.release()


def _restore(folder: Path, file: Path, now: float) -> Path | None:
    store, new = folder / "bot.db", folder / "bot.db.new"
    new.unlink(missing_ok=True)
    _copy(file, new)
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
        database = SqliteDatabase(connection)
        theirs = {migration.name for migration in migrations.applied(database)}
        ours = {migration.name for migration in migrations.pending(SqliteDatabase(memory=True))}
        if not theirs or not theirs <= ours:
            new.unlink()
            raise StartError(f"{file} is no backup of this bot's, or one of a newer version.")
        migrations.apply(database)
        with database.atomic():
            _doubt_what_was_under_way(database, now)
    kept = None
    if store.exists():
        kept = folder / f"bot-before-restore-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}.db"
        _copy(store, kept)
    for suffix in ("-wal", "-shm"):
        (folder / f"bot.db{suffix}").unlink(missing_ok=True)
    os.replace(new, store)
    return kept


def _copy(source: Path, target: Path) -> None:
    """A whole and checked copy, or none."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as reader,
            contextlib.closing(sqlite3.connect(part)) as writer,
        ):
            os.chmod(part, 0o600)
            reader.backup(writer, pages=1000)
            (verdict,) = writer.execute("PRAGMA integrity_check").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(f"it is damaged ({verdict})")
            writer.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _doubt_what_was_under_way(db: SqliteDatabase, now: float) -> None:
    """Every statement here makes something looked up that would otherwise be done."""
    db.execute("UPDATE inbox SET state = 'failed', payload = NULL WHERE state = 'pending'")
    db.execute(
        "UPDATE notices SET state = 'attempting', attempted_at = coalesce(attempted_at, ?)"
        " WHERE state IN ('pending', 'attempting')",
        [_earliest(db, now)],
    )
    db.execute(
        "UPDATE cards SET shown = NULL, dirty = 1, posting_since = coalesce(posting_since, changed_at)"
        " WHERE dirty = 1 OR ts IS NOT NULL"
    )
    db.execute(
        "UPDATE jobs SET value = json_set(value, '$.create_attempted_at',"
        " coalesce(json_extract(value, '$.create_attempted_at'), created_at))"
        " WHERE state = 'submitting' AND json_extract(value, '$.training_file') IS NOT NULL"
    )
    # Not even its file was at the provider: nothing to look it up by.
    db.execute(
        "UPDATE jobs SET state = 'failed', followed = 0, value = json_set(value, '$.state', 'failed',"
        " '$.finished_at', ?, '$.error', json_object('code', 'restored', 'message', ?, 'param', NULL))"
        " WHERE state = 'submitting' AND json_extract(value, '$.training_file') IS NULL",
        [now, _NEVER_HANDED_OVER],
    )


_NEVER_HANDED_OVER = (
    "The bot was put back to a backup while this job was being handed over."
    " If the provider has it, follow it by its id."
)


def _earliest(db: SqliteDatabase, now: float) -> float:
    """No notice that waits was posted before this."""
    (earliest,) = db.execute(
        "SELECT min(c.changed_at) FROM notices n JOIN cards c ON c.job_id = json_extract(n.value, '$.under_card')"
        " WHERE n.state IN ('pending', 'attempting')"
    ).fetchone()
    return float(earliest) if earliest is not None else now

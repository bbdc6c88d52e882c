"""All that is kept, or all that names one person, as an archive of open formats: a JSON object a line for each row of
a table, and the training files as they are. A bot may be working meanwhile: what is read is of one moment.
"""

import contextlib
import io
import itertools
import os
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from bot.datasets.file_store import FileStore
from bot.errors import StartError
from bot.settings import SCHEMA
from bot.store.connection import Connection, Values
from bot.store.copying import tables
from bot.store.inspection import reading
from bot.store.persons_ids import direct_messages, may_hold, pattern
from bot.store.trouble import StoreTrouble

_LEFT_OUT: Final = {"installations", "oauth_states"}
"""They hold secrets, and nothing of people."""
_JSON: Final = {"value", "payload", "result", "data", "parts", "models"}
"""Columns that hold JSON; what cannot be read as such stays a text."""
_OF_JOBS: Final = "job_id IN (SELECT id FROM jobs WHERE requester = ?)"
_OF_EVALUATIONS: Final = "evaluation_id IN (SELECT id FROM evaluations WHERE owner = ?)"
_OF_GENERATIONS: Final = "generation_id IN (SELECT id FROM generations WHERE value LIKE '%\"owner\":\"' || ? || '\"%')"
_BELONGS: Final = {
    **dict.fromkeys(("events", "metrics", "checkpoints"), _OF_JOBS),
    **dict.fromkeys(("evaluation_items", "evaluation_answers"), _OF_EVALUATIONS),
    **dict.fromkeys(("generation_topics", "generation_drafts"), _OF_GENERATIONS),
    "comparison_answers": "EXISTS (SELECT 1 FROM comparison_questions AS asked WHERE asked.id = question_id AND"
    " asked.comparison_id = comparison_answers.comparison_id AND asked.value LIKE '%\"asker\":\"' || ? || '\"%')",
}
"""Tables whose rows need not name a person, and by what they are theirs all the same."""


class Exported(msgspec.Struct, frozen=True):
    """`rows` of each table that has any; `files`: names of the training files in the archive."""

    rows: dict[str, int]
    files: tuple[str, ...]


def export_data(
    folder: Path,
    url: SecretStr | None,
    files: FileStore,
    out: Path,
    readme: Callable[[Exported], str],
    person: str,
    *,
    schema: str = SCHEMA,
) -> Exported | None:
    """Of `person`, or of all where that is empty; `readme` says what is in the archive. None, and no archive, where
    nothing is kept of the person.

    Raises StartError where there is no store, or the archive is there already or cannot be written.
    """
    if out.exists():
        raise StartError("export_exists", file=out)
    part = out.with_name(out.name + ".part")
    try:
        with (
            reading(folder, url, schema) as db,
            _private(part) as target,
            zipfile.ZipFile(target, "w", _STORED) as archive,
        ):
            rows = {}
            for table, found in _tables(db, person):
                if count := _write(archive, f"data/{table}.jsonl", found):
                    rows[table] = count
            exported = Exported(rows, tuple(_copy_files(archive, files, _hashes(db, person))))
            if person and not rows:
                return None
            archive.writestr(_entry("README.txt"), readme(exported))
        os.replace(part, out)
        return exported
    except (OSError, sqlite3.Error, StoreTrouble) as error:
        raise StartError("not_exported", file=out, why=error) from error
    finally:
        part.unlink(missing_ok=True)


_STORED: Final = zipfile.ZIP_DEFLATED


@contextlib.contextmanager
def _private(file: Path) -> Iterator[io.BufferedIOBase]:
    """A new file that only this user may read."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        yield target
        target.flush()
        os.fsync(target.fileno())


def _tables(db: Connection, person: str) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    ids = [person, *direct_messages(db, person)] if person else []
    text = {one.table: one for one in db.text_columns()}
    for table in tables():
        if table.name in _LEFT_OUT:
            continue
        columns = ", ".join(table.columns)
        if not person:
            found = db.each(f"SELECT {columns} FROM {table.name}")
            yield table.name, (_row(table.columns, row) for row in found)
            continue
        rows: Iterable[Values] = ()
        if table.name in text and text[table.name].columns:
            where, values = may_hold(text[table.name], ids)
            named = pattern(ids)
            some = db.execute(f"SELECT {columns} FROM {table.name} WHERE {where}", values).fetchall()
            rows = [row for row in some if any(isinstance(cell, str) and named.search(cell) for cell in row)]
        if table.name in _BELONGS:
            theirs = db.execute(f"SELECT {columns} FROM {table.name} WHERE {_BELONGS[table.name]}", [person]).fetchall()
            rows = dict.fromkeys([*map(tuple, rows), *map(tuple, theirs)])
        yield table.name, (_row(table.columns, row) for row in rows)


def _row(columns: Sequence[str], row: Values) -> dict[str, Any]:
    return {name: _read(name, cell) for name, cell in zip(columns, row, strict=True)}


def _read(column: str, cell: Any) -> Any:
    if column in _JSON and isinstance(cell, str):
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(cell)
    return cell


def _write(archive: zipfile.ZipFile, name: str, rows: Iterator[dict[str, Any]]) -> int:
    """A line for each; no entry where there is none."""
    first = next(rows, None)
    if first is None:
        return 0
    count = 0
    with archive.open(_entry(name), "w", force_zip64=True) as lines:
        for row in itertools.chain([first], rows):
            lines.write(msgspec.json.encode(row) + b"\n")
            count += 1
    return count


def _hashes(db: Connection, person: str) -> set[str]:
    rows = db.execute("SELECT sha256, owner FROM datasets WHERE deleted_at IS NULL").fetchall()
    return {sha256 for sha256, owner in rows if owner == person or not person}


def _copy_files(archive: zipfile.ZipFile, files: FileStore, hashes: Iterable[str]) -> Iterator[str]:
    """As they are, not sealed."""
    for sha256 in sorted(hashes):
        name = f"files/{sha256}.jsonl"
        if files.has(sha256):
            with archive.open(_entry(name), "w", force_zip64=True) as target:
                for piece in files.content(sha256):
                    target.write(piece)
            yield name


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    entry.compress_type = _STORED
    entry.external_attr = 0o600 << 16
    return entry

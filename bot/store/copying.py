"""All rows of a store, written into an empty one, whichever databases they are in, and compared there."""

import functools
import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlite_utils import Database as SqliteUtilsDatabase

from bot.errors import StartError
from bot.store.connection import Connection, Session, Values, marks
from bot.store.schema import migrations

_AT_ONCE: Final = 500


class Copied(NamedTuple):
    tables: int
    rows: int


class Table(NamedTuple):
    name: str
    columns: tuple[str, ...]


class Contents(NamedTuple):
    """Of a table: how many rows, and a sum of their hashes, which the order of the rows does not change."""

    rows: int
    hashes: int


def is_empty(db: Connection) -> bool:
    return not any(db.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() for table in tables())


def copy_rows(source: Session, written: Connection) -> Copied:
    """Both have the tables of this version, those of `written` without rows. Raises StartError where what arrived is
    not what left."""
    every = tables()
    with source.reading() as read:  # over before the rows are compared: a server waits seconds for who is idle
        left = [_copy(table, read, written) for table in every]
    for table, sent in zip(every, left, strict=True):
        if contents(_rows(table, written)) != sent:
            raise StartError("store_not_copied", table=table.name)
    written.number_on()
    return Copied(len(every), sum(sent.rows for sent in left))


@functools.cache
def tables() -> list[Table]:
    """Each after those that it refers to."""
    db = SqliteUtilsDatabase(memory=True)
    migrations.apply(db)
    named = [table for table in db.tables if "sqlite_" not in table.name]
    return [Table(table.name, tuple(column.name for column in table.columns)) for table in named]


def _rows(table: Table, db: Connection) -> Iterator[Values]:
    """PostgreSQL holds no NUL, so none goes over."""
    for row in db.each(f"SELECT {', '.join(table.columns)} FROM {table.name}"):
        yield [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row]


def _copy(table: Table, read: Connection, written: Connection) -> Contents:
    insert = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks(table.columns)})"
    waiting: list[Values] = []

    def passing() -> Iterator[Values]:
        for row in _rows(table, read):
            waiting.append(row)
            if len(waiting) == _AT_ONCE:
                written.executemany(insert, waiting)
                waiting.clear()
            yield row

    sent = contents(passing())
    if waiting:
        written.executemany(insert, waiting)
    return sent


def contents(rows: Iterator[Values]) -> Contents:
    count = hashes = 0
    for row in rows:
        count += 1
        hashes += int.from_bytes(hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest())
    return Contents(count, hashes)

"""A new store, migrated once in each process of the tests: 45 ms of processor that a thousand tests would pay.

What opens an empty folder and migrates it, as a bot does at its first start, is tests/store/test_database.py.
"""

import functools
import sqlite3
from pathlib import Path

from sqlite_utils import Database as SqliteDatabase

from bot.store.schema import migrations


@functools.cache
def image() -> bytes:
    """The store's file."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(SqliteDatabase(connection))
    return bytes(connection.serialize())


def place(folder: Path) -> Path:
    """Makes `folder` one that holds the store and nothing else."""
    folder.mkdir(mode=0o700)
    (folder / "bot.db").write_bytes(image())
    return folder

"""A store that moves to another database, whole: all rows of all tables, in one transaction, compared at the end."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from bot.errors import StartError
from bot.settings import SCHEMA
from bot.store.connection import Session
from bot.store.copying import Copied, copy_rows, is_empty
from bot.store.database import Engine
from bot.store.place import is_url, postgresql
from bot.store.sqlite import SqliteEngine


def move_store(source: str, target: str, *, schema: str = SCHEMA) -> Copied:
    """Each is a folder or the URL of a PostgreSQL database, in which the tables are in `schema`. `source` stays as it
    was, but for migrations to this version; `target` is as it was where anything goes wrong.

    Raises StartError where there is no store in `source`, a bot works in one of them, or `target` is no empty store.
    """
    theirs, ours = (_Place(where, schema) for where in (source, target))
    if not theirs.is_there():
        raise StartError("no_store_to_move", where=theirs.where)
    with theirs.session() as read, ours.session() as session, session.atomic() as written:
        if not is_empty(written):
            raise StartError("store_not_empty", where=ours.where)
        return copy_rows(read, written)


class _Place:
    def __init__(self, where: str, schema: str) -> None:
        self._schema = schema
        self._url = SecretStr(where) if is_url(where) else None
        self._folder = Path(where)
        self.where = postgresql(self._url, schema).where if self._url else where

    def is_there(self) -> bool:
        if self._url is None:
            return (self._folder / "bot.db").is_file()
        return postgresql(self._url, self._schema).migrations() is not None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """The only one, for as long as the block takes."""
        engine: Engine = postgresql(self._url, self._schema) if self._url else self._sqlite()
        try:
            session = engine.connect(migrate=True)
            try:
                yield session
            finally:
                session.close()
        finally:
            engine.release()

    def _sqlite(self) -> SqliteEngine:
        try:
            return SqliteEngine(self._folder)
        except StartError as error:
            if error.kind == "folder_in_use":
                raise StartError("stop_first", folder=self._folder) from error
            raise

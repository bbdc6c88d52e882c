"""A connection to PostgreSQL as the repositories know it: statements with `?`, and values as SQLite has them."""

import functools
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown

from bot.store.connection import Rows, TextColumns, Values

_AT_ONCE: Final = 500


class Cursor(psycopg.Cursor[Any]):
    def fetchone(self) -> Any:
        """None, as in SQLite, also after a statement that finds nothing by its nature."""
        return super().fetchone() if self.description else None

    def fetchall(self) -> list[Any]:
        return super().fetchall() if self.description else []


class PostgresqlConnection:
    """Implements `Connection`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Values = (), /) -> Rows:
        return self._connection.execute(_marked(sql), values)

    def each(self, sql: str, /) -> Iterator[Any]:
        with self._connection.cursor("each") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(_marked(sql))
            yield from cursor

    def executemany(self, sql: str, rows: Iterable[Values], /) -> object:
        with self._connection.cursor() as cursor:
            cursor.executemany(_marked(sql), rows)
        return None

    def version(self) -> int:
        """Also another one after somebody else's commit in the same server."""
        (seen,) = self.execute("SELECT CAST(pg_current_snapshot() AS text)").fetchone()
        return zlib.crc32(seen.encode())

    def number_on(self) -> None:
        counted = self.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND is_identity = 'YES'"
        ).fetchall()
        for table, column in counted:
            self.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
                f" HAVING max({column}) IS NOT NULL"
            )

    def text_columns(self) -> list[TextColumns]:
        columns = self.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND data_type = 'text' AND table_name <> 'migrations' ORDER BY table_name, ordinal_position"
        ).fetchall()
        keys = self.execute(
            "SELECT of.table_name, of.column_name FROM information_schema.key_column_usage AS of"
            " JOIN information_schema.table_constraints AS c USING (constraint_schema, constraint_name, table_name)"
            " WHERE of.table_schema = current_schema() AND c.constraint_type = 'PRIMARY KEY'"
            " ORDER BY of.table_name, of.ordinal_position"
        ).fetchall()
        return [
            TextColumns(
                table,
                tuple(column for name, column in keys if name == table),
                tuple(column for name, column in columns if name == table),
            )
            for table in dict.fromkeys(name for name, _ in columns)
        ]


@functools.lru_cache(1000)
def _marked(sql: str) -> str:
    """With psycopg's placeholders; in quotes a `?` is one."""
    parts = sql.replace("%", "%%").split("'")
    return "'".join(part if place % 2 else part.replace("?", "%s") for place, part in enumerate(parts))


class _Text(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        """PostgreSQL has no NUL in texts, and says of a column only later what it is."""
        return super().dump(str(obj).replace("\0", "\ufffd"))


class _Flag(Int8Dumper):
    def dump(self, obj: bool) -> Buffer | None:
        """Stored as a number, as SQLite does."""
        return super().dump(int(obj))


class _Sum(Loader):
    def load(self, data: Buffer) -> int | float:
        """The sum of whole numbers is a `numeric`."""
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def adapt(connection: psycopg.Connection[Any]) -> None:
    connection.adapters.register_dumper(str, _Text)
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(bool, _Flag)
    connection.adapters.register_loader("numeric", _Sum)

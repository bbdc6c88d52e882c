"""What the repositories know of a database: SQL that SQLite and PostgreSQL both take, with `?` for each value.

Portable SQL here means: `INSERT … ON CONFLICT` instead of `INSERT OR …`; no rowid; nothing that looks into JSON (what
a query asks for has a column of its own); no min or max of two values; a condition is a comparison, never a number.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
Values = Sequence[Any]

_AT_ONCE = 500


class Rows(Protocol):
    """What a statement found; in `rowcount`, how many rows it changed."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class TextColumns(NamedTuple):
    """Of a table: the columns of its primary key, none where it has none, and all that hold text, generated ones left
    out."""

    table: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]


class Connection(Protocol):
    """Inside a transaction of the caller's."""

    def execute(self, sql: str, values: Values = (), /) -> Rows: ...

    def each(self, sql: str, /) -> Iterator[Any]:
        """The rows that a query finds, one after another: more than memory would hold."""

    def executemany(self, sql: str, rows: Iterable[Values], /) -> object: ...

    def version(self) -> int:
        """Of what is seen: another one after each commit of somebody else."""

    def text_columns(self) -> list[TextColumns]:
        """Of every table of ours."""

    def number_on(self) -> None:
        """After rows came in with numbers of their own: new ones get later ones."""


class Session(Protocol):
    """One thread's connection to a database, and the transactions on it."""

    def atomic(self) -> AbstractContextManager[Connection]:
        """A transaction, committed at the end of the block; within one, a part that can fail alone.

        Raises StoreTrouble for what a person can do something about.
        """

    def reading(self) -> AbstractContextManager[Connection]:
        """Raises StoreTrouble likewise."""

    def is_in_transaction(self) -> bool: ...

    def check_writable(self) -> None:
        """Inside a transaction: write what is there already. Raises what `atomic` puts into plain words."""

    def sweep(self) -> bool:
        """Outside of a transaction: let nothing that was deleted stay in the files, as far as the database can. False
        where another program keeps it from that."""

    def close(self) -> None: ...


def marks(values: Iterable[object]) -> str:
    """A `?` for each value, as `IN (…)` takes them; of none, what is in nothing."""
    return ", ".join("?" for _ in values) or "SELECT NULL WHERE 1 = 0"


def portions(values: Collection[T]) -> Iterator[list[T]]:
    """As many as go into one statement: SQLite takes 32,766 values (sqlite.org/limits.html, read 2026-11-29),
    and a few hundred keep others from waiting."""
    every = list(values)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))

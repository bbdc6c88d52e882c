"""PostgreSQL: a schema in a database, in which one transaction writes at a time, as in SQLite.

Bots share it: each holds an advisory lock that all of them may hold, and that keeps out whoever wants it alone.

Each that writes begins with an advisory lock, so none ever meets another's half-done work and has to be repeated. A
process that stands still in the middle of one holds up the others for some seconds, then loses it. A commit of which no
answer came is asked about on a new connection.
"""

import contextlib
import hashlib
import re
import time
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import psycopg
from psycopg import conninfo, errors

from bot.errors import StartError
from bot.settings import SCHEMA
from bot.store.connection import Connection, Values
from bot.store.postgresql_connection import Cursor, PostgresqlConnection, adapt
from bot.store.schema.postgresql import migrate as migrate_tables
from bot.store.trouble import StoreTrouble

OLDEST: Final = 14
"""The oldest version of the server."""

_SECONDS_TO_CONNECT: Final = 10
_SECONDS_TO_END: Final = 3.0
"""How long a bot that starts waits for one before it to be gone."""
_SETTINGS: Final = {
    "synchronous_commit": "on",
    "client_encoding": "UTF8",
    "timezone": "UTC",
}
_ALIVE: Final = {"keepalives": 1, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Use(Enum):
    """How a bot uses the schema: the function that takes the lock for it."""

    ALONE = "pg_try_advisory_lock"
    SHARED = "pg_try_advisory_lock_shared"


class PostgresqlEngine:
    """Implements `bot.store.database.Engine`. `url`: as libpq takes it; its password is shown nowhere. `alone`: no
    other bot may use the schema meanwhile."""

    def __init__(self, url: str, schema: str, *, alone: bool = True, longest_pause: float = 15.0) -> None:
        """`longest_pause`: seconds in a transaction after which the server ends it. Raises StartError."""
        if _NAME.fullmatch(schema) is None:
            raise ValueError(f"no name of a schema: {schema}")
        self._schema = schema
        self._alone = alone
        try:
            self._parameters = conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise StartError("database_url_unusable") from error
        own = {
            "search_path": schema,
            "idle_in_transaction_session_timeout": f"{longest_pause * 1000:.0f}ms",
            # Longer, so that whoever waits outlasts one that stands still.
            "lock_timeout": f"{longest_pause * 1000 + 5000:.0f}ms",
        }
        settings = " ".join(f"-c {name}={value}" for name, value in {**_SETTINGS, **own}.items())
        self._parameters |= {
            "connect_timeout": _SECONDS_TO_CONNECT,
            "application_name": "finetune-bot",
            **_ALIVE,
            "options": f"{self._parameters.get('options') or ''} {settings}".strip(),
        }

    @property
    def where(self) -> str:
        """Without the password and whatever else may be secret."""
        host, name = self._parameters.get("host") or "localhost", self._parameters.get("dbname") or ""
        return f"{host}/{name}" if self._schema == SCHEMA else f"{host}/{name}/{self._schema}"

    def connect(self, *, migrate: bool) -> "PostgresqlSession":
        use = None if not migrate else Use.ALONE if self._alone else Use.SHARED
        try:
            session = PostgresqlSession(self, use)
            if migrate:
                with session.atomic() as db:
                    self._prepare(db)
        except psycopg.Error as error:
            raise self._start_error(error) from error
        except StoreTrouble as error:
            raise StartError("database_unusable", where=self.where, why=error.values["trouble"]) from error
        return session

    def _prepare(self, db: Connection) -> None:
        if not db.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", [self._schema]).fetchone():
            db.execute(f"CREATE SCHEMA {self._schema}")
        migrate_tables(db)

    def put_aside(self, db: Connection) -> str:
        """Keep the store under another name, which is returned, and begin an empty one."""
        name = f"{self._schema}_before_{time.strftime('%y%m%d%H%M%S', time.gmtime())}"
        db.execute(f"ALTER SCHEMA {self._schema} RENAME TO {name}")
        self._prepare(db)
        return name

    def erase(self) -> None:
        """The whole store, where there is one. Raises StartError where a bot works in it."""
        try:
            with contextlib.closing(self.opened(Use.ALONE)) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE".encode())
        except psycopg.Error as error:
            raise self._start_error(error) from error

    def opened(self, use: Use | None = None, *, patience: float = _SECONDS_TO_END) -> psycopg.Connection[Any]:
        """`use`: of the schema, by a bot. Raises psycopg.Error, or StartError where the server is too old or a bot that
        is there forbids that `use` after so many seconds of `patience`."""
        connection = psycopg.connect(
            conninfo.make_conninfo("", **self._parameters), autocommit=True, cursor_factory=Cursor
        )
        try:
            adapt(connection)
            if connection.info.server_version < OLDEST * 10_000:
                version = connection.info.parameter_status("server_version")
                raise StartError("database_too_old", where=self.where, version=version, oldest=OLDEST)
            if use is not None and not self._taken(connection, use, patience):
                raise StartError("database_in_use", where=self.where)
        except BaseException:
            connection.close()
            raise
        return connection

    def _taken(self, connection: psycopg.Connection[Any], use: Use, patience: float) -> bool:
        """Whether the schema may be used so now. The server takes a moment to notice that a bot before was killed."""
        deadline = time.monotonic() + patience
        while True:
            row = connection.execute(f"SELECT {use.value}(%s)", [self._key("bot")]).fetchone()
            if row is not None and row[0]:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)

    @property
    def write_key(self) -> int:
        """Of the lock that whoever writes in this schema holds."""
        return self._key("write")

    def _key(self, what: str) -> int:
        """In advisory locks a database's schemas share one space of numbers, of 64 bits."""
        digest = hashlib.sha256(f"finetune-bot/{self._schema}/{what}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    def _start_error(self, error: psycopg.Error) -> StartError:
        said = [line for line in str(error).splitlines() if line and not line[0].isspace()]  # the rest are hints
        why = said[-1] if said else type(error).__name__
        password = self._parameters.get("password")
        return StartError(
            "database_unusable", where=self.where, why=why.replace(str(password), "…") if password else why
        )

    def migrations(self) -> set[str] | None:
        """Those that the store there has seen; None where there is no store yet. Raises StartError."""
        try:
            with self.opened() as connection:
                there = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'"
                if connection.execute(there).fetchone() is None:
                    return None
                return {name for (name,) in connection.execute("SELECT name FROM migrations")}
        except psycopg.Error as error:
            raise self._start_error(error) from error

    def bots(self) -> list[str]:
        """The processes of those that work there, or did until a moment ago, the one that leads first. Raises
        StartError."""
        try:
            with self.opened() as connection:
                return [process for (process,) in connection.execute("SELECT id FROM processes ORDER BY seq")]
        except psycopg.Error as error:
            raise self._start_error(error) from error

    def is_in_use(self) -> bool:
        """Whether a bot works in it. Raises StartError."""
        try:
            _leave(self.opened(Use.ALONE, patience=0))
        except psycopg.Error as error:
            raise self._start_error(error) from error
        except StartError as error:
            if error.kind != "database_in_use":
                raise
            return True
        return False

    def release(self) -> None:
        """The locks went with the connections."""


class PostgresqlSession:
    """Implements `Session`. The connection is opened anew where it was lost."""

    def __init__(self, engine: PostgresqlEngine, use: Use | None) -> None:
        self._engine = engine
        self._use = use
        self._connection = engine.opened(use)
        self._inside = False

    @contextlib.contextmanager
    def atomic(self) -> Iterator[Connection]:
        if self._inside:
            with _in_plain_words(), self._connection.transaction():
                yield PostgresqlConnection(self._connection)
            return
        with _in_plain_words():
            # Each statement sees what was committed while it waited for the lock, whatever the server's default is.
            lock = "SELECT pg_advisory_xact_lock(%s), CAST(pg_current_xact_id() AS text)"
            begun = self._begin("BEGIN ISOLATION LEVEL READ COMMITTED", lock, [self._engine.write_key])
            (_, number) = begun.fetchone() or (None, "")
            self._inside = True
            try:
                yield PostgresqlConnection(self._connection)
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._inside = False
            self._commit(number)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        with _in_plain_words():
            self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield PostgresqlConnection(self._connection)
            finally:
                self._roll_back()

    def is_in_transaction(self) -> bool:
        return self._inside and not self._connection.broken and not self._connection.closed

    def check_writable(self) -> None:
        self._connection.execute(
            "UPDATE migrations SET applied_at = applied_at WHERE name = (SELECT min(name) FROM migrations)"
        )

    def sweep(self) -> bool:
        """Rows that were deleted or changed are given back. The server may keep copies: its log, backups of its own."""
        with _in_plain_words():
            self._begin("VACUUM")
        return True

    def close(self) -> None:
        _leave(self._connection)

    def _begin(self, begin: str, first: str = "", values: Values = ()) -> psycopg.Cursor[Any]:
        """Once more on a new connection, where the old one was lost since it was last used."""
        for is_last in (False, True):
            try:
                if self._connection.closed or self._connection.broken:
                    self._reconnect()
                begun = self._connection.execute(begin)
                return self._connection.execute(first, values) if first else begun
            except psycopg.OperationalError:
                lost = self._connection.closed or self._connection.broken
                self._roll_back()
                if is_last or not lost:
                    raise
        raise AssertionError

    def _reconnect(self) -> None:
        try:
            self._connection = self._engine.opened(self._use)
        except StartError as error:
            raise StoreTrouble("store_trouble", trouble="taken_over") from error

    def _commit(self, number: str) -> None:
        try:
            self._connection.execute("COMMIT")
        except psycopg.OperationalError as error:
            if not self._connection.broken and not self._connection.closed:
                raise
            self._settle(number, error)

    def _settle(self, number: str, error: psycopg.Error) -> None:
        """No answer came to a commit. The server knows what became of it."""
        try:
            self._reconnect()
            # Whoever holds the lock still has not ended: what is asked then is settled.
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [self._engine.write_key])
            row = self._connection.execute("SELECT pg_xact_status(CAST(%s AS xid8))", [number]).fetchone()
            self._connection.execute("COMMIT")
        except (psycopg.Error, StoreTrouble):
            raise StoreTrouble("store_trouble", trouble="in_doubt") from error
        if row is None or row[0] != "committed":
            raise StoreTrouble("store_trouble", trouble="away") from error

    def _roll_back(self) -> None:
        with contextlib.suppress(psycopg.Error):
            if not self._connection.closed and not self._connection.broken:
                self._connection.execute("ROLLBACK")


def _leave(connection: psycopg.Connection[Any]) -> None:
    """The next bot may start at once: the server gives a lock back only after it has seen the connection close."""
    with contextlib.suppress(psycopg.Error):
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock_all()")
    connection.close()


@contextlib.contextmanager
def _in_plain_words() -> Iterator[None]:
    """What a person can do something about; a mistake in our SQL stays what it is."""
    try:
        yield
    except _MENDABLE as error:
        raise StoreTrouble("store_trouble", trouble=_TROUBLE.get(type(error), "away")) from error


_TROUBLE: Final[dict[type[psycopg.Error], str]] = {
    errors.LockNotAvailable: "locked",
    errors.DiskFull: "full",
    errors.IoError: "io",
    errors.ReadOnlySqlTransaction: "readonly",
    errors.InsufficientPrivilege: "readonly",
    errors.IdleInTransactionSessionTimeout: "away",  # no OperationalError, though the connection is gone
    errors.TransactionTimeout: "away",
}
_MENDABLE: Final[tuple[type[psycopg.Error], ...]] = (psycopg.OperationalError, *_TROUBLE)

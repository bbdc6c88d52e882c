"""A store in a PostgreSQL database, whose library is installed only where it is asked for."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.errors import StartError
from bot.settings import SCHEMA

if TYPE_CHECKING:
    from bot.store.postgresql import PostgresqlEngine


def is_url(word: str) -> bool:
    """Of a PostgreSQL database, not the name of a folder."""
    return word.startswith(("postgresql://", "postgres://"))


def postgresql(url: SecretStr, schema: str = SCHEMA, *, alone: bool = True) -> "PostgresqlEngine":
    """`alone`: no other bot may use it meanwhile. Raises StartError where the library is not installed or the URL
    cannot be read."""
    try:
        from bot.store.postgresql import PostgresqlEngine
    except ImportError as error:
        raise StartError("no_psycopg") from error
    return PostgresqlEngine(url.get_secret_value(), schema, alone=alone)

"""A store in a PostgreSQL database, whose library is installed only where it is asked for."""

from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from bot.errors import StartError

if TYPE_CHECKING:
    from bot.store.postgresql import PostgresqlEngine

SCHEMA: Final = "finetune_bot"
"""Of the tables."""


def postgresql(url: SecretStr, schema: str = SCHEMA, *, alone: bool = True) -> "PostgresqlEngine":
    """`alone`: no other bot may use it meanwhile. Raises StartError where the library is not installed or the URL
    cannot be read."""
    try:
        from bot.store.postgresql import PostgresqlEngine
    except ImportError as error:
        raise StartError("no_psycopg") from error
    return PostgresqlEngine(url.get_secret_value(), schema, alone=alone)

"""The migrations since there is more than one database. They are written once, in SQLite's words and types.

Each takes a connection and executes statements, with nothing that only one database knows.
"""

from sqlite_utils import Database

from bot.store.schema.sqlite_past import migrations as migrations


@migrations()
def m037_traces(db: Database) -> None:
    """The trace that a payload belongs to, so that work after a restart goes on in it."""
    db.execute("ALTER TABLE inbox ADD COLUMN traceparent TEXT")

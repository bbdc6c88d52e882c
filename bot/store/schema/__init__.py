"""The tables, as an ordered list of migrations; each runs once and is recorded in the database.

Values (a job, a report, a notice) are kept whole as JSON in `value` or `body`, beside the columns that
queries need, so that a new field of a value needs no migration.
"""

import functools

from sqlite_utils import Database

from bot.store.schema.portable import migrations as migrations


@functools.cache
def migration_names() -> frozenset[str]:
    """All that this version knows."""
    return frozenset(migration.name for migration in migrations.pending(Database(memory=True)))

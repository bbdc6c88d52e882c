"""The tables, as an ordered list of migrations; each runs once and is recorded in the database.

Values (a job, a report, a notice) are kept whole as JSON in `value` or `body`, beside the columns that
queries need, so that a new field of a value needs no migration.
"""

from bot.store.schema.portable import migrations as migrations

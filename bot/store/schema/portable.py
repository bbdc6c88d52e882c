"""The migrations since there is more than one database. They are written once, in SQLite's words and types.

Each takes a connection and executes statements, with nothing that only one database knows.
"""

from bot.store.schema.sqlite_past import migrations as migrations

"""The migrations since there is more than one database. They are written once, in SQLite's words and types.

Each takes a connection and executes statements, with nothing that only one database knows.
"""

import time

from sqlite_utils import Database

from bot.store.schema.sqlite_past import migrations as migrations


@migrations()
def m037_traces(db: Database) -> None:
    """The trace that a payload belongs to, so that work after a restart goes on in it."""
    db.execute("ALTER TABLE inbox ADD COLUMN traceparent TEXT")


@migrations()
def m038_installations(db: Database) -> None:
    """Workspaces in which the app is installed, their tokens sealed; and answers of Slack's that are awaited."""
    db.execute(
        "CREATE TABLE installations (team TEXT PRIMARY KEY, state TEXT NOT NULL, first_at REAL NOT NULL,"
        " installed_at REAL NOT NULL, expires_at REAL, refreshing_until REAL NOT NULL DEFAULT 0, tokens TEXT,"
        " value TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE TABLE oauth_states (state TEXT PRIMARY KEY, expires_at REAL NOT NULL) STRICT")


@migrations()
def m039_age_of_answers(db: Database) -> None:
    """When a model gave an answer; those that are there count as new."""
    db.execute("ALTER TABLE model_answers ADD COLUMN at REAL NOT NULL DEFAULT 0")
    db.execute("UPDATE model_answers SET at = ?", [time.time()])


@migrations()
def m040_processes(db: Database) -> None:
    """Several bots on one store, of which the one with the lowest `seq` leads: the `beats` of each stand still once it
    is dead. And what each has in hand."""
    db.execute(
        "CREATE TABLE processes (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, beats INTEGER NOT NULL,"
        " joined_at REAL NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE claims (thing TEXT PRIMARY KEY, process TEXT NOT NULL, stop INTEGER NOT NULL DEFAULT 0) STRICT"
    )
    db.execute("ALTER TABLE inbox ADD COLUMN claimed_by TEXT")
    db.execute("ALTER TABLE inbox ADD COLUMN thread TEXT")
    db.execute("ALTER TABLE inbox ADD COLUMN seq INTEGER")
    db.execute("CREATE INDEX inbox_seq ON inbox (seq)")
    db.execute("CREATE INDEX inbox_thread ON inbox (thread, seq)")


@migrations()
def m041_jobs_at_scale(db: Database) -> None:
    """What goes on is found among all that have ended, jobs are counted without being read, and those that know of kept
    or lost models have a column that says so."""
    db.execute(
        "CREATE INDEX jobs_open ON jobs (provider, state) WHERE state NOT IN ('cancelled', 'failed', 'succeeded')"
    )
    db.execute("CREATE INDEX jobs_counted ON jobs (provider, state)")
    db.execute("ALTER TABLE jobs ADD COLUMN knows_models INTEGER NOT NULL DEFAULT 0")
    db.execute("""UPDATE jobs SET knows_models = 1 WHERE value LIKE '%"kept":{"%' OR value LIKE '%"lost_models":{"%'""")
    db.execute("CREATE INDEX jobs_knowing_models ON jobs (knows_models) WHERE knows_models = 1")


@migrations()
def m042_apps_of_processes(db: Database) -> None:
    """The Slack app that each speaks for: bots of two would take each other's work."""
    db.execute("ALTER TABLE processes ADD COLUMN app TEXT NOT NULL DEFAULT ''")


@migrations()
def m043_counted_costs(db: Database) -> None:
    """What a job counts for in a budget, so that a month is summed up without reading its jobs: NULL where nobody
    knows, -1 where the job was not written since. And one model's uses are found among those of all."""
    db.execute("ALTER TABLE jobs ADD COLUMN counted_usd REAL DEFAULT -1")
    db.execute("CREATE INDEX jobs_costs ON jobs (created_at, requester, origin_channel, state, counted_usd)")
    db.execute("CREATE INDEX model_use_model ON model_use (model, channel, user_id, at)")
    db.execute("CREATE INDEX jobs_private ON jobs (origin_channel) WHERE origin_private = 1")
    db.execute("CREATE INDEX conversations_private ON conversations (channel) WHERE private = 1")
    db.execute("CREATE INDEX conversations_model ON conversations (model, channel, owner, created_at)")


@migrations()
def m044_models_of_channels(db: Database) -> None:
    """The models that are used in a channel are found without those of others."""
    db.execute("CREATE INDEX model_use_channel ON model_use (channel, model)")
    db.execute("CREATE INDEX jobs_models ON jobs (origin_channel, fine_tuned_model) WHERE fine_tuned_model IS NOT NULL")

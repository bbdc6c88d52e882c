"""The tables, and how each version's come of the one before."""

from sqlite_utils import Database, Migrations

migrations = Migrations("trainer")


@migrations()
def m001_initial(db: Database) -> None:
    db.execute(
        "CREATE TABLE files (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, filename TEXT, purpose TEXT, bytes INTEGER,"
        " created_at INTEGER)"
    )
    db.execute(
        "CREATE TABLE jobs (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, created_at INTEGER, status TEXT, model TEXT,"
        " base TEXT, training_file TEXT, seed INTEGER, validation_file TEXT, suffix TEXT, n_epochs INTEGER,"
        " batch_size INTEGER, learning_rate_multiplier REAL, metadata TEXT, finished_at INTEGER,"
        " fine_tuned_model TEXT, trained_tokens INTEGER, estimated_finish INTEGER, result_files TEXT, error TEXT,"
        " attempts INTEGER)"
    )
    db.execute(
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, job_id TEXT, created_at INTEGER, level TEXT,"
        " message TEXT, type TEXT, data TEXT)"
    )
    db.execute("CREATE INDEX events_of_job ON events (job_id, seq)")
    db.execute(
        "CREATE TABLE checkpoints (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, job_id TEXT, created_at INTEGER,"
        " model TEXT, step INTEGER, metrics TEXT)"
    )
    db.execute(
        "CREATE TABLE models (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, base TEXT, folder TEXT, created_at INTEGER,"
        " owned_by TEXT, job_id TEXT)"
    )
    db.execute("CREATE TABLE keys (name TEXT PRIMARY KEY, sha256 TEXT UNIQUE, created_at INTEGER)")


@migrations()
def m002_methods(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN method TEXT NOT NULL DEFAULT 'supervised'")
    db.execute("ALTER TABLE jobs ADD COLUMN beta REAL")
    db.execute("ALTER TABLE jobs ADD COLUMN lineage TEXT")


@migrations()
def m003_owners(db: Database) -> None:
    for table in ("files", "jobs", "models"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN owner TEXT")
    # Keys that saw everything until now still do.
    db.execute("ALTER TABLE keys ADD COLUMN admin INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE keys SET admin = 1")


@migrations()
def m004_shutdowns(db: Database) -> None:
    db.execute("CREATE TABLE shutdowns (model TEXT PRIMARY KEY, date TEXT NOT NULL)")


@migrations()
def m005_uploads(db: Database) -> None:
    db.execute(
        "CREATE TABLE uploads (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, filename TEXT, purpose TEXT, bytes INTEGER,"
        " created_at INTEGER, expires_at INTEGER, status TEXT, owner TEXT)"
    )


@migrations()
def m006_expiry(db: Database) -> None:
    db.execute("ALTER TABLE files ADD COLUMN expires_at INTEGER")
    db.execute("ALTER TABLE uploads ADD COLUMN file_seconds INTEGER")


@migrations()
def m007_permissions(db: Database) -> None:
    db.execute(
        "CREATE TABLE permissions (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, model TEXT, project TEXT,"
        " created_at INTEGER, UNIQUE (model, project))"
    )


@migrations()
def m008_reinforcement(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN reinforcement TEXT")


@migrations()
def m009_exports(db: Database) -> None:
    db.execute(
        "CREATE TABLE exports (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, model TEXT, format TEXT, created_at INTEGER,"
        " quantization TEXT, status TEXT, finished_at INTEGER, expires_at INTEGER, file_name TEXT, bytes INTEGER,"
        " sha256 TEXT, trial TEXT, error TEXT, attempts INTEGER, owner TEXT)"
    )


@migrations()
def m010_integrations(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN integrations TEXT")
    db.execute("ALTER TABLE jobs ADD COLUMN tracked INTEGER NOT NULL DEFAULT 0")


@migrations()
def m011_responses(db: Database) -> None:
    db.execute(
        "CREATE TABLE responses (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, created_at INTEGER, expires_at INTEGER,"
        " response TEXT, input TEXT, owner TEXT)"
    )
    db.execute("CREATE INDEX responses_by_expiry ON responses (expires_at)")


@migrations()
def m012_aliases(db: Database) -> None:
    db.execute("CREATE TABLE aliases (alias TEXT PRIMARY KEY, model TEXT NOT NULL)")


@migrations()
def m013_paces(db: Database) -> None:
    db.execute(
        "CREATE TABLE paces (seq INTEGER PRIMARY KEY, base TEXT, method TEXT, whole INTEGER, machine TEXT, device TEXT,"
        " steps INTEGER, tokens INTEGER, seconds REAL, around REAL, created_at INTEGER, step_tokens REAL)"
    )
    db.execute("CREATE INDEX paces_of_base ON paces (base, method, whole, machine)")


@migrations()
def m014_memory(db: Database) -> None:
    db.execute("ALTER TABLE paces ADD COLUMN memory INTEGER")


@migrations()
def m015_queue(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN queued_at REAL")
    db.execute("ALTER TABLE jobs ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal'")
    db.execute("ALTER TABLE jobs ADD COLUMN devices INTEGER NOT NULL DEFAULT 1")
    db.execute("ALTER TABLE keys ADD COLUMN high_priority INTEGER NOT NULL DEFAULT 0")
    db.execute(
        "CREATE TABLE turns (seq INTEGER PRIMARY KEY, job_id TEXT, owner TEXT, channel TEXT, devices INTEGER,"
        " began_at REAL, ended_at REAL)"
    )


@migrations()
def m016_traces(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN traceparent TEXT")

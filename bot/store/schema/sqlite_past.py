"""SQLite's tables as they came to be, until a second database stood beside it (m036). What comes later is in
`portable`."""

import json
from typing import Any

from sqlite_utils import Database, Migrations

migrations = Migrations("finetune-bot")


@migrations()
def m001_initial(db: Database) -> None:
    for statement in _M001.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m002_open_answers(db: Database) -> None:
    """Answers of models that are being written: what a crash leaves open is closed afterwards."""
    db.execute(
        "CREATE TABLE open_answers (conversation_id TEXT NOT NULL REFERENCES conversations (id),"
        " asked_ts TEXT NOT NULL, answer_ts TEXT NOT NULL, PRIMARY KEY (conversation_id, answer_ts)) STRICT"
    )


@migrations()
def m003_silent_providers(db: Database) -> None:
    """Providers of which people were told that they do not answer, so that a restart does not say it again."""
    db.execute("CREATE TABLE silent_providers (provider TEXT PRIMARY KEY, since REAL NOT NULL) STRICT")


@migrations()
def m004_audit(db: Database) -> None:
    """Who did what. The first trigger keeps INSERT OR REPLACE from being a way around the others."""
    db.execute(
        "CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at REAL NOT NULL,"
        " actor TEXT NOT NULL, act TEXT NOT NULL, thing TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL,"
        " details TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX audit_thing ON audit (thing)")
    for name, when in (
        ("replaced", "INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE key = NEW.key OR number = NEW.number)"),
        ("changed", "UPDATE ON audit"),
        ("removed", "DELETE ON audit"),
    ):
        db.execute(
            f"CREATE TRIGGER audit_{name} BEFORE {when}"
            " BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
        )


@migrations()
def m005_budgets(db: Database) -> None:
    """What administrators set in Slack. `scope` is that of a budget, or approval; `usd` may be infinite."""
    db.execute(
        "CREATE TABLE budgets (scope TEXT NOT NULL, subject TEXT NOT NULL, usd REAL NOT NULL,"
        " PRIMARY KEY (scope, subject)) STRICT"
    )
    db.execute("CREATE INDEX jobs_created_at ON jobs (created_at)")


@migrations()
def m006_restorations(db: Database) -> None:
    """Backups that this store was put back to. `at`: the last thing that the backup knew of; what was posted
    after that is in Slack and not here."""
    db.execute("CREATE TABLE restorations (at REAL NOT NULL) STRICT")


@migrations()
def m007_subscriptions(db: Database) -> None:
    """Channels that hear how jobs end, wherever in public they were started."""
    db.execute("CREATE TABLE subscriptions (channel TEXT PRIMARY KEY, user TEXT NOT NULL, at REAL NOT NULL) STRICT")


@migrations()
def m008_unread(db: Database) -> None:
    """Channels whose history has to be read back to `since`; '' stands for all, before it was asked which those are."""
    db.execute("CREATE TABLE unread (channel TEXT PRIMARY KEY, since REAL NOT NULL) STRICT")


@migrations()
def m009_finish_reasons(db: Database) -> None:
    """Why a model's answer ended, so that one that was cut off can be gone on with."""
    db.execute("ALTER TABLE turns ADD COLUMN finish_reason TEXT")


@migrations()
def m010_channel_languages(db: Database) -> None:
    """What the people of a channel chose, by its code."""
    db.execute(
        "CREATE TABLE channel_languages (channel TEXT PRIMARY KEY, language TEXT NOT NULL, user TEXT NOT NULL,"
        " at REAL NOT NULL) STRICT"
    )


@migrations()
def m011_notices_without_their_job(db: Database) -> None:
    """A notice held its whole job. Now it has the owner of its subject, and the job is read when it is posted."""
    rows = db.execute("SELECT seq, value FROM notices").fetchall()
    for seq, value in rows:
        db.execute("UPDATE notices SET value = ? WHERE seq = ?", [json.dumps(_without_its_job(json.loads(value))), seq])


@migrations()
def m012_whole_turns(db: Database) -> None:
    """Turns are kept whole, with who said them. The messages that show an answer are kept for good, apart from whether
    all of it is shown."""
    turns = db.execute("SELECT conversation_id, seq, ts, role, content, finish_reason FROM turns").fetchall()
    shown = db.execute(
        "SELECT channel, answer_ts, conversation_id, asked_ts FROM open_answers"
        " JOIN conversations ON id = conversation_id WHERE answer_ts <> asked_ts"
    ).fetchall()
    opened = db.execute("SELECT DISTINCT conversation_id, asked_ts FROM open_answers").fetchall()
    for statement in _M012.split(";\n"):
        db.execute(statement)
    for conversation_id, seq, ts, role, content, finish_reason in turns:
        value = json.dumps({"ts": ts, "role": role, "content": content, "finish_reason": finish_reason})
        db.execute("INSERT INTO turns VALUES (?, ?, ?, ?, '', NULL, ?)", [conversation_id, seq, ts, role, value])
    for row in shown:
        db.execute("INSERT OR IGNORE INTO answer_messages VALUES (?, ?, ?, ?)", row)
    for row in opened:
        db.execute("INSERT INTO open_answers VALUES (?, ?)", row)


@migrations()
def m013_comparisons(db: Database) -> None:
    """Models that are asked the same, and votes on their answers. `due_at`: from when on there is work on a comparison,
    NULL where there is none; `changes` counts what has happened to it. `shown`: what a message shows, NULL where
    that is not all there is."""
    db.execute(
        "CREATE TABLE comparisons (id TEXT PRIMARY KEY, channel TEXT NOT NULL, thread_ts TEXT, blind INTEGER NOT NULL,"
        " created_at REAL NOT NULL, due_at REAL, changes INTEGER NOT NULL, value TEXT NOT NULL,"
        " UNIQUE (channel, thread_ts)) STRICT"
    )
    db.execute("CREATE INDEX comparisons_due ON comparisons (due_at) WHERE due_at IS NOT NULL")
    db.execute(
        "CREATE TABLE comparison_questions (comparison_id TEXT NOT NULL REFERENCES comparisons (id),"
        " id TEXT NOT NULL, seq INTEGER NOT NULL, value TEXT NOT NULL,"
        " PRIMARY KEY (comparison_id, id)) STRICT"
    )
    db.execute(
        "CREATE TABLE comparison_answers (comparison_id TEXT NOT NULL REFERENCES comparisons (id),"
        " question_id TEXT NOT NULL, model TEXT NOT NULL,"
        " failed INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (comparison_id, question_id, model)) STRICT"
    )
    db.execute(
        "CREATE TABLE comparison_messages (comparison_id TEXT NOT NULL REFERENCES comparisons (id),"
        " key TEXT NOT NULL, posting_since REAL NOT NULL, ts TEXT,"
        " shown TEXT, PRIMARY KEY (comparison_id, key)) STRICT"
    )
    db.execute(
        "CREATE TABLE comparison_votes (comparison_id TEXT NOT NULL REFERENCES comparisons (id),"
        " question_id TEXT NOT NULL, pair INTEGER NOT NULL,"
        " voter TEXT NOT NULL, choice TEXT NOT NULL, at REAL NOT NULL,"
        " PRIMARY KEY (comparison_id, question_id, pair, voter)) STRICT"
    )


@migrations()
def m014_ratings(db: Database) -> None:
    """What each person thinks of an answer. `good` is NULL where they withdrew it; `key`: the request of the last
    press."""
    db.execute(
        "CREATE TABLE ratings (conversation_id TEXT NOT NULL REFERENCES conversations (id), asked_ts TEXT NOT NULL,"
        " user TEXT NOT NULL, good INTEGER, at REAL NOT NULL, key TEXT NOT NULL,"
        " PRIMARY KEY (conversation_id, asked_ts, user)) STRICT"
    )


@migrations()
def m016_use_of_models(db: Database) -> None:
    """What answers of models cost, and which models may be talked to in a channel that is restricted to some."""
    db.execute(
        "CREATE TABLE model_use (at REAL NOT NULL, user TEXT NOT NULL, channel TEXT NOT NULL, model TEXT NOT NULL,"
        " subject TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, usd REAL) STRICT"
    )
    db.execute("CREATE INDEX model_use_at ON model_use (at)")
    db.execute("CREATE INDEX model_use_subject ON model_use (subject)")
    db.execute(
        "CREATE TABLE channel_models (channel TEXT NOT NULL, model TEXT NOT NULL, PRIMARY KEY (channel, model)) STRICT"
    )


@migrations()
def m017_what_was_wrong(db: Database) -> None:
    """What a person says was wrong with an answer: JSON, NULL where they say nothing."""
    db.execute("ALTER TABLE ratings ADD COLUMN why TEXT")


@migrations()
def m018_evaluations(db: Database) -> None:
    """The same examples asked of several models. Answers are kept by what was asked, for all evaluations; prompts by
    their hash. `changes` counts what has happened to an evaluation. `truth`: the label in the file."""
    for statement in _M018.split(";\n"):
        db.execute(statement)


@migrations()
def m019_evaluation_messages(db: Database) -> None:
    """What shows evaluations in Slack, and graders that were dropped as files."""
    for statement in _M019.split(";\n"):
        db.execute(statement)


@migrations()
def m020_sweeps(db: Database) -> None:
    """Several jobs that were asked for at once, with a card of their own beside those of the jobs: a card is that of a
    job or of a sweep, so that it refers to neither table."""
    db.execute("CREATE TABLE sweeps (id TEXT PRIMARY KEY, created_at REAL NOT NULL, value TEXT NOT NULL) STRICT")
    db.execute(
        "CREATE TABLE cards_of_both (job_id TEXT PRIMARY KEY, channel TEXT NOT NULL, ts TEXT, posting_since REAL,"
        " shown TEXT, dirty INTEGER NOT NULL, changed_at REAL NOT NULL, chart_file TEXT, chart_step INTEGER) STRICT"
    )
    db.execute(
        "INSERT INTO cards_of_both SELECT job_id, channel, ts, posting_since, shown, dirty, changed_at, chart_file,"
        " chart_step FROM cards"
    )
    db.execute("DROP TABLE cards")
    db.execute("ALTER TABLE cards_of_both RENAME TO cards")
    db.execute("CREATE INDEX cards_dirty ON cards (dirty, changed_at) WHERE dirty = 1")


@migrations()
def m022_job_outcomes(db: Database) -> None:
    """What came of jobs that have ended, by which they are sorted: worked out when somebody first asks, and kept. The
    index holds all that says who may see a job, so that many are looked through without reading them."""
    db.execute("CREATE TABLE job_outcomes (job_id TEXT PRIMARY KEY REFERENCES jobs (id), value TEXT NOT NULL) STRICT")
    for name, kind in (("channel", "TEXT"), ("private", "INTEGER")):
        db.execute(
            f"ALTER TABLE jobs ADD COLUMN origin_{name} {kind}"
            f" GENERATED ALWAYS AS (json_extract(value, '$.origin.{name}'))"
        )
    db.execute("CREATE INDEX jobs_seen ON jobs (created_at, requester, state, origin_channel, origin_private, id)")


@migrations()
def m021_exports(db: Database) -> None:
    """Models that are made ready to be taken away, and the message about each. `open`: it does not show the end yet."""
    db.execute(
        "CREATE TABLE exports (id TEXT PRIMARY KEY, open INTEGER NOT NULL, created_at REAL NOT NULL,"
        " posting_since REAL, ts TEXT, shown TEXT, value TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX exports_open ON exports (open) WHERE open = 1")


@migrations()
def m023_tracking(db: Database) -> None:
    """What trackers of experiments have been told of jobs: up to which `step`, and the rest in a word (`told`). `over`:
    they have heard the end."""
    db.execute(
        "CREATE TABLE tracked_jobs (tracker TEXT NOT NULL, job_id TEXT NOT NULL REFERENCES jobs (id),"
        " step INTEGER NOT NULL, told TEXT NOT NULL, failures INTEGER NOT NULL, next_look REAL NOT NULL,"
        " over INTEGER NOT NULL, PRIMARY KEY (tracker, job_id)) STRICT"
    )


@migrations()
def m024_shown_messages(db: Database) -> None:
    """Messages about comparisons, evaluations and exports, in one place. `about`: the id of such a thing;
    `posting_since`: from then on it may have been posted; `ts`: of a file, its id; `shown`: the hash of what it shows,
    NULL where nobody knows, or it is not all there is."""
    db.execute(
        "CREATE TABLE shown_messages (about TEXT NOT NULL, key TEXT NOT NULL, posting_since REAL NOT NULL, ts TEXT,"
        " shown TEXT, PRIMARY KEY (about, key)) STRICT"
    )
    for table in ("comparison_messages", "evaluation_messages"):
        db.execute(f"INSERT INTO shown_messages SELECT * FROM {table}")
        db.execute(f"DROP TABLE {table}")
    db.execute(
        "INSERT INTO shown_messages SELECT id, 'export', posting_since, ts, shown FROM exports"
        " WHERE posting_since IS NOT NULL"
    )
    for column in ("posting_since", "ts", "shown"):
        db.execute(f"ALTER TABLE exports DROP COLUMN {column}")


@migrations()
def m025_shown_evaluations(db: Database) -> None:
    """What the messages of an evaluation show stands beside it: `shown`, of its changes."""
    db.execute("ALTER TABLE evaluations ADD COLUMN shown INTEGER")
    db.execute(
        "UPDATE evaluations SET shown = (SELECT changes FROM evaluations_shown WHERE evaluation_id = evaluations.id)"
    )
    db.execute("DROP TABLE evaluations_shown")


@migrations()
def m026_judge_checks(db: Database) -> None:
    """Checks of judges. `done`: of the answers and pairs, how many have been judged."""
    db.execute(
        "CREATE TABLE judge_checks (id TEXT PRIMARY KEY, channel TEXT NOT NULL, thread_ts TEXT, state TEXT NOT NULL,"
        " created_at REAL NOT NULL, changes INTEGER NOT NULL, shown INTEGER, done INTEGER NOT NULL, result TEXT,"
        " value TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX judge_checks_state ON judge_checks (state)")


@migrations()
def m027_job_groups(db: Database) -> None:
    """Sweeps are one kind of jobs that are asked for together; moves are another."""
    db.execute("ALTER TABLE sweeps RENAME TO job_groups")
    db.execute("UPDATE job_groups SET value = json_set(value, '$.kind', 'sweep')")
    db.execute(
        "UPDATE jobs SET value = json_remove(json_set(value, '$.group', json_extract(value, '$.sweep')), '$.sweep')"
        " WHERE json_extract(value, '$.sweep') IS NOT NULL"
    )


@migrations()
def m028_people(db: Database) -> None:
    """What people set for themselves: questions about approval as direct messages, too; and when they last looked at
    what needs them."""
    db.execute(
        "CREATE TABLE people (user TEXT PRIMARY KEY, approvals_directly INTEGER NOT NULL DEFAULT 0, looked_at REAL)"
        " STRICT"
    )


@migrations()
def m029_channel_providers(db: Database) -> None:
    """The provider that stands first in a channel, where an administrator chose one."""
    db.execute("CREATE TABLE channel_providers (channel TEXT PRIMARY KEY, provider TEXT NOT NULL) STRICT")


@migrations()
def m030_homes(db: Database) -> None:
    """Home tabs that people have opened lately, and what of them they look at (`spot`)."""
    db.execute(
        "CREATE TABLE homes (user TEXT PRIMARY KEY, channel TEXT NOT NULL, spot TEXT NOT NULL, opened_at REAL NOT NULL)"
        " STRICT"
    )


@migrations()
def m031_generations(db: Database) -> None:
    """Examples that a teacher model writes, and the topics that they are about."""
    for statement in _M031.split(";\n"):
        db.execute(statement)


@migrations()
def m032_digests(db: Database) -> None:
    """Channels that are told daily or weekly what became of their jobs."""
    db.execute("CREATE TABLE digests (channel TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


@migrations()
def m033_retraining_schedules(db: Database) -> None:
    """Training sets that are trained on again and again in a channel."""
    db.execute("CREATE TABLE retraining_schedules (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


@migrations()
def m034_step_outputs(db: Database) -> None:
    """Outputs of workflow steps until Slack has taken them, so that a crash makes none twice."""
    db.execute("CREATE TABLE step_outputs (execution TEXT PRIMARY KEY, outputs TEXT NOT NULL, at REAL NOT NULL) STRICT")


@migrations()
def m035_erasures(db: Database) -> None:
    """People who were erased: `pseudonym` stands for them, `person` is gone once all is done. `models` learned from
    their words. The audit log may say a pseudonym where it said the name of somebody who is being erased, and no more.
    """
    db.execute(
        "CREATE TABLE erasures (pseudonym TEXT PRIMARY KEY, person TEXT UNIQUE, begun_at REAL NOT NULL,"
        " finished_at REAL, models TEXT NOT NULL) STRICT"
    )
    db.execute("DROP TRIGGER audit_changed")
    names = ("key", "actor", "thing", "channel", "details")
    before, after = (" || ' ' || ".join(f"{which}.{name}" for name in names) for which in ("OLD", "NEW"))
    db.execute(
        "CREATE TRIGGER audit_changed BEFORE UPDATE ON audit WHEN NEW.number <> OLD.number OR NEW.at <> OLD.at"
        " OR NEW.act <> OLD.act OR NEW.outcome <> OLD.outcome OR NOT EXISTS (SELECT 1 FROM erasures"
        f" WHERE person IS NOT NULL AND {after} LIKE '%' || pseudonym || '%'"
        f" AND ({before} LIKE '%' || person || '%' OR OLD.channel LIKE 'D%'))"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
    )


def _without_its_job(notice: dict[str, Any]) -> dict[str, Any]:
    body = dict(notice["body"])
    job = body.pop("job", None)
    if job is None:
        return notice
    if body["type"] == "steered":
        body["type"] = "paused" if body.pop("act") == "pause" else "resumed"
    if body["type"] == "stuck":
        body["state"] = job["state"]
    at = job["origin"]
    about = {
        "owner": job["requester"],
        "channel": at["channel"],
        "private": at["private"],
        "kind": "job",
        "id": job["id"],
    }
    return {**notice, "body": body, "about": about, "since": job["created_at"]}


@migrations()
def m015_collections(db: Database) -> None:
    """Training examples that people collect in Slack, whose words they hold, and who agreed to their use."""
    for statement in _M015.split(";\n"):
        db.execute(statement)


@migrations()
def m036_columns_for_queries(db: Database) -> None:
    """What queries look into has columns of its own, and no column has the name of a function of SQL's: so the same
    SQL is for every database. `seq`: in the order in which they were stored."""
    for statement in _M036.split(";\n"):
        db.execute(statement)


_M001 = """
CREATE TABLE inbox (
    key TEXT PRIMARY KEY,           -- Slack's own id of the event, command, action or submission
    payload TEXT,                   -- JSON; removed when done, so that we keep no more than we need
    state TEXT NOT NULL,            -- pending, done, failed
    attempts INTEGER NOT NULL DEFAULT 0,
    received_at REAL NOT NULL
) STRICT;
CREATE INDEX inbox_state ON inbox (state, received_at);

CREATE TABLE datasets (
    id TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    owner TEXT NOT NULL,
    team TEXT NOT NULL,
    channel TEXT NOT NULL,
    file_id TEXT,
    created_at REAL NOT NULL,
    deleted_at REAL,
    report_ts TEXT,                 -- the message that carries the report
    value TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX datasets_file ON datasets (channel, file_id, created_at);
CREATE INDEX datasets_sha256 ON datasets (sha256);

CREATE TABLE provider_files (
    provider TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (provider, sha256)
) STRICT;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_job_id TEXT,
    requester TEXT NOT NULL,
    dataset_id TEXT,
    fine_tuned_model TEXT,
    created_at REAL NOT NULL,
    followed INTEGER NOT NULL,      -- 1 until the events were read once more after the end
    value TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_provider_job ON jobs (provider, provider_job_id);
CREATE INDEX jobs_followed ON jobs (followed) WHERE followed = 1;
CREATE INDEX jobs_state ON jobs (state);
CREATE INDEX jobs_model ON jobs (fine_tuned_model);

CREATE TABLE events (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    id TEXT NOT NULL,               -- the provider's
    created_at REAL NOT NULL,
    level TEXT NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL,
    data TEXT,
    PRIMARY KEY (job_id, id)
) STRICT;

CREATE TABLE metrics (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    step INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (job_id, step)
) STRICT;

CREATE TABLE checkpoints (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    id TEXT NOT NULL,
    step INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (job_id, id)
) STRICT;

CREATE TABLE cards (
    job_id TEXT PRIMARY KEY REFERENCES jobs (id),
    channel TEXT NOT NULL,
    ts TEXT,
    posting_since REAL,             -- set before the first post, so that a doubt can be settled
    shown TEXT,                     -- hash of what Slack shows
    dirty INTEGER NOT NULL,
    changed_at REAL NOT NULL,
    chart_file TEXT,                -- Slack's id of the chart
    chart_step INTEGER
) STRICT;
CREATE INDEX cards_dirty ON cards (dirty, changed_at) WHERE dirty = 1;

CREATE TABLE notices (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    thread TEXT NOT NULL,           -- notices with the same value are posted in order
    state TEXT NOT NULL,            -- pending, attempting, posted, given_up
    attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at REAL,
    next_try_at REAL NOT NULL DEFAULT 0,
    posted_ts TEXT,
    why TEXT,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX notices_open ON notices (state, seq) WHERE state IN ('pending', 'attempting');

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (channel, thread_ts)
) STRICT;

CREATE TABLE turns (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    seq INTEGER NOT NULL,
    ts TEXT NOT NULL,               -- Slack's ts of the message, by which a redelivery is known
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    UNIQUE (conversation_id, role, ts)
) STRICT
"""

_M012 = """
DROP TABLE turns;
CREATE TABLE turns (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    seq INTEGER NOT NULL,
    ts TEXT NOT NULL,               -- Slack's ts of the message, by which a redelivery is known
    role TEXT NOT NULL,
    tool_call_id TEXT NOT NULL,     -- which call it answers; '' if none
    user TEXT,                      -- who said it
    value TEXT NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    UNIQUE (conversation_id, ts, role, tool_call_id)
) STRICT;
CREATE INDEX turns_user ON turns (user);
DROP TABLE open_answers;
CREATE TABLE open_answers (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    asked_ts TEXT NOT NULL,
    PRIMARY KEY (conversation_id, asked_ts)
) STRICT;
CREATE TABLE answer_messages (
    channel TEXT NOT NULL,
    message_ts TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    asked_ts TEXT NOT NULL,
    PRIMARY KEY (channel, message_ts)
) STRICT;
CREATE INDEX answer_messages_answer ON answer_messages (conversation_id, asked_ts)
"""

_M015 = """
CREATE TABLE collections (
    id TEXT PRIMARY KEY,
    created_at REAL NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE examples (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    collection_id TEXT NOT NULL REFERENCES collections (id),
    channel TEXT NOT NULL,          -- where it was said
    value TEXT NOT NULL
) STRICT;
CREATE INDEX examples_collection ON examples (collection_id);
CREATE TABLE example_people (       -- whose words an example holds, and who added it
    user TEXT NOT NULL,
    example_id TEXT NOT NULL REFERENCES examples (id),
    PRIMARY KEY (user, example_id)
) STRICT;
CREATE INDEX example_people_example ON example_people (example_id);
CREATE TABLE exported_examples (    -- stays when an example is erased: models may have learned from it
    example_id TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    PRIMARY KEY (example_id, dataset_id)
) STRICT;
CREATE TABLE agreements (           -- of members of a private channel, to the use of what they say there
    channel TEXT NOT NULL,
    user TEXT NOT NULL,
    yes INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (channel, user)
) STRICT
"""

_M018 = """
CREATE TABLE evaluations (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    thread_ts TEXT,
    state TEXT NOT NULL,
    file TEXT NOT NULL,             -- SHA-256 of the file that the items come from; '' when that was deleted
    created_at REAL NOT NULL,
    changes INTEGER NOT NULL,
    cached INTEGER NOT NULL,        -- answers that had been given before
    result TEXT,                    -- JSON; NULL until it is finished
    value TEXT NOT NULL
) STRICT;
CREATE INDEX evaluations_state ON evaluations (state);
CREATE INDEX evaluations_channel ON evaluations (channel, created_at);
CREATE TABLE evaluation_items (
    evaluation_id TEXT NOT NULL REFERENCES evaluations (id),
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    prompt TEXT NOT NULL,           -- its hash
    cluster TEXT NOT NULL,
    slices TEXT NOT NULL,
    truth TEXT,
    control INTEGER NOT NULL,
    PRIMARY KEY (evaluation_id, number)
) STRICT;
CREATE TABLE model_answers (
    key TEXT PRIMARY KEY,           -- hash of provider, model, prompt, parameters and sample
    model TEXT NOT NULL,
    file TEXT NOT NULL,             -- whose words were asked
    value TEXT NOT NULL
) STRICT;
CREATE INDEX model_answers_model ON model_answers (model);
CREATE INDEX model_answers_file ON model_answers (file);
CREATE TABLE evaluation_answers (
    evaluation_id TEXT NOT NULL REFERENCES evaluations (id),
    model INTEGER NOT NULL,         -- its place in the evaluation
    number INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    key TEXT,                       -- of the answer; NULL where the model gave none
    why TEXT,                       -- JSON; why it gave none
    reward REAL,
    passed INTEGER,
    label TEXT,
    parts TEXT,
    fault TEXT,
    PRIMARY KEY (evaluation_id, model, number, sample)
) STRICT;
CREATE INDEX evaluation_answers_key ON evaluation_answers (key);
CREATE TABLE evaluation_repeats (
    evaluation_id TEXT PRIMARY KEY REFERENCES evaluations (id),
    days INTEGER NOT NULL,          -- between two
    next_at REAL NOT NULL,
    last_id TEXT NOT NULL,          -- the latest repetition, at first the evaluation itself
    done INTEGER NOT NULL           -- how many there were
) STRICT;
CREATE TABLE current_models (
    channel TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at REAL NOT NULL
) STRICT
"""

_M019 = """
CREATE TABLE evaluation_messages (
    evaluation_id TEXT NOT NULL,
    key TEXT NOT NULL,
    posting_since REAL NOT NULL,    -- from here on it may have been posted
    ts TEXT,                        -- of a file: its id
    shown TEXT,                     -- what it shows
    PRIMARY KEY (evaluation_id, key)
) STRICT;
CREATE TABLE evaluations_shown (
    evaluation_id TEXT PRIMARY KEY,
    changes INTEGER NOT NULL        -- of the evaluation, all of which its messages show
) STRICT;
CREATE TABLE grader_files (
    id TEXT PRIMARY KEY,
    file_id TEXT NOT NULL,          -- Slack's
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX grader_files_channel ON grader_files (channel, created_at)
"""

_M031 = """
CREATE TABLE generations (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    thread_ts TEXT,
    state TEXT NOT NULL,
    created_at REAL NOT NULL,
    changes INTEGER NOT NULL,
    shown INTEGER,
    result TEXT,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX generations_state ON generations (state);
CREATE TABLE generation_topics (
    generation_id TEXT NOT NULL REFERENCES generations (id),
    number INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (generation_id, number)
) STRICT;
CREATE TABLE generation_drafts (
    generation_id TEXT NOT NULL REFERENCES generations (id),
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (generation_id, number)
) STRICT
"""

_M036 = """
ALTER TABLE subscriptions RENAME COLUMN user TO user_id;
ALTER TABLE channel_languages RENAME COLUMN user TO user_id;
ALTER TABLE turns RENAME COLUMN user TO user_id;
ALTER TABLE ratings RENAME COLUMN user TO user_id;
ALTER TABLE example_people RENAME COLUMN user TO user_id;
ALTER TABLE agreements RENAME COLUMN user TO user_id;
ALTER TABLE model_use RENAME COLUMN user TO user_id;
ALTER TABLE people RENAME COLUMN user TO user_id;
ALTER TABLE homes RENAME COLUMN user TO user_id;

ALTER TABLE datasets ADD COLUMN channel_private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE datasets ADD COLUMN thread_ts TEXT NOT NULL DEFAULT '';
ALTER TABLE datasets ADD COLUMN derived_from TEXT;
ALTER TABLE datasets ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
UPDATE datasets SET channel_private = coalesce(json_extract(value, '$.channel_private'), 0),
    thread_ts = coalesce(json_extract(value, '$.thread_ts'), ''), derived_from = json_extract(value, '$.derived_from'),
    listed = coalesce(json_extract(value, '$.listed'), 1);
CREATE INDEX datasets_derived_from ON datasets (derived_from);

DROP INDEX jobs_seen;
DROP INDEX jobs_created_at;
ALTER TABLE jobs DROP COLUMN origin_channel;
ALTER TABLE jobs DROP COLUMN origin_private;
ALTER TABLE jobs ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN origin_channel TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN origin_private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN group_id TEXT;
ALTER TABLE jobs ADD COLUMN validation_dataset_id TEXT;
ALTER TABLE jobs ADD COLUMN deployed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN declined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN error_code TEXT;
UPDATE jobs SET seq = rowid, origin_channel = coalesce(json_extract(value, '$.origin.channel'), ''),
    origin_private = coalesce(json_extract(value, '$.origin.private'), 0), group_id = json_extract(value, '$.group'),
    validation_dataset_id = json_extract(value, '$.validation_dataset_id'),
    deployed = json_extract(value, '$.deployment') IS NOT NULL,
    declined = coalesce(json_extract(value, '$.approval.approved') = 0, 0),
    error_code = json_extract(value, '$.error.code');
CREATE UNIQUE INDEX jobs_seq ON jobs (seq);
CREATE INDEX jobs_seen ON jobs (created_at, requester, state, origin_channel, origin_private, id);
CREATE INDEX jobs_group ON jobs (group_id);

ALTER TABLE events ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
UPDATE events SET seq = rowid;
CREATE UNIQUE INDEX events_seq ON events (job_id, seq);

ALTER TABLE checkpoints ADD COLUMN model TEXT NOT NULL DEFAULT '';
UPDATE checkpoints SET model = coalesce(json_extract(value, '$.model'), '');
CREATE INDEX checkpoints_model ON checkpoints (model);

ALTER TABLE job_groups ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE job_groups ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
UPDATE job_groups SET kind = coalesce(json_extract(value, '$.kind'), ''),
    ended = coalesce(json_extract(value, '$.ended'), 0);

ALTER TABLE notices ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN under_card TEXT;
UPDATE notices SET channel = coalesce(json_extract(value, '$.channel'), ''),
    under_card = json_extract(value, '$.under_card');

ALTER TABLE conversations ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN created_at REAL NOT NULL DEFAULT 0;
UPDATE conversations SET owner = coalesce(json_extract(value, '$.owner'), ''),
    model = coalesce(json_extract(value, '$.model'), ''),
    private = coalesce(json_extract(value, '$.private'), 0),
    created_at = coalesce(json_extract(value, '$.created_at'), 0);

ALTER TABLE comparisons ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE comparisons ADD COLUMN revealed_at REAL;
UPDATE comparisons SET private = coalesce(json_extract(value, '$.private'), 0),
    revealed_at = json_extract(value, '$.arena.revealed_at');

ALTER TABLE evaluations ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE evaluations ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD COLUMN dataset_id TEXT NOT NULL DEFAULT '';
UPDATE evaluations SET owner = coalesce(json_extract(value, '$.owner'), ''),
    private = coalesce(json_extract(value, '$.private'), 0),
    dataset_id = coalesce(json_extract(value, '$.dataset_id'), '');

DROP INDEX model_answers_model;
ALTER TABLE model_answers ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE model_answers ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
UPDATE model_answers SET seq = rowid, seconds = coalesce(json_extract(value, '$.seconds'), 0);
CREATE INDEX model_answers_model ON model_answers (model, seq)
"""

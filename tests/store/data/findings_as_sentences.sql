BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'finetune-bot','m001_initial','2026-11-28 21:32:00.548907+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'finetune-bot','m002_open_answers','2026-11-28 21:32:00.557202+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'finetune-bot','m003_silent_providers','2026-11-28 21:32:00.559112+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'finetune-bot','m004_audit','2026-11-28 21:32:00.574173+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'finetune-bot','m005_budgets','2026-11-28 21:32:00.584284+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'finetune-bot','m006_restorations','2026-11-28 21:32:00.593418+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'finetune-bot','m007_subscriptions','2026-11-28 21:32:00.601453+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'finetune-bot','m008_unread','2026-11-28 21:32:00.608650+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'finetune-bot','m009_finish_reasons','2026-11-28 21:32:00.617643+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'finetune-bot','m010_channel_languages','2026-11-28 21:32:00.623803+00:00');
CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at REAL NOT NULL, actor TEXT NOT NULL, act TEXT NOT NULL, thing TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, details TEXT NOT NULL) STRICT;
CREATE TABLE budgets (scope TEXT NOT NULL, subject TEXT NOT NULL, usd REAL NOT NULL, PRIMARY KEY (scope, subject)) STRICT;
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
CREATE TABLE channel_languages (channel TEXT PRIMARY KEY, language TEXT NOT NULL, user TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE checkpoints (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    id TEXT NOT NULL,
    step INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (job_id, id)
) STRICT;
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (channel, thread_ts)
) STRICT;
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
INSERT INTO "datasets" VALUES('ds-1','87bd5f383aca83bb11da8b8ce349ea94505f1e6313dcd89ab4277b5678e96463','U1','T1','C1','F1',1.0,NULL,NULL,'{"id":"ds-1","sha256":"87bd5f383aca83bb11da8b8ce349ea94505f1e6313dcd89ab4277b5678e96463","name":"train.jsonl","bytes":60,"owner":"U1","team":"T1","channel":"C1","channel_private":false,"thread_ts":"1.0","created_at":1.0,"file_id":"F1","report":{"ok":false,"format":"chat","examples":2,"errors":[{"code":"too_few_examples","line":null,"message":"The file has 2 examples; training takes at least 10. Add 8 or more; 50 to 100 good ones are a usual start.","severity":"error","field":null,"quote":""},{"code":"unrecognized_role","line":1,"message":"`messages[0].role` is \"bot\", which is not a role. Use assistant.","severity":"error","field":"messages[0].role","quote":""},{"code":"example_missing_assistant_message","line":1,"message":"The example has no message with the role assistant. Add the answer that the model should learn, or remove the line.","severity":"error","field":"messages","quote":""},{"code":"data_type","line":2,"message":"The line is a list, not an object. Write each element on a line of its own, without the brackets and commas around it.","severity":"error","field":null,"quote":"[1]"}],"warnings":[{"code":"empty_line","line":3,"message":"The line is empty. Remove it.","severity":"warning","field":null,"quote":""}],"counts":{"data_type":1,"empty_line":1,"example_missing_assistant_message":1,"too_few_examples":1,"unrecognized_role":1},"tokens":{"total":8,"max":8,"median":8,"p95":8,"billed":8,"exact":true,"tokenizer":"o200k_base","why":""},"epochs":25,"cost":{"gpt-4o-mini-2024-07-18":0.0006,"gpt-4.1-2025-04-14":0.005,"gpt-4.1-mini-2025-04-14":0.001,"gpt-4o-2024-08-06":0.005,"meta-llama/Llama-3.1-8B-Instruct":0.00008,"SmolLM2-135M-Instruct":0.0},"model":"gpt-4o-mini-2024-07-18","bytes":60,"sha256":"87bd5f383aca83bb11da8b8ce349ea94505f1e6313dcd89ab4277b5678e96463","epochs_reason":"a small file is repeated until about 100 examples have been seen","method":"supervised","histogram":[{"low":8,"high":8,"examples":1}],"table":null,"complete":true,"deep":false,"repeated":{},"images":0},"deleted_at":null,"derived_from":null,"validation":null,"lengths_file":null,"findings_file":null,"reaction":null}');
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
CREATE TABLE inbox (
    key TEXT PRIMARY KEY,           -- Slack's own id of the event, command, action or submission
    payload TEXT,                   -- JSON; removed when done, so that we keep no more than we need
    state TEXT NOT NULL,            -- pending, done, failed
    attempts INTEGER NOT NULL DEFAULT 0,
    received_at REAL NOT NULL
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
CREATE TABLE metrics (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    step INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (job_id, step)
) STRICT;
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
CREATE TABLE open_answers (conversation_id TEXT NOT NULL REFERENCES conversations (id), asked_ts TEXT NOT NULL, answer_ts TEXT NOT NULL, PRIMARY KEY (conversation_id, answer_ts)) STRICT;
CREATE TABLE provider_files (
    provider TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (provider, sha256)
) STRICT;
CREATE TABLE restorations (at REAL NOT NULL) STRICT;
CREATE TABLE silent_providers (provider TEXT PRIMARY KEY, since REAL NOT NULL) STRICT;
CREATE TABLE subscriptions (channel TEXT PRIMARY KEY, user TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE turns (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    seq INTEGER NOT NULL,
    ts TEXT NOT NULL,               -- Slack's ts of the message, by which a redelivery is known
    role TEXT NOT NULL,
    content TEXT NOT NULL, finish_reason TEXT,
    PRIMARY KEY (conversation_id, seq),
    UNIQUE (conversation_id, role, ts)
) STRICT
;
CREATE TABLE unread (channel TEXT PRIMARY KEY, since REAL NOT NULL) STRICT;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX inbox_state ON inbox (state, received_at);
CREATE UNIQUE INDEX datasets_file ON datasets (channel, file_id, created_at);
CREATE INDEX datasets_sha256 ON datasets (sha256);
CREATE UNIQUE INDEX jobs_provider_job ON jobs (provider, provider_job_id);
CREATE INDEX jobs_followed ON jobs (followed) WHERE followed = 1;
CREATE INDEX jobs_state ON jobs (state);
CREATE INDEX jobs_model ON jobs (fine_tuned_model);
CREATE INDEX cards_dirty ON cards (dirty, changed_at) WHERE dirty = 1;
CREATE INDEX notices_open ON notices (state, seq) WHERE state IN ('pending', 'attempting');
CREATE INDEX audit_thing ON audit (thing);
CREATE TRIGGER audit_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE key = NEW.key OR number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
CREATE TRIGGER audit_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
CREATE TRIGGER audit_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
CREATE INDEX jobs_created_at ON jobs (created_at);
DELETE FROM "sqlite_sequence";
COMMIT;

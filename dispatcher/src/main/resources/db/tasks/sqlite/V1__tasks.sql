-- One row a task. document, fixed: written once. journey: all that changes.
-- Times are epoch milliseconds. due_at: the stored wake-up. live: something of it may be in a place.
CREATE TABLE task (
  seq             INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id         TEXT    NOT NULL UNIQUE,
  version         INTEGER NOT NULL,
  status          TEXT    NOT NULL,
  workload        TEXT,
  route           TEXT    NOT NULL,
  created_at      INTEGER NOT NULL,
  due_at          INTEGER,
  live            INTEGER NOT NULL,
  idempotency_key TEXT    UNIQUE,
  document_hash   TEXT    NOT NULL,
  document        TEXT    NOT NULL,
  fixed           TEXT    NOT NULL,
  journey         TEXT    NOT NULL,
  result          TEXT,
  result_s3       TEXT
) STRICT;

CREATE INDEX task_due ON task (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX task_live ON task (seq) WHERE live = 1;
CREATE INDEX task_status ON task (status, seq);
CREATE INDEX task_workload ON task (workload, seq);
CREATE INDEX task_route ON task (route, seq);

-- Apart, because a payload may have 6 MiB and most readers do not want it.
CREATE TABLE task_payload (
  task_id TEXT PRIMARY KEY,
  payload BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE task_tag (
  tag   TEXT    NOT NULL,
  value TEXT    NOT NULL,
  seq   INTEGER NOT NULL,
  PRIMARY KEY (tag, value, seq)
) STRICT, WITHOUT ROWID;

-- An edge: task_id waits for depends_on.
CREATE TABLE task_dependency (
  depends_on TEXT NOT NULL,
  task_id    TEXT NOT NULL,
  PRIMARY KEY (depends_on, task_id)
) STRICT, WITHOUT ROWID;

-- Outbox: tasks that ended, until those that wait for them have been told.
CREATE TABLE task_ended (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id   TEXT    NOT NULL,
  succeeded INTEGER NOT NULL
) STRICT;

CREATE TABLE hop_log (
  task_id TEXT    NOT NULL,
  hop     INTEGER NOT NULL,
  log     TEXT    NOT NULL,
  PRIMARY KEY (task_id, hop)
) STRICT, WITHOUT ROWID;

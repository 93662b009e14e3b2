-- Lists come in the order of creation, so every index that serves one ends with it.
DROP INDEX task_status;
DROP INDEX task_workload;
DROP INDEX task_route;
CREATE INDEX task_created ON task (created_at, seq);
CREATE INDEX task_status ON task (status, created_at, seq);
CREATE INDEX task_workload ON task (workload, status, created_at, seq);
CREATE INDEX task_route ON task (route, created_at, seq);

ALTER TABLE task_tag RENAME TO task_tag_before;
CREATE TABLE task_tag (
  tag        TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  PRIMARY KEY (tag, value, created_at, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO task_tag
  SELECT t.tag, t.value, task.created_at, t.seq FROM task_tag_before t JOIN task ON task.seq = t.seq;
DROP TABLE task_tag_before;
CREATE INDEX task_tag_task ON task_tag (seq);

-- What was learnt of workloads: bytes that only their owner reads.
CREATE TABLE history (
  workload   TEXT    PRIMARY KEY,
  learnt     BLOB    NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the number in task_ended up to which ends have been learnt from.
CREATE TABLE history_cursor (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  learnt_to INTEGER NOT NULL
) STRICT;
INSERT INTO history_cursor VALUES (1, 0);

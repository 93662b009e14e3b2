-- ended_at: when the task ended. objects: 1 while the dispatcher's own objects of it may be in S3.
ALTER TABLE task ADD COLUMN ended_at INTEGER;
ALTER TABLE task ADD COLUMN objects INTEGER NOT NULL DEFAULT 1;

-- What ended before is kept as if it had ended now.
UPDATE task SET ended_at = unixepoch() * 1000 WHERE status IN ('SUCCEEDED', 'FAILED');

CREATE INDEX task_expiry ON task (objects, ended_at) WHERE ended_at IS NOT NULL;

-- The primary keys begin with what is looked for; these find what belongs to one task.
CREATE INDEX task_dependency_waiting ON task_dependency (task_id);
CREATE INDEX task_tag_task ON task_tag (seq);

-- parent: the array that a task is a child of. children: what the parent of an array knows of them.
ALTER TABLE task ADD COLUMN parent TEXT;
ALTER TABLE task ADD COLUMN children TEXT;

CREATE INDEX task_child ON task (parent, status, seq) WHERE parent IS NOT NULL;

-- Lists show arrays, not their children; so the indexes that serve lists leave children out.
DROP INDEX task_created;
DROP INDEX task_status;
DROP INDEX task_workload;
DROP INDEX task_route;
CREATE INDEX task_created ON task (created_at, seq) WHERE parent IS NULL;
CREATE INDEX task_status ON task (status, created_at, seq) WHERE parent IS NULL;
CREATE INDEX task_workload ON task (workload, status, created_at, seq) WHERE parent IS NULL;
CREATE INDEX task_route ON task (route, created_at, seq) WHERE parent IS NULL;

-- For the beginnings of ids: those of children begin as their array's does.
CREATE INDEX task_top ON task (task_id) WHERE parent IS NULL;

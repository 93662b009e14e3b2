-- parent: the array that a task is a child of. children: what the parent of an array knows of them.
alter table task add column parent text collate "C";
alter table task add column children text;

create index task_child on task (parent, status, seq) where parent is not null;

-- Lists show arrays, not their children; so the indexes that serve lists leave children out.
drop index task_created;
drop index task_status;
drop index task_workload;
drop index task_route;
create index task_created on task (created_at, seq) where parent is null;
create index task_status on task (status, created_at, seq) where parent is null;
create index task_workload on task (workload, status, created_at, seq) where parent is null;
create index task_route on task (route, created_at, seq) where parent is null;

-- For the beginnings of ids: those of children begin as their array's does.
create index task_top on task (task_id) where parent is null;

-- The tables of version 3; there were no versions 1 and 2 for PostgreSQL. The schema is the account's and region's own.
-- Times are epoch milliseconds, truths 0 and 1. Text is compared by its bytes, as everywhere else.

-- One row a task. document, fixed: written once. journey: all that changes. due_at: the stored wake-up.
-- live: something of it may be in a place. objects: 1 while the dispatcher's own objects of it may be in S3.
create table task (
  seq             bigint generated always as identity primary key,
  task_id         text collate "C" not null unique,
  version         bigint not null,
  status          text collate "C" not null,
  workload        text collate "C",
  route           text collate "C" not null,
  created_at      bigint not null,
  due_at          bigint,
  live            bigint not null,
  idempotency_key text collate "C" unique,
  document_hash   text not null,
  document        text not null,
  fixed           text not null,
  journey         text not null,
  result          text,
  result_s3       text,
  ended_at        bigint,
  objects         bigint not null default 1
);

create index task_due on task (due_at) where due_at is not null;
create index task_live on task (seq) where live = 1;
create index task_expiry on task (objects, ended_at) where ended_at is not null;

-- Lists come in the order of creation, so every index that serves one ends with it.
create index task_created on task (created_at, seq);
create index task_status on task (status, created_at, seq);
create index task_workload on task (workload, status, created_at, seq);
create index task_route on task (route, created_at, seq);

-- Apart, because a payload may have 6 MiB and most readers do not want it.
create table task_payload (
  task_id text collate "C" primary key,
  payload bytea not null
);

create table task_tag (
  tag        text collate "C" not null,
  value      text collate "C" not null,
  created_at bigint not null,
  seq        bigint not null,
  primary key (tag, value, created_at, seq)
);
create index task_tag_task on task_tag (seq);

-- An edge: task_id waits for depends_on.
create table task_dependency (
  depends_on text collate "C" not null,
  task_id    text collate "C" not null,
  primary key (depends_on, task_id)
);
create index task_dependency_waiting on task_dependency (task_id);

-- Outbox: tasks that ended, until everybody who asked has been told. Numbers are given under the writers' lock, so
-- they rise in the order of the commits.
create table task_ended (
  seq       bigint generated always as identity primary key,
  task_id   text collate "C" not null,
  succeeded bigint not null
);

create table hop_log (
  task_id text collate "C" not null,
  hop     bigint not null,
  log     text not null,
  primary key (task_id, hop)
);

-- What was learnt of workloads: bytes that only their owner reads.
create table history (
  workload   text collate "C" primary key,
  learnt     bytea not null,
  updated_at bigint not null
);

-- One row: the number in task_ended up to which ends have been learnt from.
create table history_cursor (
  one       bigint primary key check (one = 1),
  learnt_to bigint not null
);
insert into history_cursor values (1, 0);

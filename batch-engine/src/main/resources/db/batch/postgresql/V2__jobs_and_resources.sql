-- The tables of version 2; there was no version 1 for PostgreSQL. Times are epoch milliseconds. Account and region are part
-- of every key. Text is compared by its bytes, as everywhere else.

-- Who writes, and the numbers that go on over a restart. Every transaction checks the epoch.
create table owner (
  account text collate "C" not null,
  region text collate "C" not null,
  epoch bigint not null,
  pid bigint not null,
  outbox_sequence bigint not null,
  job_order bigint not null,
  primary key (account, region)
);

create table compute_environment (
  account text collate "C" not null,
  region text collate "C" not null,
  name text collate "C" not null,
  uuid text collate "C" not null,
  state text collate "C" not null,
  status text collate "C" not null,
  max_vcpus bigint not null,
  fargate bigint not null,
  created_at bigint not null,
  version bigint not null,
  detail text collate "C" not null,
  primary key (account, region, name)
);

create table job_queue (
  account text collate "C" not null,
  region text collate "C" not null,
  name text collate "C" not null,
  state text collate "C" not null,
  status text collate "C" not null,
  priority bigint not null,
  compute_environments text collate "C" not null,
  fargate bigint not null,
  created_at bigint not null,
  version bigint not null,
  scheduling_policy text collate "C",
  detail text collate "C" not null,
  primary key (account, region, name)
);

create table job_definition (
  account text collate "C" not null,
  region text collate "C" not null,
  name text collate "C" not null,
  revision bigint not null,
  active bigint not null,
  fargate bigint not null,
  created_at bigint not null,
  detail text collate "C" not null,
  primary key (account, region, name, revision)
);

create table scheduling_policy (
  account text collate "C" not null,
  region text collate "C" not null,
  name text collate "C" not null,
  version bigint not null,
  detail text collate "C" not null,
  primary key (account, region, name)
);

create table consumable_resource (
  account text collate "C" not null,
  region text collate "C" not null,
  name text collate "C" not null,
  type text collate "C" not null,
  total_quantity bigint not null,
  created_at bigint not null,
  version bigint not null,
  tags text collate "C" not null,
  primary key (account, region, name)
);

-- settings: never changes. progress: state, place in the queue, attempts. parent_id, child_index: of a child only.
create table job (
  account text collate "C" not null,
  region text collate "C" not null,
  job_id text collate "C" not null,
  job_name text collate "C" not null,
  job_name_lower text collate "C" not null,
  job_queue text collate "C" not null,
  job_definition_arn text collate "C" not null,
  status text collate "C" not null,
  created_at bigint not null,
  ended_at bigint,
  parent_id text collate "C",
  child_index bigint,
  array_size bigint,
  vcpu_millis bigint not null,
  memory_mib bigint not null,
  attempts bigint not null,
  timeout_seconds bigint,
  share_identifier text collate "C",
  scheduling_priority bigint not null,
  idempotency_key text collate "C",
  request_hash text collate "C",
  settings text collate "C",
  progress text collate "C" not null,
  primary key (account, region, job_id)
);

create index job_by_status on job (account, region, job_queue, status, created_at desc, job_id) where parent_id is null;
create index job_by_age on job (account, region, job_queue, created_at desc, job_id) where parent_id is null;
create index job_by_name on job (account, region, job_queue, job_name_lower) where parent_id is null;
create index job_by_definition on job (account, region, job_queue, job_definition_arn) where parent_id is null;
create index job_by_share on job (account, region, job_queue, share_identifier) where share_identifier is not null and parent_id is null;
create index job_live on job (account, region) where ended_at is null;
create index job_ended on job (account, region, ended_at) where ended_at is not null and parent_id is null;
create index job_child on job (account, region, parent_id, child_index) where parent_id is not null;
create unique index job_by_key on job (account, region, idempotency_key) where idempotency_key is not null;

-- The members of DescribeJobs that do not change, and the tags, which may. A child has its parent's.
create table job_detail (
  account text collate "C" not null,
  region text collate "C" not null,
  job_id text collate "C" not null,
  detail text collate "C" not null,
  tags text collate "C" not null,
  primary key (account, region, job_id)
);

-- Where the children of an array are: 4096 of them in a row, half a byte each. Absent rows are as the parent's progress says.
create table array_chunk (
  account text collate "C" not null,
  region text collate "C" not null,
  job_id text collate "C" not null,
  chunk bigint not null,
  children bytea not null,
  primary key (account, region, job_id, chunk)
);

-- Jobs that need a consumable resource.
create table job_consumable (
  account text collate "C" not null,
  region text collate "C" not null,
  consumable_resource text collate "C" not null,
  job_id text collate "C" not null,
  quantity bigint not null,
  primary key (account, region, consumable_resource, job_id)
);

create index job_consumable_of on job_consumable (account, region, job_id);

-- Every event, numbered without a gap; a line with a span stands for that many children.
-- job_id: the job, or the parent of the children. what: the job as it was then, the children, or the reason.
create table outbox (
  account text collate "C" not null,
  region text collate "C" not null,
  sequence bigint not null,
  span bigint not null,
  kind text collate "C" not null,
  job_id text collate "C" not null,
  job_queue text collate "C" not null,
  status text collate "C" not null,
  at bigint not null,
  what text collate "C" not null,
  primary key (account, region, sequence)
);

create index outbox_by_time on outbox (account, region, at);
create index outbox_blocked on outbox (account, region, job_queue, sequence) where kind = 'QUEUE_BLOCKED';

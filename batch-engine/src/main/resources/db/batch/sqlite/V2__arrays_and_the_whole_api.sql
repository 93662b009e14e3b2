-- Arrays, consumable resources, scheduling policies. What only readers need of a job moves out of its row, so that a
-- start reads little.

alter table job rename to job_v1;
drop index job_by_status;
drop index job_by_name;
drop index job_live;
drop index job_ended;
drop index job_by_key;

-- settings: never changes. progress: state, place in the queue, attempts. parent_id, child_index: of a child only.
create table job (
  account text not null,
  region text not null,
  job_id text not null,
  job_name text not null,
  job_name_lower text not null,
  job_queue text not null,
  job_definition_arn text not null,
  status text not null,
  created_at integer not null,
  ended_at integer,
  parent_id text,
  child_index integer,
  array_size integer,
  vcpu_millis integer not null,
  memory_mib integer not null,
  attempts integer not null,
  timeout_seconds integer,
  share_identifier text,
  scheduling_priority integer not null,
  idempotency_key text,
  request_hash text,
  settings text,
  progress text not null,
  primary key (account, region, job_id)
);

insert into job
select account, region, job_id, job_name, job_name_lower, job_queue, job_definition_arn, status, created_at, ended_at,
  null, null, null, json_extract(settings, '$.vcpuMillis'), json_extract(settings, '$.memoryMib'),
  json_extract(settings, '$.attempts'), json_extract(settings, '$.timeoutSeconds'), null, 0, idempotency_key,
  request_hash, settings, progress
from job_v1;

-- The members of DescribeJobs that do not change, and the tags, which may. A child has its parent's.
create table job_detail (
  account text not null,
  region text not null,
  job_id text not null,
  detail text not null,
  tags text not null,
  primary key (account, region, job_id)
) without rowid;

insert into job_detail
select account, region, job_id, detail, coalesce(json_extract(detail, '$.tags'), '{}') from job_v1;

drop table job_v1;

create index job_by_status on job (account, region, job_queue, status, created_at desc, job_id) where parent_id is null;
create index job_by_age on job (account, region, job_queue, created_at desc, job_id) where parent_id is null;
create index job_by_name on job (account, region, job_queue, job_name_lower) where parent_id is null;
create index job_by_definition on job (account, region, job_queue, job_definition_arn) where parent_id is null;
create index job_by_share on job (account, region, job_queue, share_identifier) where share_identifier is not null and parent_id is null;
create index job_live on job (account, region) where ended_at is null;
create index job_ended on job (account, region, ended_at) where ended_at is not null and parent_id is null;
create index job_child on job (account, region, parent_id, child_index) where parent_id is not null;
create unique index job_by_key on job (account, region, idempotency_key) where idempotency_key is not null;

-- Where the children of an array are: 4096 of them in a row, half a byte each. Absent rows are as the parent's progress says.
create table array_chunk (
  account text not null,
  region text not null,
  job_id text not null,
  chunk integer not null,
  children blob not null,
  primary key (account, region, job_id, chunk)
) without rowid;

-- Jobs that need a consumable resource.
create table job_consumable (
  account text not null,
  region text not null,
  consumable_resource text not null,
  job_id text not null,
  quantity integer not null,
  primary key (account, region, consumable_resource, job_id)
) without rowid;

create index job_consumable_of on job_consumable (account, region, job_id);

alter table job_queue add column scheduling_policy text;

create table scheduling_policy (
  account text not null,
  region text not null,
  name text not null,
  version integer not null,
  detail text not null,
  primary key (account, region, name)
);

create table consumable_resource (
  account text not null,
  region text not null,
  name text not null,
  type text not null,
  total_quantity integer not null,
  created_at integer not null,
  version integer not null,
  tags text not null,
  primary key (account, region, name)
);

drop table outbox;

-- Every event, numbered without a gap; a line with a span stands for that many children.
-- job_id: the job, or the parent of the children. what: the job as it was then, the children, or the reason.
create table outbox (
  account text not null,
  region text not null,
  sequence integer not null,
  span integer not null,
  kind text not null,
  job_id text not null,
  job_queue text not null,
  status text not null,
  at integer not null,
  what text not null,
  primary key (account, region, sequence)
) without rowid;

create index outbox_by_time on outbox (account, region, at);
create index outbox_blocked on outbox (account, region, job_queue, sequence) where kind = 'QUEUE_BLOCKED';

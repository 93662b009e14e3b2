-- Times are epoch milliseconds. Account and region are part of every key.

-- Who writes, and the numbers that go on over a restart. Every transaction checks the epoch.
create table owner (
  account text not null,
  region text not null,
  epoch integer not null,
  pid integer not null,
  outbox_sequence integer not null,
  job_order integer not null,
  primary key (account, region)
);

create table compute_environment (
  account text not null,
  region text not null,
  name text not null,
  uuid text not null,
  state text not null,
  status text not null,
  max_vcpus integer not null,
  fargate integer not null,
  created_at integer not null,
  version integer not null,
  detail text not null,
  primary key (account, region, name)
);

create table job_queue (
  account text not null,
  region text not null,
  name text not null,
  state text not null,
  status text not null,
  priority integer not null,
  compute_environments text not null,
  fargate integer not null,
  created_at integer not null,
  version integer not null,
  detail text not null,
  primary key (account, region, name)
);

create table job_definition (
  account text not null,
  region text not null,
  name text not null,
  revision integer not null,
  active integer not null,
  fargate integer not null,
  created_at integer not null,
  detail text not null,
  primary key (account, region, name, revision)
);

-- settings, detail: never change. progress: state, place in the queue, attempts.
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
  idempotency_key text,
  request_hash text,
  settings text not null,
  progress text not null,
  detail text not null,
  primary key (account, region, job_id)
);

create index job_by_status on job (account, region, job_queue, status, created_at desc, job_id);
create index job_by_name on job (account, region, job_queue, job_name_lower);
create index job_live on job (account, region) where ended_at is null;
create index job_ended on job (account, region, ended_at) where ended_at is not null;
create unique index job_by_key on job (account, region, idempotency_key) where idempotency_key is not null;

-- Every move of every job, numbered without a gap.
create table outbox (
  account text not null,
  region text not null,
  sequence integer not null,
  job_id text not null,
  job_name text not null,
  job_queue_arn text not null,
  status text not null,
  at integer not null,
  primary key (account, region, sequence)
) without rowid;

create index outbox_by_time on outbox (account, region, at);

-- Why a compute environment is INVALID.
alter table compute_environment add column problem text;

-- Machines that are there or coming. host: of a registered one, as JSON.
create table instance (
  account text not null,
  region text not null,
  instance_id text not null,
  compute_environment text not null,
  type text not null,
  vcpu_millis integer not null,
  memory_mib integer not null,
  gpus integer not null,
  market text not null,
  phase text not null,
  launched_at integer not null,
  up_at integer,
  ends_at integer,
  host text,
  primary key (account, region, instance_id)
);

-- What each attempt and each instance came to, in billionths of a dollar; goes with the jobs of its time.
create table charge (
  account text not null,
  region text not null,
  what text not null,
  compute_environment text not null,
  job_id text,
  attempt integer,
  job_queue text,
  share_identifier text,
  instance_id text,
  instance_type text,
  spot integer not null,
  began_at integer not null,
  ended_at integer not null,
  nanos integer not null,
  primary key (account, region, what)
);

create index charge_of_job on charge (account, region, job_id, attempt) where job_id is not null;
create index charge_by_time on charge (account, region, ended_at);

-- The same added up; stays. kind: ATTEMPT or INSTANCE. An instance has no queue and no share: '' stands for none.
create table ledger_day (
  account text not null,
  region text not null,
  day text not null,
  kind text not null,
  compute_environment text not null,
  job_queue text not null,
  share_identifier text not null,
  number integer not null,
  millis integer not null,
  nanos integer not null,
  primary key (account, region, day, kind, compute_environment, job_queue, share_identifier)
);

-- Why a compute environment is INVALID.
alter table compute_environment add column problem text collate "C";

-- Machines that are there or coming. host: of a registered one, as JSON.
create table instance (
  account text collate "C" not null,
  region text collate "C" not null,
  instance_id text collate "C" not null,
  compute_environment text collate "C" not null,
  type text collate "C" not null,
  vcpu_millis bigint not null,
  memory_mib bigint not null,
  gpus bigint not null,
  market text collate "C" not null,
  phase text collate "C" not null,
  launched_at bigint not null,
  up_at bigint,
  ends_at bigint,
  host text collate "C",
  primary key (account, region, instance_id)
);

-- What each attempt and each instance came to, in billionths of a dollar; goes with the jobs of its time.
create table charge (
  account text collate "C" not null,
  region text collate "C" not null,
  what text collate "C" not null,
  compute_environment text collate "C" not null,
  job_id text collate "C",
  attempt bigint,
  job_queue text collate "C",
  share_identifier text collate "C",
  instance_id text collate "C",
  instance_type text collate "C",
  spot bigint not null,
  began_at bigint not null,
  ended_at bigint not null,
  nanos bigint not null,
  primary key (account, region, what)
);

create index charge_of_job on charge (account, region, job_id, attempt) where job_id is not null;
create index charge_by_time on charge (account, region, ended_at);

-- The same added up; stays. kind: ATTEMPT or INSTANCE. An instance has no queue and no share: '' stands for none.
create table ledger_day (
  account text collate "C" not null,
  region text collate "C" not null,
  day text collate "C" not null,
  kind text collate "C" not null,
  compute_environment text collate "C" not null,
  job_queue text collate "C" not null,
  share_identifier text collate "C" not null,
  number bigint not null,
  millis bigint not null,
  nanos bigint not null,
  primary key (account, region, day, kind, compute_environment, job_queue, share_identifier)
);

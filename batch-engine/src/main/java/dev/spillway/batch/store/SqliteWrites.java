package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.JobStateChange;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The statements of a commit, prepared once. A job that moved twice in a step is written once. */
final class SqliteWrites implements AutoCloseable {
  private final Arns arns;
  private final Connection connection;
  private final List<PreparedStatement> prepared = new ArrayList<>();
  private final PreparedStatement own;
  private final PreparedStatement insertJob;
  private final PreparedStatement updateJob;
  private final PreparedStatement insertChange;
  private final PreparedStatement putComputeEnvironment;
  private final PreparedStatement putJobQueue;
  private final PreparedStatement putJobDefinition;

  SqliteWrites(Connection connection, Arns arns) throws SQLException {
    this.arns = arns;
    this.connection = connection;
    own =
        prepare(
            "update owner set outbox_sequence = ?, job_order = ?"
                + " where account = ? and region = ? and epoch = ?");
    insertJob =
        prepare(
            """
            insert into job (account, region, job_id, job_name, job_name_lower, job_queue,
              job_definition_arn, created_at, idempotency_key, request_hash, settings, detail,
              status, ended_at, progress)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""");
    updateJob =
        prepare(
            "update job set status = ?, ended_at = ?, progress = ?"
                + " where account = ? and region = ? and job_id = ?");
    insertChange =
        prepare(
            """
            insert into outbox (account, region, sequence, job_id, job_name, job_queue_arn, status, at)
            values (?, ?, ?, ?, ?, ?, ?, ?)""");
    putComputeEnvironment =
        prepare(
            """
            insert or replace into compute_environment (account, region, name, uuid, state, status,
              max_vcpus, fargate, created_at, version, detail)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""");
    putJobQueue =
        prepare(
            """
            insert or replace into job_queue (account, region, name, state, status, priority,
              compute_environments, fargate, created_at, version, detail)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""");
    putJobDefinition =
        prepare(
            """
            insert or replace into job_definition (account, region, name, revision, active, fargate,
              created_at, detail)
            values (?, ?, ?, ?, ?, ?, ?, ?)""");
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    prepared.add(statement);
    return statement;
  }

  /** Writes the counters; false when the epoch is not ours any more. */
  boolean own(long epoch, Step.Counters counters) throws SQLException {
    own.setLong(1, counters.outbox());
    own.setLong(2, counters.order());
    own.setString(3, arns.account());
    own.setString(4, arns.region());
    own.setLong(5, epoch);
    return own.executeUpdate() == 1;
  }

  void write(Step step) throws SQLException {
    Map<String, Job> added = new LinkedHashMap<>();
    Map<String, Job> changed = new LinkedHashMap<>();
    for (Event event : step.events()) {
      switch (event) {
        case Event.JobAdded(Job job) -> added.put(job.id(), job);
        case Event.JobChanged(_, Job after) ->
            (added.containsKey(after.id()) ? added : changed).put(after.id(), after);
        case Event.ComputeEnvironmentPut(ComputeEnvironment e) -> put(e);
        case Event.ComputeEnvironmentRemoved(String name) -> remove("compute_environment", name);
        case Event.JobQueuePut(JobQueue queue) -> put(queue);
        case Event.JobQueueRemoved(String name) -> remove("job_queue", name);
        case Event.JobDefinitionPut(JobDefinition definition) -> put(definition);
      }
    }
    insert(added.values());
    update(changed.values());
    insertChanges(step.changes());
    if (step.pruneEndedBefore().isPresent()) {
      prune(step.pruneEndedBefore().get());
    }
  }

  private void insert(Iterable<Job> jobs) throws SQLException {
    for (Job job : jobs) {
      JobSpec spec = job.spec();
      int i = key(insertJob, 1);
      insertJob.setString(i++, job.id());
      insertJob.setString(i++, spec.jobName());
      insertJob.setString(i++, spec.jobName().toLowerCase(Locale.ROOT));
      insertJob.setString(i++, spec.jobQueue());
      insertJob.setString(i++, spec.jobDefinitionArn());
      insertJob.setLong(i++, spec.createdAt().toEpochMilli());
      insertJob.setString(i++, spec.idempotencyKey().map(k -> k.key()).orElse(null));
      insertJob.setString(i++, spec.idempotencyKey().map(k -> k.requestHash()).orElse(null));
      insertJob.setString(i++, JobJson.settings(spec));
      insertJob.setString(i++, spec.detail());
      progress(insertJob, i, job);
      insertJob.addBatch();
    }
    insertJob.executeBatch();
  }

  private void update(Iterable<Job> jobs) throws SQLException {
    for (Job job : jobs) {
      int i = progress(updateJob, 1, job);
      i = key(updateJob, i);
      updateJob.setString(i, job.id());
      updateJob.addBatch();
    }
    updateJob.executeBatch();
  }

  private static int progress(PreparedStatement statement, int from, Job job) throws SQLException {
    int i = from;
    statement.setString(i++, job.status().name());
    switch (job.state()) {
      case JobState.Succeeded s -> statement.setLong(i++, s.stoppedAt().toEpochMilli());
      case JobState.Failed f -> statement.setLong(i++, f.stoppedAt().toEpochMilli());
      case JobState _ -> statement.setNull(i++, Types.INTEGER);
    }
    statement.setString(i++, JobJson.progress(job));
    return i;
  }

  private void insertChanges(List<JobStateChange> changes) throws SQLException {
    for (JobStateChange change : changes) {
      int i = key(insertChange, 1);
      insertChange.setLong(i++, change.sequence());
      insertChange.setString(i++, change.jobId());
      insertChange.setString(i++, change.jobName());
      insertChange.setString(i++, change.jobQueueArn());
      insertChange.setString(i++, change.status().name());
      insertChange.setLong(i, change.at().toEpochMilli());
      insertChange.addBatch();
    }
    insertChange.executeBatch();
  }

  private void put(ComputeEnvironment e) throws SQLException {
    int i = key(putComputeEnvironment, 1);
    putComputeEnvironment.setString(i++, e.name());
    putComputeEnvironment.setString(i++, e.uuid());
    putComputeEnvironment.setString(i++, e.state().name());
    putComputeEnvironment.setString(i++, e.status().name());
    putComputeEnvironment.setInt(i++, e.maxVcpus());
    putComputeEnvironment.setBoolean(i++, e.fargate());
    putComputeEnvironment.setLong(i++, e.createdAt().toEpochMilli());
    putComputeEnvironment.setLong(i++, e.version());
    putComputeEnvironment.setString(i, e.detail());
    putComputeEnvironment.executeUpdate();
  }

  private void put(JobQueue q) throws SQLException {
    int i = key(putJobQueue, 1);
    putJobQueue.setString(i++, q.name());
    putJobQueue.setString(i++, q.state().name());
    putJobQueue.setString(i++, q.status().name());
    putJobQueue.setInt(i++, q.priority());
    putJobQueue.setString(i++, JobJson.array(q.computeEnvironments()));
    putJobQueue.setBoolean(i++, q.fargate());
    putJobQueue.setLong(i++, q.createdAt().toEpochMilli());
    putJobQueue.setLong(i++, q.version());
    putJobQueue.setString(i, q.detail());
    putJobQueue.executeUpdate();
  }

  private void put(JobDefinition d) throws SQLException {
    int i = key(putJobDefinition, 1);
    putJobDefinition.setString(i++, d.name());
    putJobDefinition.setInt(i++, d.revision());
    putJobDefinition.setBoolean(i++, d.active());
    putJobDefinition.setBoolean(i++, d.fargate());
    putJobDefinition.setLong(i++, d.createdAt().toEpochMilli());
    putJobDefinition.setString(i, d.detail());
    putJobDefinition.executeUpdate();
  }

  private void remove(String table, String name) throws SQLException {
    try (PreparedStatement remove =
        connection.prepareStatement(
            "delete from " + table + " where account = ? and region = ? and name = ?")) {
      remove.setString(key(remove, 1), name);
      remove.executeUpdate();
    }
  }

  private void prune(Instant endedBefore) throws SQLException {
    delete(
        """
        delete from job where rowid in (select rowid from job
          where account = ? and region = ? and ended_at < ? order by ended_at limit ?)""",
        endedBefore);
    delete(
        """
        delete from outbox where account = ?1 and region = ?2 and sequence in (select sequence
          from outbox where account = ?1 and region = ?2 and at < ?3 order by at limit ?4)""",
        endedBefore);
  }

  private void delete(String sql, Instant before) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      int i = key(delete, 1);
      delete.setLong(i++, before.toEpochMilli());
      delete.setInt(i, Journal.PRUNE_BITE);
      delete.executeUpdate();
    }
  }

  /** Sets account and region; returns the next place. */
  private int key(PreparedStatement statement, int from) throws SQLException {
    statement.setString(from, arns.account());
    statement.setString(from + 1, arns.region());
    return from + 2;
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : prepared) {
      statement.close();
    }
  }
}

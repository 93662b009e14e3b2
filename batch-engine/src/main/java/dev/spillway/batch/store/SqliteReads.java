package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.JobStateChange;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The queries, on one connection. */
final class SqliteReads {
  private static final String JOB =
      """
      select job_id, job_name, job_queue, job_definition_arn, created_at, idempotency_key,
        request_hash, detail, settings, status, progress from job where account = ? and region = ?""";

  private final Connection connection;
  private final Arns arns;

  SqliteReads(Connection connection, Arns arns) {
    this.connection = connection;
    this.arns = arns;
  }

  Loaded load() throws SQLException {
    return new Loaded(
        query("select * from compute_environment", "order by name", this::computeEnvironment),
        query("select * from job_queue", "order by name", this::jobQueue),
        query("select * from job_definition", "order by name, revision", this::jobDefinition),
        jobs(JOB + " and ended_at is null order by created_at, job_id", List.of()),
        counters());
  }

  List<Job> find(Collection<String> jobIds) throws SQLException {
    if (jobIds.isEmpty()) {
      return List.of();
    }
    String places = String.join(",", jobIds.stream().map(_ -> "?").toList());
    return jobs(JOB + " and job_id in (" + places + ")", List.copyOf(jobIds));
  }

  List<Job> list(JobListing listing) throws SQLException {
    StringBuilder sql = new StringBuilder(JOB).append(" and job_queue = ?");
    List<Object> values = new ArrayList<>(List.of(listing.jobQueue()));
    if (listing.status().isPresent()) {
      sql.append(" and status = ?");
      values.add(listing.status().get().name());
    }
    if (listing.name().isPresent()) {
      String name = listing.name().get().toLowerCase(Locale.ROOT);
      if (name.endsWith("*")) {
        // Names are letters, digits, - and _: all below the last character used here.
        String prefix = name.substring(0, name.length() - 1);
        sql.append(" and job_name_lower >= ? and job_name_lower < ?");
        values.add(prefix);
        values.add(prefix + '\uffff');
      } else {
        sql.append(" and job_name_lower = ?");
        values.add(name);
      }
    }
    if (listing.after().isPresent()) {
      JobListing.Cursor after = listing.after().get();
      sql.append(" and (created_at < ? or (created_at = ? and job_id > ?))");
      values.add(after.createdAt().toEpochMilli());
      values.add(after.createdAt().toEpochMilli());
      values.add(after.jobId());
    }
    sql.append(" order by created_at desc, job_id limit ?");
    values.add(listing.limit());
    return jobs(sql.toString(), values);
  }

  Optional<Journal.KeyedJob> byIdempotencyKey(String key) throws SQLException {
    return query(
            "select job_id, job_name, request_hash from job",
            "and idempotency_key = ?",
            row -> new Journal.KeyedJob(row.getString(1), row.getString(2), row.getString(3)),
            key)
        .stream()
        .findFirst();
  }

  List<JobStateChange> changesAfter(long sequence, int limit) throws SQLException {
    return query(
        "select sequence, job_id, job_name, job_queue_arn, status, at from outbox",
        "and sequence > ? order by sequence limit ?",
        row ->
            new JobStateChange(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                JobStatus.valueOf(row.getString(5)),
                Instant.ofEpochMilli(row.getLong(6))),
        sequence,
        limit);
  }

  private Step.Counters counters() throws SQLException {
    return query(
            "select outbox_sequence, job_order from owner",
            "",
            row -> new Step.Counters(row.getLong(1), row.getLong(2)))
        .getFirst();
  }

  private ComputeEnvironment computeEnvironment(ResultSet row) throws SQLException {
    return new ComputeEnvironment(
        row.getString("name"),
        row.getString("uuid"),
        ComputeEnvironment.State.valueOf(row.getString("state")),
        ComputeEnvironment.Status.valueOf(row.getString("status")),
        row.getInt("max_vcpus"),
        row.getBoolean("fargate"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        row.getLong("version"),
        row.getString("detail"));
  }

  private JobQueue jobQueue(ResultSet row) throws SQLException {
    return new JobQueue(
        row.getString("name"),
        JobQueue.State.valueOf(row.getString("state")),
        JobQueue.Status.valueOf(row.getString("status")),
        row.getInt("priority"),
        JobJson.list(row.getString("compute_environments")),
        row.getBoolean("fargate"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        row.getLong("version"),
        row.getString("detail"));
  }

  private JobDefinition jobDefinition(ResultSet row) throws SQLException {
    return new JobDefinition(
        row.getString("name"),
        row.getInt("revision"),
        row.getBoolean("active"),
        row.getBoolean("fargate"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        row.getString("detail"));
  }

  private List<Job> jobs(String sql, List<?> values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      return rows(statement, values, SqliteReads::job);
    }
  }

  private static Job job(ResultSet row) throws SQLException {
    String key = row.getString("idempotency_key");
    JobSpec spec =
        JobJson.spec(
            new JobJson.SpecColumns(
                row.getString("job_id"),
                row.getString("job_name"),
                row.getString("job_queue"),
                row.getString("job_definition_arn"),
                Instant.ofEpochMilli(row.getLong("created_at")),
                key == null
                    ? Optional.empty()
                    : Optional.of(new JobSpec.IdempotencyKey(key, row.getString("request_hash"))),
                row.getString("detail")),
            row.getString("settings"));
    return JobJson.job(spec, JobStatus.valueOf(row.getString("status")), row.getString("progress"));
  }

  private interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  private <T> List<T> query(String select, String rest, Row<T> row, Object... values)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(select + " where account = ? and region = ? " + rest)) {
      return rows(statement, List.of(values), row);
    }
  }

  private <T> List<T> rows(PreparedStatement statement, List<?> values, Row<T> row)
      throws SQLException {
    statement.setString(1, arns.account());
    statement.setString(2, arns.region());
    int i = 3;
    for (Object value : values) {
      statement.setObject(i++, value);
    }
    List<T> found = new ArrayList<>();
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        found.add(row.of(result));
      }
    }
    return found;
  }
}

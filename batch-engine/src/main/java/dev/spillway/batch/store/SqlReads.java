package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The queries, on one connection. */
final class SqlReads {
  private final Connection connection;
  private final Arns arns;

  SqlReads(Connection connection, Arns arns) {
    this.connection = connection;
    this.arns = arns;
  }

  Loaded load() throws SQLException {
    return new Loaded(
        new Loaded.Resources(
            rows(
                "select * from compute_environment", "order by name", SqlReads::computeEnvironment),
            rows("select * from job_queue", "order by name", SqlReads::jobQueue),
            rows("select * from job_definition", "order by name, revision", SqlReads::definition),
            rows("select * from scheduling_policy", "order by name", SqlReads::schedulingPolicy),
            rows("select * from consumable_resource", "order by name", SqlReads::consumable),
            rows(
                "select * from instance", "order by launched_at, instance_id", SqlReads::instance)),
        jobs("and ended_at is null order by created_at, job_id"),
        new SqlOutbox(this).blocked(arns),
        rows(
                "select outbox_sequence, job_order from owner",
                "",
                row -> new Step.Counters(row.getLong(1), row.getLong(2)))
            .getFirst());
  }

  List<Job> find(Collection<String> jobIds) throws SQLException {
    return jobIds.isEmpty()
        ? List.of()
        : jobs("and job_id in (" + places(jobIds) + ")", jobIds.toArray());
  }

  Map<String, JobDetail> details(Collection<String> jobIds) throws SQLException {
    Set<String> owners =
        jobIds.stream().map(SqlReads::owner).collect(Collectors.toCollection(LinkedHashSet::new));
    if (owners.isEmpty()) {
      return Map.of();
    }
    Map<String, JobDetail> byOwner = new HashMap<>();
    rows(
            "select job_id, detail, tags from job_detail",
            "and job_id in (" + places(owners) + ")",
            row -> Map.entry(row.getString(1), new JobDetail(row.getString(2), row.getString(3))),
            owners.toArray())
        .forEach(e -> byOwner.put(e.getKey(), e.getValue()));
    return jobIds.stream()
        .distinct()
        .filter(id -> byOwner.containsKey(owner(id)))
        .collect(Collectors.toMap(Function.identity(), id -> byOwner.get(owner(id))));
  }

  private static String owner(String jobId) {
    return ChildId.parse(jobId).map(ChildId::parentId).orElse(jobId);
  }

  List<Job> list(JobListing listing) throws SQLException {
    var query = new JobQuery(listing);
    return jobs(query.where(), query.values());
  }

  Optional<Journal.KeyedJob> byIdempotencyKey(String key) throws SQLException {
    return rows(
            "select job_id, job_name, request_hash from job",
            "and idempotency_key = ?",
            row -> new Journal.KeyedJob(row.getString(1), row.getString(2), row.getString(3)),
            key)
        .stream()
        .findFirst();
  }

  List<OutboxEvent> eventsAfter(long sequence, int limit) throws SQLException {
    return new SqlOutbox(this).after(sequence, limit, arns);
  }

  List<Charge> charges(String jobId) throws SQLException {
    return SqlLedger.of(this, jobId);
  }

  List<LedgerDay> ledger() throws SQLException {
    return SqlLedger.days(this);
  }

  private List<Job> jobs(String rest, Object... values) throws SQLException {
    List<JobRow> found = rows(JobRow.SELECT, rest, JobRow::of, values);
    Map<String, byte[][]> chunks = chunks(found);
    List<Job> jobs = new ArrayList<>(found.size());
    for (JobRow row : found) {
      jobs.add(row.job(chunks.getOrDefault(row.jobId(), new byte[0][])));
    }
    return jobs;
  }

  private Map<String, byte[][]> chunks(List<JobRow> rows) throws SQLException {
    Map<String, byte[][]> chunks = new HashMap<>();
    for (JobRow row : rows) {
      if (row.parentId() == null && row.arraySize() != null) {
        byte[][] its =
            new byte[(row.arraySize() + ArrayChildren.CHUNK - 1) / ArrayChildren.CHUNK][];
        rows(
                "select chunk, children from array_chunk",
                "and job_id = ?",
                r -> Map.entry(r.getInt(1), r.getBytes(2)),
                row.jobId())
            .forEach(e -> its[e.getKey()] = e.getValue());
        chunks.put(row.jobId(), its);
      }
    }
    return chunks;
  }

  private static ComputeEnvironment computeEnvironment(ResultSet row) throws SQLException {
    return new ComputeEnvironment(
        row.getString("name"),
        row.getString("uuid"),
        ComputeEnvironment.State.valueOf(row.getString("state")),
        ComputeEnvironment.Status.valueOf(row.getString("status")),
        Optional.ofNullable(row.getString("problem")),
        ComputeResources.of(row.getString("detail")),
        instant(row, "created_at"),
        row.getLong("version"),
        row.getString("detail"));
  }

  private static Instance instance(ResultSet row) throws SQLException {
    return new Instance(
        row.getString("instance_id"),
        row.getString("compute_environment"),
        row.getString("type"),
        new Size(row.getLong("vcpu_millis"), row.getLong("memory_mib"), row.getInt("gpus")),
        Instance.Market.valueOf(row.getString("market")),
        Instance.Phase.valueOf(row.getString("phase")),
        instant(row, "launched_at"),
        maybe(row, "up_at"),
        maybe(row, "ends_at"),
        Optional.ofNullable(row.getString("host")).map(JobJson::host));
  }

  private static Optional<Instant> maybe(ResultSet row, String column) throws SQLException {
    Instant at = instant(row, column);
    return row.wasNull() ? Optional.empty() : Optional.of(at);
  }

  private static JobQueue jobQueue(ResultSet row) throws SQLException {
    return new JobQueue(
        row.getString("name"),
        JobQueue.State.valueOf(row.getString("state")),
        JobQueue.Status.valueOf(row.getString("status")),
        row.getInt("priority"),
        JobJson.list(row.getString("compute_environments")),
        row.getInt("fargate") == 1,
        Optional.ofNullable(row.getString("scheduling_policy")),
        instant(row, "created_at"),
        row.getLong("version"),
        row.getString("detail"));
  }

  private static JobDefinition definition(ResultSet row) throws SQLException {
    return new JobDefinition(
        row.getString("name"),
        row.getInt("revision"),
        row.getInt("active") == 1,
        row.getInt("fargate") == 1,
        instant(row, "created_at"),
        row.getString("detail"));
  }

  private static SchedulingPolicy schedulingPolicy(ResultSet row) throws SQLException {
    return new SchedulingPolicy(
        row.getString("name"), row.getLong("version"), row.getString("detail"));
  }

  private static ConsumableResource consumable(ResultSet row) throws SQLException {
    return new ConsumableResource(
        row.getString("name"),
        ConsumableResource.Type.valueOf(row.getString("type")),
        row.getLong("total_quantity"),
        instant(row, "created_at"),
        row.getLong("version"),
        row.getString("tags"),
        JobJson.instants(row.getString("client_tokens")));
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }

  private static String places(Collection<?> values) {
    return String.join(",", values.stream().map(_ -> "?").toList());
  }

  interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  <T> List<T> rows(String select, String rest, Row<T> row, Object... values) throws SQLException {
    try (Statement statement =
            new Statement(
                connection.prepareStatement(select + " where account = ? and region = ? " + rest),
                arns);
        ResultSet result = statement.keyed(values).query()) {
      List<T> found = new ArrayList<>();
      while (result.next()) {
        found.add(row.of(result));
      }
      return found;
    }
  }
}

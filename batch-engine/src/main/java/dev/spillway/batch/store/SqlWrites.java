package dev.spillway.batch.store;

import dev.spillway.batch.Arns;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ArrayChildren;
import dev.spillway.batch.job.ArrayRole;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The statements of a commit, prepared once. A job that moved twice in a step is written once. */
final class SqlWrites implements AutoCloseable {
  private final List<Statement> prepared = new ArrayList<>();
  private final Statement own;
  private final Statement insertJob;
  private final Statement insertDetail;
  private final Statement insertConsumable;
  private final Statement updateJob;
  private final Statement putChunk;
  private final Statement tagJob;
  private final Statement insertOutbox;
  private final Statement putComputeEnvironment;
  private final Statement putJobQueue;
  private final Statement putJobDefinition;
  private final Statement putSchedulingPolicy;
  private final Statement putConsumableResource;
  private final Statement putInstance;
  private final Statement putCharge;
  private final Statement addToDay;
  private final Connection connection;
  private final Arns arns;

  SqlWrites(Connection connection, Arns arns) throws SQLException {
    this.connection = connection;
    this.arns = arns;
    own =
        prepare(
            "update owner set outbox_sequence = ?, job_order = ?"
                + " where account = ? and region = ? and epoch = ?");
    insertJob =
        insert(
            "job",
            "job_id, job_name, job_name_lower, job_queue, job_definition_arn, created_at, parent_id,"
                + " child_index, array_size, vcpu_millis, memory_mib, attempts, timeout_seconds,"
                + " share_identifier, scheduling_priority, idempotency_key, request_hash, settings,"
                + " status, ended_at, progress");
    insertDetail = insert("job_detail", "job_id, detail, tags");
    insertConsumable = insert("job_consumable", "consumable_resource, job_id, quantity");
    updateJob =
        prepare(
            "update job set status = ?, ended_at = ?, progress = ?"
                + " where account = ? and region = ? and job_id = ?");
    putChunk = put("array_chunk", "job_id, chunk", "children");
    tagJob =
        prepare("update job_detail set tags = ? where account = ? and region = ? and job_id = ?");
    insertOutbox = insert("outbox", "sequence, span, kind, job_id, job_queue, status, at, what");
    putComputeEnvironment =
        put(
            "compute_environment",
            "name",
            "uuid, state, status, problem, max_vcpus, fargate, created_at, version, detail");
    putJobQueue =
        put(
            "job_queue",
            "name",
            "state, status, priority, compute_environments, fargate, scheduling_policy, created_at,"
                + " version, detail");
    putJobDefinition =
        put("job_definition", "name, revision", "active, fargate, created_at, detail");
    putSchedulingPolicy = put("scheduling_policy", "name", "version, detail");
    putConsumableResource =
        put(
            "consumable_resource",
            "name",
            "type, total_quantity, created_at, version, tags, client_tokens");
    putInstance =
        put(
            "instance",
            "instance_id",
            "compute_environment, type, vcpu_millis, memory_mib, gpus, market, phase, launched_at,"
                + " up_at, ends_at, host");
    putCharge = put("charge", "what", SqlLedger.CHARGE_COLUMNS);
    addToDay = prepare(SqlLedger.ADD_TO_DAY);
  }

  private Statement prepare(String sql) throws SQLException {
    Statement statement = new Statement(connection.prepareStatement(sql), arns);
    prepared.add(statement);
    return statement;
  }

  private Statement insert(String table, String columns) throws SQLException {
    String places = ", ?".repeat(columns.split(",").length);
    return prepare(
        "insert into %s (account, region, %s) values (?, ?%s)".formatted(table, columns, places));
  }

  /** Inserts a row, or replaces what it holds. */
  private Statement put(String table, String keys, String columns) throws SQLException {
    List<String> set = new ArrayList<>();
    for (String column : columns.split(", *")) {
      set.add(column + " = excluded." + column);
    }
    String places = ", ?".repeat(keys.split(",").length + columns.split(",").length);
    return prepare(
        "insert into %s (account, region, %s, %s) values (?, ?%s) on conflict (account, region, %s) do update set %s"
            .formatted(table, keys, columns, places, keys, String.join(", ", set)));
  }

  /** Writes the counters; false when the epoch is not ours any more. */
  boolean own(long epoch, Step.Counters counters) throws SQLException {
    return own.with(counters.outbox(), counters.order()).keyed(epoch).update() == 1;
  }

  void write(Step step) throws SQLException {
    var jobs = new Jobs();
    var ledger = new SqlLedger();
    for (Event event : step.events()) {
      switch (event) {
        case Event.JobAdded(Job job, JobDetail detail) -> {
          jobs.added.put(job.id(), job);
          addDetail(job, detail);
        }
        case Event.ChildAdded(Job child) -> jobs.added.put(child.id(), child);
        case Event.JobChanged(Job before, Job after) -> jobs.changed(before, after);
        case Event.JobTagged(String jobId, String tags) -> tagJob.with(tags).keyed(jobId).update();
        case Event.ComputeEnvironmentPut(ComputeEnvironment e) -> put(e);
        case Event.ComputeEnvironmentRemoved(String name) -> remove("compute_environment", name);
        case Event.JobQueuePut(JobQueue queue) -> put(queue);
        case Event.JobQueueRemoved(String name) -> remove("job_queue", name);
        case Event.JobDefinitionPut(JobDefinition definition) -> put(definition);
        case Event.SchedulingPolicyPut(SchedulingPolicy p) ->
            putSchedulingPolicy.keyed(p.name(), p.version(), p.detail()).update();
        case Event.SchedulingPolicyRemoved(String name) -> remove("scheduling_policy", name);
        case Event.ConsumableResourcePut(ConsumableResource resource) -> put(resource);
        case Event.ConsumableResourceRemoved(String name) -> remove("consumable_resource", name);
        case Event.InstancePut(Instance instance) -> put(instance);
        case Event.InstanceRemoved(Instance instance) -> remove(instance);
        case Event.Charged(Charge charge) -> ledger.add(charge, putCharge);
        case Event.SlotAwaited _, Event.SlotGiven _ -> {}
      }
    }
    ledger.flush(addToDay);
    jobs.added.values().forEach(this::insert);
    jobs.changed.values().forEach(this::update);
    for (Map.Entry<String, Job> array : jobs.arraysBefore.entrySet()) {
      chunks(array.getValue(), jobs.latest(array.getKey()));
    }
    for (OutboxEvent event : step.outbox()) {
      add(event);
    }
    for (Statement statement : prepared) {
      statement.flush();
    }
    if (step.pruneEndedBefore().isPresent()) {
      new SqlPrune(connection, arns).endedBefore(step.pruneEndedBefore().get());
    }
  }

  /** What a step comes to, job by job. */
  private static final class Jobs {
    final Map<String, Job> added = new LinkedHashMap<>();
    final Map<String, Job> changed = new LinkedHashMap<>();
    final Map<String, Job> arraysBefore = new LinkedHashMap<>();

    void changed(Job before, Job after) {
      (added.containsKey(after.id()) ? added : changed).put(after.id(), after);
      if (before.children().isPresent()) {
        arraysBefore.putIfAbsent(before.id(), before);
      }
    }

    Job latest(String id) {
      return added.containsKey(id) ? added.get(id) : changed.get(id);
    }
  }

  private void addDetail(Job job, JobDetail detail) {
    insertDetail.keyed(job.id(), detail.members(), detail.tags()).later();
    for (ConsumableNeed need : job.spec().needs().consumables()) {
      insertConsumable.keyed(need.consumableResource(), job.id(), need.quantity()).later();
    }
  }

  private void insert(Job job) {
    JobSpec spec = job.spec();
    Optional<ArrayRole.Child> child = spec.child();
    insertJob
        .keyed(
            job.id(),
            spec.jobName(),
            spec.jobName().toLowerCase(Locale.ROOT),
            spec.jobQueue(),
            spec.jobDefinitionArn(),
            spec.createdAt(),
            child.map(ArrayRole.Child::parentId),
            child.map(ArrayRole.Child::index),
            spec.array().map(ArrayRole::size),
            spec.needs().size().vcpuMillis(),
            spec.needs().size().memoryMib(),
            spec.retry().attempts(),
            spec.timeout().map(t -> (int) t.toSeconds()),
            spec.share().identifier(),
            spec.share().schedulingPriority(),
            spec.idempotencyKey().map(JobSpec.IdempotencyKey::key),
            spec.idempotencyKey().map(JobSpec.IdempotencyKey::requestHash),
            JobJson.settings(spec),
            job.status().name(),
            job.stoppedAt(),
            JobJson.progress(job))
        .later();
  }

  private void update(Job job) {
    updateJob
        .with(job.status().name(), job.stoppedAt(), JobJson.progress(job))
        .keyed(job.id())
        .later();
  }

  /** The chunks that are not what they were. */
  private void chunks(Job before, Job after) {
    ArrayChildren was = before.children().orElseThrow();
    ArrayChildren is = after.children().orElseThrow();
    for (int c = 0; c < is.chunkCount(); c++) {
      if (is.chunk(c) != null && is.chunk(c) != was.chunk(c)) {
        putChunk.keyed(after.id(), c, is.chunk(c)).later();
      }
    }
  }

  private void add(OutboxEvent event) {
    switch (event) {
      case OutboxEvent.JobStateChange(long sequence, Job job, Instant at) ->
          add(event, job, job.status().name(), JobJson.progress(job));
      case OutboxEvent.ChildStateChanges c ->
          add(event, c.parent(), c.status().name(), JobJson.ranges(c.indexes()));
      case OutboxEvent.QueueBlocked b ->
          add(event, b.job(), b.job().status().name(), SqlOutbox.blocked(b));
    }
  }

  private void add(OutboxEvent event, Job job, String status, String what) {
    insertOutbox
        .keyed(
            event.sequence(),
            event.span(),
            OutboxKind.of(event).name(),
            job.id(),
            job.spec().jobQueue(),
            status,
            event.at(),
            what)
        .later();
  }

  private void put(ComputeEnvironment e) throws SQLException {
    putComputeEnvironment
        .keyed(
            e.name(),
            e.uuid(),
            e.state().name(),
            e.status().name(),
            e.problem(),
            e.maxVcpus(),
            e.fargate(),
            e.createdAt(),
            e.version(),
            e.detail())
        .update();
  }

  private void put(JobQueue q) throws SQLException {
    putJobQueue
        .keyed(
            q.name(),
            q.state().name(),
            q.status().name(),
            q.priority(),
            JobJson.array(q.computeEnvironments()),
            q.fargate(),
            q.schedulingPolicy(),
            q.createdAt(),
            q.version(),
            q.detail())
        .update();
  }

  private void put(JobDefinition d) throws SQLException {
    putJobDefinition
        .keyed(d.name(), d.revision(), d.active(), d.fargate(), d.createdAt(), d.detail())
        .update();
  }

  private void put(ConsumableResource r) throws SQLException {
    putConsumableResource
        .keyed(
            r.name(),
            r.type().name(),
            r.totalQuantity(),
            r.createdAt(),
            r.version(),
            r.tags(),
            JobJson.millis(r.clientTokens()))
        .update();
  }

  private void put(Instance i) throws SQLException {
    putInstance
        .keyed(
            i.id(),
            i.computeEnvironment(),
            i.type(),
            i.size().vcpuMillis(),
            i.size().memoryMib(),
            i.size().gpus(),
            i.market().name(),
            i.phase().name(),
            i.launchedAt(),
            i.upAt(),
            i.endsAt(),
            i.host().map(JobJson::host))
        .update();
  }

  private void remove(Instance instance) throws SQLException {
    remove("instance", "instance_id", instance.id());
  }

  private void remove(String table, String name) throws SQLException {
    remove(table, "name", name);
  }

  private void remove(String table, String key, String value) throws SQLException {
    try (Statement remove =
        new Statement(
            connection.prepareStatement(
                "delete from %s where account = ? and region = ? and %s = ?".formatted(table, key)),
            arns)) {
      remove.keyed(value).update();
    }
  }

  @Override
  public void close() throws SQLException {
    for (Statement statement : prepared) {
      statement.close();
    }
  }
}

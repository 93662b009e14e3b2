package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.scheduling.FairShare;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is alive, and the indexes that decisions need. Changed by {@link #apply} only; jobs leave it
 * when they end. Held by one thread.
 */
final class EngineState {
  private final Map<String, ComputeEnvironment> computeEnvironments = new TreeMap<>();
  private final Map<String, JobQueue> jobQueues = new TreeMap<>();
  private final Map<String, TimeLimits> timeLimits = new HashMap<>();
  private final Map<String, TreeMap<Integer, JobDefinition>> jobDefinitions = new TreeMap<>();
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  private final Map<String, SchedulingPolicy> schedulingPolicies = new TreeMap<>();
  private final Map<String, ConsumableResource> consumableResources = new TreeMap<>();

  private final Map<String, FairShare> fairShares = new HashMap<>();
  private final Map<String, Backlog> waiting = new HashMap<>();
  private final Map<String, ShareLedger> shares = new HashMap<>();
  private final Map<String, Instant> advancedAt = new HashMap<>();
  private final Map<String, Integer> liveByQueue = new HashMap<>();
  private final JobLinks links = new JobLinks();
  private final Usage usage = new Usage();
  private final Fleets fleets = new Fleets();
  private final HostSlots hostSlots;
  private final TreeSet<Deadline> deadlines =
      new TreeSet<>(
          Comparator.comparing(Deadline::at)
              .thenComparing(Deadline::jobId)
              .thenComparing(Deadline::attempt));
  private final IdempotencyKeys keys = new IdempotencyKeys();
  private long frontOrder;

  /** When an attempt has run for its whole {@code attemptDurationSeconds}. */
  record Deadline(Instant at, String jobId, int attempt) {}

  EngineState(EngineLimits limits, Loaded loaded) {
    this.hostSlots = new HostSlots(limits.host());
    Loaded.Resources resources = loaded.resources();
    resources.computeEnvironments().forEach(e -> computeEnvironments.put(e.name(), e));
    resources.jobQueues().forEach(this::put);
    resources.jobDefinitions().forEach(this::put);
    resources.schedulingPolicies().forEach(this::put);
    resources.consumableResources().forEach(r -> consumableResources.put(r.name(), r));
    resources.instances().forEach(fleets::put);
    loaded
        .liveJobs()
        .forEach(
            job -> {
              index(job, 0);
              hold(job, job, 1);
              if (holds(job) && hostOf(job).isEmpty()) {
                hostSlots.hold(new AttemptId(job.id(), job.attempt()), size(job));
              }
            });
  }

  void apply(Event event, long version) {
    switch (event) {
      case Event.JobAdded(Job job, _) -> index(job, version);
      case Event.ChildAdded(Job child) -> index(child, version);
      case Event.JobChanged(Job before, Job after) -> {
        if (before.state().equals(after.state()) && before.order() == after.order()) {
          jobs.put(after.id(), after); // only its children moved, or something was asked of it
          wait(after);
        } else {
          unindex(before, after);
          index(after, version);
          if (holds(before) != holds(after)) {
            hold(before, after, holds(after) ? 1 : -1);
          }
        }
      }
      case Event.JobTagged _ -> {}
      case Event.ComputeEnvironmentPut(ComputeEnvironment e) ->
          computeEnvironments.put(e.name(), e);
      case Event.ComputeEnvironmentRemoved(String name) -> computeEnvironments.remove(name);
      case Event.JobQueuePut(JobQueue queue) -> put(queue);
      case Event.JobQueueRemoved(String name) -> {
        jobQueues.remove(name);
        timeLimits.remove(name);
        shares.remove(name);
      }
      case Event.JobDefinitionPut(JobDefinition definition) -> put(definition);
      case Event.SchedulingPolicyPut(SchedulingPolicy policy) -> put(policy);
      case Event.SchedulingPolicyRemoved(String name) -> {
        schedulingPolicies.remove(name);
        fairShares.remove(name);
      }
      case Event.ConsumableResourcePut(ConsumableResource resource) ->
          consumableResources.put(resource.name(), resource);
      case Event.ConsumableResourceRemoved(String name) -> consumableResources.remove(name);
      case Event.InstancePut(Instance instance) -> fleets.put(instance);
      case Event.InstanceRemoved(Instance instance) -> fleets.remove(instance.id());
      case Event.Charged _, Event.SlotAwaited _, Event.SlotGiven _ -> {}
    }
  }

  Usage usage() {
    return usage;
  }

  Fleets fleets() {
    return fleets;
  }

  HostSlots hostSlots() {
    return hostSlots;
  }

  /** The registered host that it runs on; empty for this one. */
  Optional<Instance> hostOf(Job job) {
    return job.placement(job.attempt())
        .flatMap(on -> fleets.find(on.instanceId()))
        .filter(instance -> instance.host().isPresent());
  }

  /** What an attempt of it takes of this host, all nodes together. */
  static Size size(Job job) {
    JobSpec.Needs needs = job.spec().needs();
    return new Size(needs.vcpuMillis(), needs.memoryMib(), 0);
  }

  Job job(String id) {
    return jobs.get(id);
  }

  Collection<Job> jobs() {
    return jobs.values();
  }

  List<Job> jobsOf(String queue) {
    return jobs.values().stream().filter(job -> job.spec().jobQueue().equals(queue)).toList();
  }

  int liveJobs(String queue) {
    return liveByQueue.getOrDefault(queue, 0);
  }

  /** Which live jobs hang together. */
  JobLinks links() {
    return links;
  }

  /** The children of an array that have a record and have not ended, by index. */
  List<Job> liveChildrenOf(String parentId) {
    return links.liveChildrenOf(parentId).stream().map(jobs::get).toList();
  }

  /** A job, or a child that has no record yet as it stands. */
  Job jobOrChild(String id) {
    Job job = jobs.get(id);
    return job != null
        ? job
        : ChildId.parse(id)
            .map(child -> jobs.get(child.parentId()).child(child.index()))
            .orElseThrow();
  }

  SchedulingPolicy schedulingPolicy(String name) {
    return schedulingPolicies.get(name);
  }

  ConsumableResource consumableResource(String name) {
    return consumableResources.get(name);
  }

  Collection<ComputeEnvironment> computeEnvironments() {
    return computeEnvironments.values();
  }

  ComputeEnvironment computeEnvironment(String name) {
    return computeEnvironments.get(name);
  }

  Collection<JobQueue> jobQueues() {
    return jobQueues.values();
  }

  JobQueue jobQueue(String name) {
    return jobQueues.get(name);
  }

  TreeMap<Integer, JobDefinition> revisions(String name) {
    return jobDefinitions.getOrDefault(name, new TreeMap<>());
  }

  IdempotencyKeys keys() {
    return keys;
  }

  TreeSet<Deadline> deadlines() {
    return deadlines;
  }

  /** A place before all that wait: retried jobs go in front. */
  long nextFrontOrder() {
    return --frontOrder;
  }

  Collection<ConsumableResource> consumableResources() {
    return consumableResources.values();
  }

  /** When a job that waits since {@code since} can have come to its place at the earliest. */
  Instant advancedAt(String queue, Instant since) {
    Instant advanced = advancedAt.getOrDefault(queue, since);
    return advanced.isAfter(since) ? advanced : since;
  }

  /** Who waits in a queue; null when nobody does. */
  Backlog backlog(String queue) {
    return waiting.get(queue);
  }

  /** What its shares use; null when no job of it has a share. */
  ShareLedger ledger(String queue) {
    return shares.get(queue);
  }

  /** Active shares of a queue that shares its capacity. */
  Set<String> activeShares(JobQueue queue, Instant now) {
    ShareLedger ledger = shares.get(queue.name());
    return ledger == null
        ? Set.of()
        : fairShare(queue).map(policy -> ledger.factors(policy, now).keySet()).orElse(Set.of());
  }

  /** vCPU thousandths by share, of those that hold some. */
  Map<String, Long> heldByShare(String queue) {
    ShareLedger ledger = shares.get(queue);
    return ledger == null ? Map.of() : ledger.held();
  }

  /** vCPU thousandths that the jobs of a queue hold. */
  long heldBy(String queue) {
    return usage.ofQueue(queue);
  }

  Optional<FairShare> fairShare(JobQueue queue) {
    return queue.schedulingPolicy().map(fairShares::get);
  }

  private void put(JobQueue queue) {
    jobQueues.put(queue.name(), queue);
    timeLimits.put(queue.name(), TimeLimits.of(queue));
  }

  /** When the head of a queue is cancelled, when its queue says so. */
  Optional<Instant> timeLimit(String queue, Step.Waiting head) {
    return Optional.ofNullable(timeLimits.get(queue)).flatMap(limits -> limits.end(head));
  }

  private void put(SchedulingPolicy policy) {
    schedulingPolicies.put(policy.name(), policy);
    fairShares.put(policy.name(), ShareLedger.numbers(policy));
  }

  private void put(JobDefinition definition) {
    jobDefinitions
        .computeIfAbsent(definition.name(), _ -> new TreeMap<>())
        .put(definition.revision(), definition);
  }

  private void index(Job job, long version) {
    JobSpec spec = job.spec();
    if (job.status().terminal()) {
      spec.idempotencyKey().ifPresent(key -> keys.ended(key.key(), version));
      return;
    }
    jobs.put(job.id(), job);
    liveByQueue.merge(spec.jobQueue(), 1, Integer::sum);
    spec.idempotencyKey().ifPresent(key -> keys.live(key, job.id(), spec.jobName()));
    frontOrder = Math.min(frontOrder, job.order());
    spec.share().identifier().ifPresent(share -> ledger(spec).live(share, 1));
    links.add(job);
    wait(job);
    switch (job.state()) {
      case JobState.Starting starting -> occupy(job, starting.on());
      case JobState.Running running -> {
        occupy(job, running.on());
        deadline(spec, running).ifPresent(deadlines::add);
      }
      case JobState.Submitted _,
          JobState.Pending _,
          JobState.Fanned _,
          JobState.Runnable _,
          JobState.Succeeded _,
          JobState.Failed _ -> {}
    }
  }

  /** Puts a job into its queue's backlog, or takes it out. */
  private void wait(Job job) {
    String queue = job.spec().jobQueue();
    boolean waits =
        job.state() instanceof JobState.Runnable
            || (job.state() instanceof JobState.Fanned && job.hasRunnableChildren());
    if (waits) {
      waiting.computeIfAbsent(queue, _ -> new Backlog()).put(job);
    } else {
      leaveBacklog(job);
    }
  }

  private void leaveBacklog(Job job) {
    waiting.computeIfPresent(
        job.spec().jobQueue(),
        (_, backlog) -> {
          backlog.remove(job);
          return backlog.isEmpty() ? null : backlog;
        });
  }

  private void unindex(Job job, Job after) {
    JobSpec spec = job.spec();
    jobs.remove(job.id());
    liveByQueue.computeIfPresent(spec.jobQueue(), (_, n) -> n == 1 ? null : n - 1);
    spec.share().identifier().ifPresent(share -> ledger(spec).live(share, -1));
    links.remove(job);
    leaveBacklog(job);
    switch (job.state()) {
      case JobState.Starting starting -> vacate(job, starting.on(), after);
      case JobState.Running running -> {
        vacate(job, running.on(), after);
        deadline(spec, running).ifPresent(deadlines::remove);
      }
      case JobState.Submitted _,
          JobState.Pending _,
          JobState.Fanned _,
          JobState.Runnable _,
          JobState.Succeeded _,
          JobState.Failed _ -> {}
    }
  }

  private static Optional<Deadline> deadline(JobSpec spec, JobState.Running running) {
    return running.stop().isPresent()
        ? Optional.empty()
        : spec.timeout()
            .map(t -> new Deadline(running.startedAt().plus(t), spec.jobId(), running.attempt()));
  }

  private ShareLedger ledger(JobSpec spec) {
    return shares.computeIfAbsent(spec.jobQueue(), _ -> new ShareLedger());
  }

  private static boolean holds(Job job) {
    return job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running;
  }

  /** An attempt began or ended: its share is told when. */
  private void hold(Job before, Job after, int sign) {
    JobQueue queue = jobQueues.get(after.spec().jobQueue());
    Job holder = sign > 0 ? after : before;
    if (!holds(holder) || queue == null) {
      return;
    }
    fairShare(queue)
        .ifPresent(
            policy -> {
              Instant at =
                  sign > 0
                      ? after.placement(after.attempt()).orElseThrow().placedAt()
                      : after.attempts().getLast().end().at();
              ledger(after.spec()).hold(after, sign, at, policy.halfLife());
            });
  }

  private void occupy(Job job, Placement on) {
    usage.add(job, on);
    fleets.add(job, on);
  }

  private void vacate(Job job, Placement on, Job after) {
    usage.remove(job, on);
    fleets.remove(
        job,
        on,
        after.attempts().isEmpty() ? on.placedAt() : after.attempts().getLast().end().at());
  }
}

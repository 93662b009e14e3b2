package dev.spillway.batch.engine;

import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.scheduling.Snapshot;
import dev.spillway.batch.scheduling.WaitingJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is alive, and the indexes that decisions need. Changed by {@link #apply} only; jobs leave it
 * when they end. Held by one thread.
 */
final class EngineState {
  private final Map<String, ComputeEnvironment> computeEnvironments = new TreeMap<>();
  private final Map<String, JobQueue> jobQueues = new TreeMap<>();
  private final Map<String, TreeMap<Integer, JobDefinition>> jobDefinitions = new TreeMap<>();
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  private final Map<String, TreeMap<Long, Job>> waiting = new HashMap<>();
  private final Map<String, Integer> liveByQueue = new HashMap<>();
  private final Map<String, SequencedSet<String>> dependents = new HashMap<>();
  private final Map<String, Long> usedVcpuMillis = new HashMap<>();
  private final TreeSet<Deadline> deadlines =
      new TreeSet<>(
          Comparator.comparing(Deadline::at)
              .thenComparing(Deadline::jobId)
              .thenComparing(Deadline::attempt));
  private final IdempotencyKeys keys = new IdempotencyKeys();
  private final EngineLimits limits;
  private long hostVcpuMillis;
  private long hostMemoryMib;
  private long frontOrder;

  /** When an attempt has run for its whole {@code attemptDurationSeconds}. */
  record Deadline(Instant at, String jobId, int attempt) {}

  EngineState(EngineLimits limits, Loaded loaded) {
    this.limits = limits;
    loaded.computeEnvironments().forEach(e -> computeEnvironments.put(e.name(), e));
    loaded.jobQueues().forEach(q -> jobQueues.put(q.name(), q));
    loaded.jobDefinitions().forEach(this::put);
    loaded.liveJobs().forEach(job -> index(job, 0));
  }

  void apply(Event event, long version) {
    switch (event) {
      case Event.JobAdded(Job job) -> index(job, version);
      case Event.JobChanged(Job before, Job after) -> {
        unindex(before);
        index(after, version);
      }
      case Event.ComputeEnvironmentPut(ComputeEnvironment e) ->
          computeEnvironments.put(e.name(), e);
      case Event.ComputeEnvironmentRemoved(String name) -> computeEnvironments.remove(name);
      case Event.JobQueuePut(JobQueue queue) -> jobQueues.put(queue.name(), queue);
      case Event.JobQueueRemoved(String name) -> jobQueues.remove(name);
      case Event.JobDefinitionPut(JobDefinition definition) -> put(definition);
    }
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

  /** Jobs that wait for that one, in the order they were submitted. */
  List<String> dependentsOf(String jobId) {
    return List.copyOf(dependents.getOrDefault(jobId, new LinkedHashSet<>()));
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

  /** What the scheduler looks at; the backlog is read through, not copied. */
  Snapshot snapshot() {
    List<Snapshot.Queue> queues = new ArrayList<>();
    jobQueues.values().stream()
        .filter(q -> waiting.containsKey(q.name()))
        .sorted(
            Comparator.comparingInt(JobQueue::priority)
                .reversed()
                .thenComparing(JobQueue::createdAt)
                .thenComparing(JobQueue::name))
        .forEach(
            q ->
                queues.add(
                    new Snapshot.Queue(
                        q.name(), q.computeEnvironments(), waitingJobs(waiting.get(q.name())))));
    Map<String, Snapshot.Environment> environments = new HashMap<>();
    for (ComputeEnvironment e : computeEnvironments.values()) {
      environments.put(
          e.name(),
          new Snapshot.Environment(
              e.name(),
              e.usable(),
              e.maxVcpus() * 1000L,
              usedVcpuMillis.getOrDefault(e.name(), 0L)));
    }
    return new Snapshot(queues, environments, host());
  }

  private static Iterable<WaitingJob> waitingJobs(TreeMap<Long, Job> backlog) {
    return () ->
        backlog.values().stream()
            .map(j -> new WaitingJob(j.id(), j.spec().vcpuMillis(), j.spec().memoryMib()))
            .iterator();
  }

  private Snapshot.Host host() {
    return new Snapshot.Host(
        limits.hostVcpus() * 1000L, limits.hostMemoryMib(), hostVcpuMillis, hostMemoryMib);
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
    switch (job.state()) {
      case JobState.Runnable _ ->
          waiting.computeIfAbsent(spec.jobQueue(), _ -> new TreeMap<>()).put(job.order(), job);
      case JobState.Pending pending ->
          pending
              .waitingFor()
              .forEach(
                  id -> dependents.computeIfAbsent(id, _ -> new LinkedHashSet<>()).add(job.id()));
      case JobState.Starting starting -> occupy(spec, starting.on().computeEnvironment(), 1);
      case JobState.Running running -> {
        occupy(spec, running.on().computeEnvironment(), 1);
        deadline(spec, running).ifPresent(deadlines::add);
      }
      case JobState.Submitted _, JobState.Succeeded _, JobState.Failed _ -> {}
    }
  }

  private void unindex(Job job) {
    JobSpec spec = job.spec();
    jobs.remove(job.id());
    liveByQueue.computeIfPresent(spec.jobQueue(), (_, n) -> n == 1 ? null : n - 1);
    switch (job.state()) {
      case JobState.Runnable _ ->
          waiting.computeIfPresent(
              spec.jobQueue(),
              (_, backlog) -> {
                backlog.remove(job.order());
                return backlog.isEmpty() ? null : backlog;
              });
      case JobState.Pending pending ->
          pending
              .waitingFor()
              .forEach(
                  id ->
                      dependents.computeIfPresent(
                          id,
                          (_, ids) -> {
                            ids.remove(job.id());
                            return ids.isEmpty() ? null : ids;
                          }));
      case JobState.Starting starting -> occupy(spec, starting.on().computeEnvironment(), -1);
      case JobState.Running running -> {
        occupy(spec, running.on().computeEnvironment(), -1);
        deadline(spec, running).ifPresent(deadlines::remove);
      }
      case JobState.Submitted _, JobState.Succeeded _, JobState.Failed _ -> {}
    }
  }

  private static Optional<Deadline> deadline(JobSpec spec, JobState.Running running) {
    return running.stop().isPresent()
        ? Optional.empty()
        : spec.timeout()
            .map(t -> new Deadline(running.startedAt().plus(t), spec.jobId(), running.attempt()));
  }

  private void occupy(JobSpec spec, String computeEnvironment, int sign) {
    Snapshot.Slot slot = host().slot(spec.vcpuMillis(), spec.memoryMib());
    hostVcpuMillis += sign * slot.vcpuMillis();
    hostMemoryMib += sign * slot.memoryMib();
    usedVcpuMillis.merge(computeEnvironment, (long) sign * spec.vcpuMillis(), Long::sum);
  }
}

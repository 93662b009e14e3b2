package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * What readers see of the live state: only what is on disk. Written by the engine's thread after
 * each commit, read by any. A job that is not here has ended, or never was: the store knows.
 */
public final class EngineView {
  private final Map<String, Job> jobs = new ConcurrentHashMap<>();
  private final ConcurrentNavigableMap<String, ComputeEnvironment> computeEnvironments =
      new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, JobQueue> jobQueues = new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<DefinitionKey, JobDefinition> jobDefinitions =
      new ConcurrentSkipListMap<>(
          Comparator.comparing(DefinitionKey::name)
              .thenComparing(DefinitionKey::revision, Comparator.reverseOrder()));
  private final ConcurrentNavigableMap<String, SchedulingPolicy> schedulingPolicies =
      new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, ConsumableResource> consumableResources =
      new ConcurrentSkipListMap<>();
  private final ConcurrentNavigableMap<String, Instance> instances = new ConcurrentSkipListMap<>();
  private final Set<String> awaitingSlot = ConcurrentHashMap.newKeySet();
  private volatile Map<String, Long> consumablesInUse = Map.of();
  private volatile Map<String, Step.Waiting> waiting = Map.of();
  private final Size host;
  private volatile long version;
  private volatile long lastSequence;

  private record DefinitionKey(String name, int revision) {}

  /** Begins with what was loaded. */
  public EngineView(Loaded loaded, Size host) {
    this.host = host;
    Loaded.Resources resources = loaded.resources();
    resources.computeEnvironments().forEach(e -> computeEnvironments.put(e.name(), e));
    resources.jobQueues().forEach(q -> jobQueues.put(q.name(), q));
    resources.jobDefinitions().forEach(this::put);
    resources.schedulingPolicies().forEach(p -> schedulingPolicies.put(p.name(), p));
    resources.consumableResources().forEach(r -> consumableResources.put(r.name(), r));
    resources.instances().forEach(i -> instances.put(i.id(), i));
    loaded.liveJobs().forEach(j -> jobs.put(j.id(), j));
    lastSequence = loaded.counters().outbox();
  }

  void publish(Step step, long stepVersion) {
    step.events().forEach(this::apply);
    waiting = step.waiting();
    consumablesInUse = step.consumablesInUse();
    lastSequence = step.counters().outbox();
    version = stepVersion;
  }

  /** Of the last event in the outbox. */
  public long lastSequence() {
    return lastSequence;
  }

  private void apply(Event event) {
    switch (event) {
      case Event.JobAdded(Job job, _) -> put(job);
      case Event.ChildAdded(Job child) -> put(child);
      case Event.JobTagged _ -> {}
      case Event.JobChanged(_, Job after) -> put(after);
      case Event.ComputeEnvironmentPut(ComputeEnvironment e) ->
          computeEnvironments.put(e.name(), e);
      case Event.ComputeEnvironmentRemoved(String name) -> computeEnvironments.remove(name);
      case Event.JobQueuePut(JobQueue queue) -> jobQueues.put(queue.name(), queue);
      case Event.JobQueueRemoved(String name) -> jobQueues.remove(name);
      case Event.JobDefinitionPut(JobDefinition definition) -> put(definition);
      case Event.SchedulingPolicyPut(SchedulingPolicy policy) ->
          schedulingPolicies.put(policy.name(), policy);
      case Event.SchedulingPolicyRemoved(String name) -> schedulingPolicies.remove(name);
      case Event.ConsumableResourcePut(ConsumableResource resource) ->
          consumableResources.put(resource.name(), resource);
      case Event.ConsumableResourceRemoved(String name) -> consumableResources.remove(name);
      case Event.InstancePut(Instance instance) -> instances.put(instance.id(), instance);
      case Event.InstanceRemoved(Instance instance) -> instances.remove(instance.id());
      case Event.Charged _ -> {}
      case Event.SlotAwaited(String jobId) -> awaitingSlot.add(jobId);
      case Event.SlotGiven(String jobId) -> awaitingSlot.remove(jobId);
    }
  }

  private void put(Job job) {
    if (job.status().terminal()) {
      jobs.remove(job.id());
    } else {
      jobs.put(job.id(), job);
    }
  }

  private void put(JobDefinition definition) {
    jobDefinitions.put(new DefinitionKey(definition.name(), definition.revision()), definition);
  }

  /** Rises with each step; read it before the store, to tell the engine how old that look is. */
  public long version() {
    return version;
  }

  /** A job that has not ended. */
  public Optional<Job> job(String id) {
    return Optional.ofNullable(jobs.get(id));
  }

  public Collection<Job> liveJobs() {
    return List.copyOf(jobs.values());
  }

  public Optional<Instance> instance(String id) {
    return Optional.ofNullable(instances.get(id));
  }

  /** By id. */
  public Collection<Instance> instances() {
    return instances.values();
  }

  /** What jobs may use together of this host. */
  public Size host() {
    return host;
  }

  /** True for a job that was placed and waits for room on this host. */
  public boolean awaitsSlot(String jobId) {
    return awaitingSlot.contains(jobId);
  }

  /** What the head of a queue waits for. */
  public Optional<Step.Waiting> waiting(String jobQueue) {
    return Optional.ofNullable(waiting.get(jobQueue));
  }

  public Optional<SchedulingPolicy> schedulingPolicy(String name) {
    return Optional.ofNullable(schedulingPolicies.get(name));
  }

  /** By name. */
  public Collection<SchedulingPolicy> schedulingPolicies() {
    return schedulingPolicies.values();
  }

  public Optional<ConsumableResource> consumableResource(String name) {
    return Optional.ofNullable(consumableResources.get(name));
  }

  /** What jobs hold of a consumable resource. */
  public long consumableInUse(String name) {
    return consumablesInUse.getOrDefault(name, 0L);
  }

  /** By name. */
  public Collection<ConsumableResource> consumableResources() {
    return consumableResources.values();
  }

  public Optional<ComputeEnvironment> computeEnvironment(String name) {
    return Optional.ofNullable(computeEnvironments.get(name));
  }

  /** By name. */
  public Collection<ComputeEnvironment> computeEnvironments() {
    return computeEnvironments.values();
  }

  public Optional<JobQueue> jobQueue(String name) {
    return Optional.ofNullable(jobQueues.get(name));
  }

  /** By name. */
  public Collection<JobQueue> jobQueues() {
    return jobQueues.values();
  }

  public Optional<JobDefinition> jobDefinition(String name, int revision) {
    return Optional.ofNullable(jobDefinitions.get(new DefinitionKey(name, revision)));
  }

  /** Revisions of a name, newest first. */
  public Collection<JobDefinition> jobDefinitions(String name) {
    return jobDefinitions
        .subMap(new DefinitionKey(name, Integer.MAX_VALUE), true, new DefinitionKey(name, 0), true)
        .values();
  }

  /** By name, newest revision first. */
  public Collection<JobDefinition> jobDefinitions() {
    return jobDefinitions.values();
  }

  /** The newest revision that is ACTIVE. */
  public Optional<JobDefinition> newestActive(String name) {
    return jobDefinitions(name).stream().filter(JobDefinition::active).findFirst();
  }
}

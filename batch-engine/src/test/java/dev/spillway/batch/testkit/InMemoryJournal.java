package dev.spillway.batch.testkit;

import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.OutboxEvent;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.ChildId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import dev.spillway.batch.store.JobListing;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.JournalException;
import dev.spillway.batch.store.LedgerDay;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** A journal in memory that can fail as a disk does. Survives the engine that writes it. */
public final class InMemoryJournal implements Journal {
  private final Map<String, ComputeEnvironment> computeEnvironments = new TreeMap<>();
  private final Map<String, JobQueue> jobQueues = new TreeMap<>();
  private final Map<String, JobDefinition> jobDefinitions = new TreeMap<>();
  private final Map<String, SchedulingPolicy> schedulingPolicies = new TreeMap<>();
  private final Map<String, ConsumableResource> consumableResources = new TreeMap<>();
  private final Map<String, Instance> instances = new LinkedHashMap<>();
  private final List<Charge> charges = new ArrayList<>();
  private final Map<String, Job> jobs = new HashMap<>();
  private final Map<String, String> keys = new HashMap<>();
  private final Map<String, JobDetail> details = new HashMap<>();
  private final TreeMap<Long, OutboxEvent> outbox = new TreeMap<>();
  private Step.Counters counters = new Step.Counters(0, 0);
  private Failure next = Failure.NONE;

  /** What the next commit does. */
  public enum Failure {
    NONE,
    /** Nothing is written, and it says so. */
    NOTHING_WRITTEN,
    /** All is written, but the caller does not learn it: the process dies in between. */
    WRITTEN_BUT_LOST
  }

  public synchronized void failNext(Failure failure) {
    next = failure;
  }

  @Override
  public synchronized Loaded load() {
    return new Loaded(
        new Loaded.Resources(
            List.copyOf(computeEnvironments.values()),
            List.copyOf(jobQueues.values()),
            List.copyOf(jobDefinitions.values()),
            List.copyOf(schedulingPolicies.values()),
            List.copyOf(consumableResources.values()),
            List.copyOf(instances.values())),
        jobs.values().stream()
            .filter(j -> !j.status().terminal())
            .sorted(Comparator.comparing((Job j) -> j.spec().createdAt()).thenComparing(Job::id))
            .toList(),
        blocked(),
        counters);
  }

  private List<Loaded.Blocked> blocked() {
    Map<String, Loaded.Blocked> last = new TreeMap<>();
    for (OutboxEvent event : outbox.values()) {
      if (event instanceof OutboxEvent.QueueBlocked(_, Job job, String reason, Instant at)) {
        String queue = job.spec().jobQueue();
        last.put(
            queue,
            new Loaded.Blocked(queue, new Step.Waiting(job.id(), reason, Optional.of(reason), at)));
      }
    }
    return List.copyOf(last.values());
  }

  @Override
  public synchronized void commit(Step step) {
    Failure failure = next;
    next = Failure.NONE;
    if (failure != Failure.NOTHING_WRITTEN) {
      write(step);
    }
    if (failure != Failure.NONE) {
      throw new JournalException("the test says that this commit fails: " + failure, null);
    }
  }

  private void write(Step step) {
    counters = step.counters();
    for (Event event : step.events()) {
      switch (event) {
        case Event.JobAdded(Job job, JobDetail detail) -> {
          add(job);
          details.put(job.id(), detail);
        }
        case Event.ChildAdded(Job child) -> add(child);
        case Event.JobTagged(String jobId, String tags) ->
            details.computeIfPresent(jobId, (_, d) -> new JobDetail(d.members(), tags));
        case Event.JobChanged(Job before, Job after) -> {
          Job was = jobs.put(after.id(), after);
          require(before.equals(was), "job " + after.id() + " was not what it is changed from");
          require(!before.status().terminal(), "job " + after.id() + " leaves its end");
        }
        case Event.ComputeEnvironmentPut(ComputeEnvironment e) ->
            computeEnvironments.put(e.name(), e);
        case Event.ComputeEnvironmentRemoved(String name) -> computeEnvironments.remove(name);
        case Event.JobQueuePut(JobQueue queue) -> jobQueues.put(queue.name(), queue);
        case Event.JobQueueRemoved(String name) -> jobQueues.remove(name);
        case Event.JobDefinitionPut(JobDefinition d) ->
            jobDefinitions.put(d.name() + ":%09d".formatted(d.revision()), d);
        case Event.SchedulingPolicyPut(SchedulingPolicy policy) ->
            schedulingPolicies.put(policy.name(), policy);
        case Event.SchedulingPolicyRemoved(String name) -> schedulingPolicies.remove(name);
        case Event.ConsumableResourcePut(ConsumableResource resource) ->
            consumableResources.put(resource.name(), resource);
        case Event.ConsumableResourceRemoved(String name) -> consumableResources.remove(name);
        case Event.InstancePut(Instance instance) -> instances.put(instance.id(), instance);
        case Event.InstanceRemoved(Instance instance) ->
            require(
                instances.remove(instance.id()) != null,
                "instance " + instance.id() + " goes twice");
        case Event.Charged(Charge charge) -> charges.add(charge);
        case Event.SlotAwaited _, Event.SlotGiven _ -> {}
      }
    }
    for (OutboxEvent event : step.outbox()) {
      require(
          outbox.isEmpty()
              || event.sequence() == outbox.lastKey() + outbox.lastEntry().getValue().span(),
          "the outbox has a gap before " + event.sequence());
      outbox.put(event.sequence(), event);
    }
    step.pruneEndedBefore().ifPresent(this::prune);
  }

  private void add(Job job) {
    require(!jobs.containsKey(job.id()), "job " + job.id() + " is added twice");
    jobs.put(job.id(), job);
    job.spec().idempotencyKey().ifPresent(key -> keys.put(key.key(), job.id()));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  private void prune(Instant before) {
    List<Job> old =
        jobs.values().stream()
            .filter(j -> j.spec().child().isEmpty())
            .filter(j -> j.stoppedAt().map(at -> at.isBefore(before)).orElse(false))
            .sorted(Comparator.comparing(j -> j.stoppedAt().orElseThrow()))
            .limit(PRUNE_BITE)
            .toList();
    for (Job job : old) {
      jobs.values()
          .removeIf(j -> j.spec().child().map(c -> c.parentId().equals(job.id())).orElse(false));
      jobs.remove(job.id());
      details.remove(job.id());
    }
    // The last line stays, so that a gap would be seen.
    outbox
        .headMap(outbox.isEmpty() ? 0 : outbox.lastKey())
        .values()
        .removeIf(e -> e.at().isBefore(before));
  }

  @Override
  public synchronized List<Charge> charges(String jobId) {
    return charges.stream()
        .filter(c -> c.attempt().map(a -> a.jobId().equals(jobId)).orElse(false))
        .toList();
  }

  /** All that was paid for, in the order of its end. */
  public synchronized List<Charge> charges() {
    return List.copyOf(charges);
  }

  @Override
  public synchronized List<LedgerDay> ledger() {
    return LedgerDay.sum(charges);
  }

  @Override
  public synchronized List<Job> find(Collection<String> jobIds) {
    return jobIds.stream().map(jobs::get).filter(Objects::nonNull).toList();
  }

  @Override
  public synchronized Map<String, JobDetail> details(Collection<String> jobIds) {
    Map<String, JobDetail> found = new HashMap<>();
    for (String id : jobIds) {
      JobDetail detail = details.get(ChildId.parse(id).map(ChildId::parentId).orElse(id));
      if (detail != null) {
        found.put(id, detail);
      }
    }
    return found;
  }

  @Override
  public synchronized List<Job> list(JobListing listing) {
    return jobs.values().stream()
        .filter(j -> j.spec().child().isEmpty())
        .filter(j -> within(j, listing.scope()))
        .filter(j -> listing.status().map(s -> s == j.status()).orElse(true))
        .filter(j -> listing.filter().map(f -> passes(j, f)).orElse(true))
        .sorted(
            Comparator.comparing((Job j) -> j.spec().createdAt()).reversed().thenComparing(Job::id))
        .filter(j -> listing.after().map(cursor -> behind(j, cursor)).orElse(true))
        .limit(listing.limit())
        .toList();
  }

  private static boolean within(Job job, JobListing.Scope scope) {
    return switch (scope) {
      case JobListing.OfQueue(String queue) -> job.spec().jobQueue().equals(queue);
      case JobListing.OfConsumableResource(String name) ->
          job.spec().needs().consumables().stream()
              .anyMatch(n -> n.consumableResource().equals(name));
    };
  }

  private static boolean passes(Job job, JobListing.Filter filter) {
    return switch (filter) {
      case JobListing.JobName(String pattern) -> named(job, pattern);
      case JobListing.JobDefinition(String arn, boolean prefix) ->
          prefix
              ? job.spec().jobDefinitionArn().startsWith(arn)
              : job.spec().jobDefinitionArn().equals(arn);
      case JobListing.CreatedBefore(Instant at) -> job.spec().createdAt().isBefore(at);
      case JobListing.CreatedAfter(Instant at) -> job.spec().createdAt().isAfter(at);
      case JobListing.ShareIdentifier(String share) ->
          job.spec().share().identifier().equals(Optional.of(share));
    };
  }

  private static boolean named(Job job, String filter) {
    String name = job.spec().jobName().toLowerCase(Locale.ROOT);
    String wanted = filter.toLowerCase(Locale.ROOT);
    return wanted.endsWith("*")
        ? name.startsWith(wanted.substring(0, wanted.length() - 1))
        : name.equals(wanted);
  }

  private static boolean behind(Job job, JobListing.Cursor cursor) {
    int order = job.spec().createdAt().compareTo(cursor.createdAt());
    return order < 0 || (order == 0 && job.id().compareTo(cursor.jobId()) > 0);
  }

  @Override
  public synchronized Optional<KeyedJob> byIdempotencyKey(String key) {
    return Optional.ofNullable(keys.get(key))
        .map(jobs::get)
        .map(
            j ->
                new KeyedJob(
                    j.id(),
                    j.spec().jobName(),
                    j.spec().idempotencyKey().orElseThrow().requestHash()));
  }

  @Override
  public synchronized List<OutboxEvent> eventsAfter(long sequence, int limit) {
    Long from = outbox.floorKey(sequence + 1);
    return outbox.tailMap(from == null ? 0L : from, true).values().stream()
        .filter(e -> e.sequence() + e.span() > sequence + 1)
        .limit(limit)
        .toList();
  }

  /** All jobs, ended ones too. */
  public synchronized List<Job> jobs() {
    return List.copyOf(jobs.values());
  }

  @Override
  public void close() {}
}

package dev.spillway.batch.testkit;

import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.engine.JobStateChange;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Step;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.store.JobListing;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.JournalException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
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
  private final Map<String, Job> jobs = new HashMap<>();
  private final TreeMap<Long, JobStateChange> outbox = new TreeMap<>();
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
        List.copyOf(computeEnvironments.values()),
        List.copyOf(jobQueues.values()),
        List.copyOf(jobDefinitions.values()),
        jobs.values().stream()
            .filter(j -> !j.status().terminal())
            .sorted(Comparator.comparing((Job j) -> j.spec().createdAt()).thenComparing(Job::id))
            .toList(),
        counters);
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
        case Event.JobAdded(Job job) -> {
          require(!jobs.containsKey(job.id()), "job " + job.id() + " is added twice");
          jobs.put(job.id(), job);
        }
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
      }
    }
    for (JobStateChange change : step.changes()) {
      require(
          outbox.isEmpty() || change.sequence() == outbox.lastKey() + 1,
          "the outbox has a gap before " + change.sequence());
      outbox.put(change.sequence(), change);
    }
    step.pruneEndedBefore().ifPresent(this::prune);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }

  private void prune(Instant before) {
    jobs.values().stream()
        .filter(j -> endedAt(j).map(at -> at.isBefore(before)).orElse(false))
        .sorted(Comparator.comparing(j -> endedAt(j).orElseThrow()))
        .limit(PRUNE_BITE)
        .map(Job::id)
        .toList()
        .forEach(jobs::remove);
    // The last line stays, so that a gap would be seen.
    outbox
        .headMap(outbox.isEmpty() ? 0 : outbox.lastKey())
        .values()
        .removeIf(c -> c.at().isBefore(before));
  }

  private static Optional<Instant> endedAt(Job job) {
    return switch (job.state()) {
      case JobState.Succeeded s -> Optional.of(s.stoppedAt());
      case JobState.Failed f -> Optional.of(f.stoppedAt());
      case JobState _ -> Optional.empty();
    };
  }

  @Override
  public synchronized List<Job> find(Collection<String> jobIds) {
    return jobIds.stream().map(jobs::get).filter(Objects::nonNull).toList();
  }

  @Override
  public synchronized List<Job> list(JobListing listing) {
    return jobs.values().stream()
        .filter(j -> j.spec().jobQueue().equals(listing.jobQueue()))
        .filter(j -> listing.status().map(s -> s == j.status()).orElse(true))
        .filter(j -> listing.name().map(n -> named(j, n)).orElse(true))
        .sorted(
            Comparator.comparing((Job j) -> j.spec().createdAt()).reversed().thenComparing(Job::id))
        .filter(j -> listing.after().map(cursor -> behind(j, cursor)).orElse(true))
        .limit(listing.limit())
        .toList();
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
    return jobs.values().stream()
        .filter(j -> j.spec().idempotencyKey().map(k -> k.key().equals(key)).orElse(false))
        .map(
            j ->
                new KeyedJob(
                    j.id(),
                    j.spec().jobName(),
                    j.spec().idempotencyKey().orElseThrow().requestHash()))
        .findFirst();
  }

  @Override
  public synchronized List<JobStateChange> changesAfter(long sequence, int limit) {
    return new ArrayList<>(outbox.tailMap(sequence, false).values()).stream().limit(limit).toList();
  }

  /** All jobs, ended ones too. */
  public synchronized List<Job> jobs() {
    return List.copyOf(jobs.values());
  }

  @Override
  public void close() {}
}

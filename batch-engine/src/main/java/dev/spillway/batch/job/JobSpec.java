package dev.spillway.batch.job;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What was asked for, resolved once at submission and never changed after: all that decisions need.
 * What only a reader or a runner needs (the container, parameters, tags) stays in the store.
 *
 * @param jobQueue name of the queue
 * @param jobDefinitionArn with its revision
 * @param needs what an attempt holds while it runs
 * @param dependsOn the jobs it waits for, each once
 * @param array empty for a single job
 * @param share what a fair-share queue wants to know
 */
public record JobSpec(
    String jobId,
    String jobName,
    String jobQueue,
    String jobDefinitionArn,
    Instant createdAt,
    Needs needs,
    RetryRules retry,
    Optional<Duration> timeout,
    List<Dependency> dependsOn,
    Optional<ArrayRole> array,
    Share share,
    Optional<IdempotencyKey> idempotencyKey) {

  /**
   * What an attempt holds while it runs.
   *
   * @param size of each node
   * @param nodes 1, unless it is a multi-node parallel job
   */
  public record Needs(Size size, int nodes, List<ConsumableNeed> consumables) {

    public static Needs of(int vcpuMillis, int memoryMib) {
      return new Needs(new Size(vcpuMillis, memoryMib, 0), 1, List.of());
    }

    /** Thousandths of a vCPU, of all nodes. */
    public long vcpuMillis() {
      return size.vcpuMillis() * nodes;
    }

    /** MiB, of all nodes. */
    public long memoryMib() {
      return size.memoryMib() * nodes;
    }

    @Override
    public int hashCode() { // a key of the backlog's groups: by what tells most apart
      return Long.hashCode(size.vcpuMillis() * 31 + size.memoryMib());
    }

    /** True for a multi-node parallel job: its nodes start together, each on its own instance. */
    public boolean gang() {
      return nodes > 1;
    }
  }

  /**
   * Place among the jobs of a fair-share queue.
   *
   * @param schedulingPriority 0 to 9999, higher first
   */
  public record Share(Optional<String> identifier, int schedulingPriority) {
    /** What a job has that names no share. */
    public static final Share NONE = new Share(Optional.empty(), 0);
  }

  /**
   * Makes a repeated submit harmless.
   *
   * @param requestHash tells the same request from another one
   */
  public record IdempotencyKey(String key, String requestHash) {}

  /** The array that this job is the parent of. */
  public Optional<ArrayRole.Parent> parent() {
    return array.filter(ArrayRole.Parent.class::isInstance).map(ArrayRole.Parent.class::cast);
  }

  /** The place in its array, when this job is a child. */
  public Optional<ArrayRole.Child> child() {
    return array.filter(ArrayRole.Child.class::isInstance).map(ArrayRole.Child.class::cast);
  }

  /** What the parent's child with that index is asked for. */
  public JobSpec child(int index) {
    int size = parent().orElseThrow().size();
    return new JobSpec(
        new ChildId(jobId, index).toString(),
        jobName,
        jobQueue,
        jobDefinitionArn,
        createdAt,
        needs,
        retry,
        timeout,
        List.of(),
        Optional.of(new ArrayRole.Child(jobId, index, size)),
        share,
        Optional.empty());
  }
}

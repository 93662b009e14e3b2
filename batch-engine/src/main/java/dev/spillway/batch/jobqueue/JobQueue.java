package dev.spillway.batch.jobqueue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A job queue.
 *
 * @param priority higher is served first
 * @param computeEnvironments names, in their order
 * @param schedulingPolicy name of its policy; one without serves first come, first
 * @param version rises by one with each change; an update names the version it was made from
 * @param detail the other members that the caller gave, as JSON text
 */
public record JobQueue(
    String name,
    State state,
    Status status,
    int priority,
    List<String> computeEnvironments,
    boolean fargate,
    Optional<String> schedulingPolicy,
    Instant createdAt,
    long version,
    String detail) {

  /** Source: API JQState. */
  public enum State {
    ENABLED,
    DISABLED
  }

  /** Source: API JQStatus, as far as this engine uses it. */
  public enum Status {
    CREATING,
    VALID,
    DELETING
  }

  /** It takes jobs. A queue that is still CREATING does too: nothing can fail in its making. */
  public boolean open() {
    return state == State.ENABLED && status != Status.DELETING;
  }

  public JobQueue in(Status newStatus) {
    return new JobQueue(
        name,
        state,
        newStatus,
        priority,
        computeEnvironments,
        fargate,
        schedulingPolicy,
        createdAt,
        version + 1,
        detail);
  }

  public JobQueue detailed(String newDetail) {
    return new JobQueue(
        name,
        state,
        status,
        priority,
        computeEnvironments,
        fargate,
        schedulingPolicy,
        createdAt,
        version + 1,
        newDetail);
  }
}

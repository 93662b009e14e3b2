package dev.spillway.batch.jobqueue;

import java.time.Instant;
import java.util.List;

/**
 * A job queue.
 *
 * @param priority higher is served first
 * @param computeEnvironments names, in their order
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
        createdAt,
        version + 1,
        detail);
  }
}

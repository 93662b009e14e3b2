package dev.spillway.batch.computeenvironment;

import java.time.Instant;

/**
 * A compute environment.
 *
 * @param uuid names its cluster and its instance
 * @param maxVcpus what the jobs on it may hold together; an unmanaged one holds what the host holds
 * @param fargate true for FARGATE and FARGATE_SPOT
 * @param version rises by one with each change; an update names the version it was made from
 * @param detail the members that the caller gave, as JSON text
 */
public record ComputeEnvironment(
    String name,
    String uuid,
    State state,
    Status status,
    int maxVcpus,
    boolean fargate,
    Instant createdAt,
    long version,
    String detail) {

  /** Source: API CEState. */
  public enum State {
    ENABLED,
    DISABLED
  }

  /** Source: API CEStatus, as far as this engine uses it. */
  public enum Status {
    CREATING,
    VALID,
    DELETING
  }

  /** Jobs can be placed on it. */
  public boolean usable() {
    return state == State.ENABLED && status == Status.VALID;
  }

  public ComputeEnvironment in(Status newStatus) {
    return new ComputeEnvironment(
        name, uuid, state, newStatus, maxVcpus, fargate, createdAt, version + 1, detail);
  }

  public ComputeEnvironment detailed(String newDetail) {
    return new ComputeEnvironment(
        name, uuid, state, status, maxVcpus, fargate, createdAt, version + 1, newDetail);
  }

  /** Name of its ECS cluster. */
  public String cluster() {
    return name + "_Batch_" + uuid;
  }

  /** The instance that stands for this host: {@code i-} and 17 hexadecimal digits. */
  public String instanceId() {
    return "i-" + uuid.replace("-", "").substring(0, 17);
  }
}

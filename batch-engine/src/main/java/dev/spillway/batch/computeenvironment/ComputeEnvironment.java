package dev.spillway.batch.computeenvironment;

import java.time.Instant;
import java.util.Optional;

/**
 * A compute environment.
 *
 * @param uuid names its cluster and its instances
 * @param problem why it is INVALID, in AWS's words
 * @param resources what decisions need of {@code detail}
 * @param version rises by one with each change; an update names the version it was made from
 * @param detail the members that the caller gave, as JSON text
 */
public record ComputeEnvironment(
    String name,
    String uuid,
    State state,
    Status status,
    Optional<String> problem,
    ComputeResources resources,
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
    /** Instances of before an update are still there. */
    UPDATING,
    VALID,
    /** It takes no jobs and has no idle instances; an update makes it VALID. */
    INVALID,
    DELETING
  }

  /** As it is made. */
  public static ComputeEnvironment created(
      String name, String uuid, Instant createdAt, String detail) {
    return new ComputeEnvironment(
        name,
        uuid,
        State.ENABLED,
        Status.CREATING,
        Optional.empty(),
        ComputeResources.of(detail),
        createdAt,
        1,
        detail);
  }

  /** Jobs can be placed on it. */
  public boolean usable() {
    return state == State.ENABLED && works();
  }

  /** It keeps its instances. */
  public boolean works() {
    return status == Status.VALID || status == Status.UPDATING;
  }

  /**
   * What its jobs may hold together, or its instances have; an unmanaged one holds what its hosts
   * hold.
   */
  public int maxVcpus() {
    return resources.maxVcpus();
  }

  /** True for FARGATE and FARGATE_SPOT. */
  public boolean fargate() {
    return resources.kind().fargate();
  }

  public ComputeEnvironment in(Status newStatus) {
    return with(state, newStatus, Optional.empty(), detail);
  }

  /** INVALID, for that reason. */
  public ComputeEnvironment invalid(String reason) {
    return with(state, Status.INVALID, Optional.of(reason), detail);
  }

  public ComputeEnvironment detailed(String newDetail) {
    return with(state, status, problem, newDetail);
  }

  /** After an update, which is a way out of INVALID. */
  public ComputeEnvironment updated(State newState, String newDetail) {
    return with(
        newState, status == Status.INVALID ? Status.VALID : status, Optional.empty(), newDetail);
  }

  private ComputeEnvironment with(
      State newState, Status newStatus, Optional<String> newProblem, String newDetail) {
    return new ComputeEnvironment(
        name,
        uuid,
        newState,
        newStatus,
        newProblem,
        newDetail.equals(detail) ? resources : ComputeResources.of(newDetail),
        createdAt,
        version + 1,
        newDetail);
  }

  /** Name of its ECS cluster. */
  public String cluster() {
    return name + "_Batch_" + uuid;
  }

  /** What stands for an instance where there is none: {@code i-} and 17 hexadecimal digits. */
  public String instanceId() {
    return "i-" + uuid.replace("-", "").substring(0, 17);
  }
}

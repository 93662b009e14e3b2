package dev.spillway.batch.scheduling;

/** What the scheduler says of a job. */
public sealed interface Decision {

  /** Start it on that compute environment. */
  record Place(String jobQueue, String jobId, String computeEnvironment) implements Decision {}

  /**
   * It stays at the head of its queue, and all behind it stay too.
   *
   * @param reason in AWS's words where AWS has them, with the amounts
   */
  record Leave(String jobQueue, String jobId, String reason) implements Decision {}
}

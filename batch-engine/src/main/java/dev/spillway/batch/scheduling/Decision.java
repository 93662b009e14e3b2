package dev.spillway.batch.scheduling;

import java.util.Optional;

/** What the scheduler says of a job. */
public sealed interface Decision {

  /** Start it on that compute environment. */
  record Place(String jobQueue, String jobId, String computeEnvironment) implements Decision {}

  /**
   * It stays at the head of its queue, and all behind it stay too.
   *
   * @param reason in our words, with the amounts
   * @param statusReason in AWS's words, where AWS has some
   */
  record Leave(String jobQueue, String jobId, String reason, Optional<String> statusReason)
      implements Decision {}
}

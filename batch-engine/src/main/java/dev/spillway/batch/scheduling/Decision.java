package dev.spillway.batch.scheduling;

import java.util.List;
import java.util.Optional;

/** What the scheduler says of a job. */
public sealed interface Decision {

  /**
   * Start it on that compute environment.
   *
   * @param instances one for each node, the main node's first; none where there are none
   */
  record Place(String jobQueue, String jobId, String computeEnvironment, List<String> instances)
      implements Decision {}

  /**
   * It stays at the head of its queue, and all behind it stay that it lets nobody pass.
   *
   * @param reason in our words, with the amounts
   * @param statusReason in AWS's words, where AWS has some
   */
  record Leave(String jobQueue, String jobId, String reason, Optional<String> statusReason)
      implements Decision {}
}

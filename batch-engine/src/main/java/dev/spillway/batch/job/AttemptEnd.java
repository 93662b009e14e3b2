package dev.spillway.batch.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How an attempt ended, as DescribeJobs shows it and as the retry rules see it.
 *
 * @param statusReason of the attempt
 * @param reason of the container
 * @param containers each of them, where there are several
 */
public record AttemptEnd(
    String statusReason,
    Optional<String> reason,
    OptionalInt exitCode,
    Instant at,
    List<ContainerEnd> containers) {

  /** Of one container. */
  public AttemptEnd(
      String statusReason, Optional<String> reason, OptionalInt exitCode, Instant at) {
    this(statusReason, reason, exitCode, at, List.of());
  }
}

package dev.spillway.batch.job;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How an attempt ended, as DescribeJobs shows it and as the retry rules see it.
 *
 * @param statusReason of the attempt
 * @param reason of the container
 */
public record AttemptEnd(
    String statusReason, Optional<String> reason, OptionalInt exitCode, Instant at) {}

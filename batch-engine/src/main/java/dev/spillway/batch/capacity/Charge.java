package dev.spillway.batch.capacity;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What was paid for an attempt's part of what it ran on, or for a whole instance; the difference of
 * an instance and the attempts on it is idle time.
 *
 * @param attempt empty for an instance
 * @param instanceType empty for a Fargate task
 * @param from when its place was given to it; when the instance was launched
 * @param nanos billionths of a dollar
 */
public record Charge(
    String computeEnvironment,
    Optional<Attempt> attempt,
    Optional<String> instanceId,
    Optional<String> instanceType,
    boolean spot,
    Instant from,
    Instant to,
    long nanos) {

  /** Of which job. */
  public record Attempt(String jobId, int number, String jobQueue, Optional<String> share) {}

  public Duration lasted() {
    return Duration.between(from, to);
  }
}

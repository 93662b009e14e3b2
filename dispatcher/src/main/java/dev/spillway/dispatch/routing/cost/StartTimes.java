package dev.spillway.dispatch.routing.cost;

import java.time.Duration;

/**
 * How long places take before code runs, and how much of it is billed. Measured on AWS by others,
 * to the order of magnitude; replaceable.
 *
 * @param function until a function runs
 * @param functionBilled the part of it that is billed: INIT, but most calls find an environment
 * @param fargate until a Fargate task runs
 * @param fargateBilled the part of it that is billed: pulling the image
 * @param job until a container runs on an instance that is up
 * @param instance until a new instance takes jobs, billed
 * @param instanceIdle how long an instance stays up with nothing to do, billed
 */
public record StartTimes(
    Duration function,
    Duration functionBilled,
    Duration fargate,
    Duration fargateBilled,
    Duration job,
    Duration instance,
    Duration instanceIdle) {
  static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}

package dev.spillway.batch.job;

import java.time.Instant;

/**
 * Where and when an attempt was placed.
 *
 * @param computeEnvironment its name
 * @param cluster name of its ECS cluster
 * @param instanceId {@code i-} and 17 hexadecimal digits
 * @param taskId 32 hexadecimal digits, unique to the attempt
 */
public record Placement(
    String computeEnvironment,
    String cluster,
    String instanceId,
    String taskId,
    Instant placedAt) {}

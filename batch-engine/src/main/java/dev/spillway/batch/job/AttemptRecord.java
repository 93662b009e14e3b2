package dev.spillway.batch.job;

import java.time.Instant;
import java.util.Optional;

/**
 * One finished attempt.
 *
 * @param number counts from 1
 * @param startedAt empty when its container never came up
 */
public record AttemptRecord(
    int number, Placement on, Optional<Instant> startedAt, AttemptEnd end) {}

package dev.spillway.batch.engine;

import dev.spillway.batch.Arns;
import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.job.Size;
import java.time.Duration;

/**
 * The numbers the engine works within.
 *
 * @param host what jobs may use together of this host
 * @param retainJobs how long ended jobs are kept
 */
public record EngineLimits(Arns arns, Size host, Duration retainJobs, CapacitySettings capacity) {

  /** Ended jobs are looked for this often. */
  static final Duration PRUNE_EVERY = Duration.ofMinutes(1);

  /** Active share identifiers of a queue. Source: service quotas. */
  static final int ACTIVE_SHARES = 500;

  /** Keys of ended jobs that are remembered, to answer a repeat that raced with the end. */
  static final int ENDED_KEYS = 10_000;
}

package dev.spillway.batch.replay;

import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** What the jobs of a queue wait for and hold, kept as they move. */
final class QueueUse {
  private static final double MILLIS = 1000;

  private final Map<String, Instant> placed = new HashMap<>();
  private int runnable;
  private long vcpuMillis;
  private long ended;
  private long heldMillis;

  void moved(Job before, Job after, Instant now) {
    runnable += runnable(after) - runnable(before);
    if (holds(after) && !holds(before)) {
      placed.put(after.id(), now);
      vcpuMillis += after.spec().needs().vcpuMillis();
    } else if (holds(before) && !holds(after)) {
      Duration held = Duration.between(placed.remove(after.id()), now);
      vcpuMillis -= after.spec().needs().vcpuMillis();
      ended++;
      heldMillis += held.toMillis();
    }
  }

  private static int runnable(Job job) {
    return job.state() instanceof JobState.Runnable ? 1 : 0;
  }

  private static boolean holds(Job job) {
    return job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running;
  }

  VirtualBatch.Load load(Instant now) {
    return new VirtualBatch.Load(runnable, vcpuMillis / MILLIS, mean(now) / MILLIS);
  }

  private double mean(Instant now) {
    if (ended > 0) {
      return (double) heldMillis / ended;
    }
    return placed.values().stream()
        .mapToLong(since -> Duration.between(since, now).toMillis())
        .average()
        .orElse(0);
  }
}

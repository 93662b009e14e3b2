package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Load;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the queues when somebody plans, but no more often than it is told to: between two looks
 * the last one answers. A look that is older than {@value #STALE_AFTER} intervals is not believed.
 */
public final class RecentLoads implements QueueLoads {
  private static final Logger LOG = LoggerFactory.getLogger(RecentLoads.class);
  private static final int STALE_AFTER = 10;

  private final Supplier<Map<String, Load>> look;
  private final Duration interval;
  private final Executor executor;
  private final InstantSource clock;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile Seen seen = new Seen(Map.of(), Instant.MIN);

  private record Seen(Map<String, Load> loads, Instant at) {}

  /**
   * Over a way to look.
   *
   * @param look at all queues; when it throws, nothing is known until the next one
   * @param executor runs it: in the caller's thread when it is fast
   */
  public RecentLoads(
      Supplier<Map<String, Load>> look, Duration interval, Executor executor, InstantSource clock) {
    this.look = look;
    this.interval = interval;
    this.executor = executor;
    this.clock = clock;
  }

  @Override
  public Load of(String jobQueue) {
    Instant now = clock.instant();
    if (!seen.at().isAfter(now.minus(interval)) && looking.compareAndSet(false, true)) {
      executor.execute(this::lookNow);
    }
    Seen last = seen;
    return last.at().isAfter(now.minus(interval.multipliedBy(STALE_AFTER)))
        ? last.loads().getOrDefault(jobQueue, Load.UNKNOWN)
        : Load.UNKNOWN;
  }

  private void lookNow() {
    try {
      seen = new Seen(Map.copyOf(look.get()), clock.instant());
    } catch (RuntimeException e) {
      LOG.warn("how busy the queues are could not be seen: {}", e.toString());
      seen = new Seen(Map.of(), clock.instant());
    } finally {
      looking.set(false);
    }
  }
}

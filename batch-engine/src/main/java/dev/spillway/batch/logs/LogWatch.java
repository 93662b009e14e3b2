package dev.spillway.batch.logs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times and caps logs that processes write by themselves: looks at their lengths five times a
 * second. What was written while no server looked has the time of the file's last change.
 */
public final class LogWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogWatch.class);
  private static final Duration EVERY = Duration.ofMillis(200);

  private final LogCap cap;
  private final InstantSource clock;
  private final Map<Path, Watched> watched = new ConcurrentHashMap<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("log-watch").factory());

  /** Under its own lock; the times are opened when there is something to time. */
  private static final class Watched {
    private LogTimes times;
    private long seen;
    private boolean over;
  }

  public LogWatch(LogCap cap, InstantSource clock) {
    this.cap = cap;
    this.clock = clock;
    thread.scheduleWithFixedDelay(
        this::look, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * From now on.
   *
   * @param before it may have been written to while nobody looked
   */
  public void watch(Path log, boolean before) {
    var one = new Watched();
    if (watched.putIfAbsent(log, one) == null && before) {
      look(log, one, true);
    }
  }

  /** It is written to no more. */
  public void end(Path log) {
    Watched one = watched.remove(log);
    if (one != null) {
      synchronized (one) {
        if (one.times != null) {
          look(log, one, false);
        }
        one.over = true;
        close(one);
      }
    }
  }

  private void look() {
    watched.forEach((log, one) -> look(log, one, false));
  }

  private void look(Path log, Watched one, boolean asOfLastChange) {
    synchronized (one) {
      if (one.over) {
        return;
      }
      try {
        long length = Files.size(log);
        if (length <= one.seen) {
          return;
        }
        if (one.times == null) {
          one.times = LogTimes.open(log);
        }
        one.times.add(
            length, asOfLastChange ? Files.getLastModifiedTime(log).toMillis() : clock.millis());
        one.seen = length;
        cap.keep(log, length);
      } catch (NoSuchFileException e) {
        // Not written to yet.
      } catch (IOException e) {
        LOG.warn("the log {} cannot be timed: {}", log, e.toString());
      }
    }
  }

  private static void close(Watched one) {
    try {
      if (one.times != null) {
        one.times.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    for (Watched one : watched.values()) {
      synchronized (one) {
        one.over = true;
        close(one);
      }
    }
  }
}

package dev.spillway.dispatch.aws;

import dev.spillway.dispatch.aws.BatchGateway.Event;
import dev.spillway.dispatch.aws.BatchGateway.Job;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the jobs that are followed, a hundred a call, and tells what changed.
 *
 * <p>Shape: one thread. A job that is newly asked for is told at the next look, changed or not;
 * then each change, until it has ended. While nothing changes the looks become rarer, up to ten
 * times the interval; so they do while Batch does not answer. <br>
 * Source: AWS Batch API 2016-08-10, DescribeJobs: 100 ids a request. What was submitted a moment
 * ago may not be described yet, so a job counts as gone only after it was missing for a while.
 */
final class JobPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobPoller.class);
  private static final int AT_ONCE = 100;
  private static final double GROWTH = 1.5;
  private static final double JITTER = 0.2;
  private static final int RAREST = 10;

  /** Several that are asked for one after another share a look. */
  private static final int SOON = 10;

  /** What is known of a job; {@code tell} when somebody waits for the next look. */
  private record Watched(boolean tell, Optional<Job> last, Optional<Instant> missingSince) {
    static final Watched NEW = new Watched(true, Optional.empty(), Optional.empty());
  }

  private final Function<List<String>, List<Job>> describe;
  private final Consumer<Event> told;
  private final Duration interval;
  private final Duration goneAfter;
  private final InstantSource clock;
  private final IntervalFunction waits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sooner = lock.newCondition();
  private final Map<String, Watched> watched = new HashMap<>();
  private Instant nextLook = Instant.MAX;
  private int quiet;
  private Thread thread;
  private boolean closed;

  /**
   * Over a way to describe.
   *
   * @param describe up to 100 ids; those that are not known are left out
   * @param goneAfter how long a job must be missing to count as gone
   */
  JobPoller(
      Function<List<String>, List<Job>> describe,
      Consumer<Event> told,
      Duration interval,
      Duration goneAfter,
      InstantSource clock) {
    this.describe = describe;
    this.told = told;
    this.interval = interval;
    this.goneAfter = goneAfter;
    this.clock = clock;
    this.waits =
        IntervalFunction.ofExponentialRandomBackoff(
            interval, GROWTH, JITTER, interval.multipliedBy(RAREST));
  }

  void follow(String jobId) {
    lock.lock();
    try {
      Watched before = watched.getOrDefault(jobId, Watched.NEW);
      if (watched.put(jobId, new Watched(true, before.last(), before.missingSince())) == null) {
        quiet = 0;
      }
      Instant soon = clock.instant().plus(interval.dividedBy(SOON));
      if (soon.isBefore(nextLook)) {
        nextLook = soon;
        sooner.signal();
      }
      if (thread == null && !closed) {
        thread = Thread.ofVirtual().name("batch-jobs").start(this::run);
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (true) {
        boolean changed = look(due());
        settle(changed);
      }
    } catch (InterruptedException _) {
      // Closed.
    }
  }

  private List<String> due() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        long nanos =
            nextLook.equals(Instant.MAX)
                ? Long.MAX_VALUE
                : Duration.between(clock.instant(), nextLook).toNanos();
        if (nanos <= 0) {
          nextLook = Instant.MAX;
          return List.copyOf(watched.keySet());
        }
        sooner.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private void settle(boolean changed) {
    lock.lock();
    try {
      quiet = changed ? 1 : quiet + 1;
      Instant next = clock.instant().plusMillis(waits.apply(quiet));
      if (!watched.isEmpty() && next.isBefore(nextLook)) {
        nextLook = next;
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean look(List<String> ids) {
    boolean changed = false;
    for (int from = 0; from < ids.size(); from += AT_ONCE) {
      List<String> some = ids.subList(from, Math.min(ids.size(), from + AT_ONCE));
      try {
        changed |= seen(some, describe.apply(some));
      } catch (RuntimeException e) {
        LOG.warn("{} jobs could not be described; they are looked at again: {}", some.size(), e);
      }
    }
    return changed;
  }

  private boolean seen(List<String> ids, List<Job> jobs) {
    Map<String, Job> byId = new HashMap<>();
    jobs.forEach(job -> byId.put(job.jobId(), job));
    List<Event> news = new ArrayList<>();
    lock.lock();
    try {
      for (String id : ids) {
        Optional.ofNullable(byId.get(id))
            .map(this::seen)
            .orElseGet(() -> missed(id))
            .ifPresent(news::add);
      }
    } finally {
      lock.unlock();
    }
    news.forEach(told);
    return !news.isEmpty();
  }

  private Optional<Event> seen(Job job) {
    Watched before = watched.get(job.jobId());
    if (before == null) {
      return Optional.empty();
    }
    if (job.ended()) {
      watched.remove(job.jobId());
    } else {
      watched.put(job.jobId(), new Watched(false, Optional.of(job), Optional.empty()));
    }
    boolean news = before.tell() || !before.last().equals(Optional.of(job));
    return news ? Optional.of(new Event.Seen(job)) : Optional.empty();
  }

  private Optional<Event> missed(String id) {
    Watched before = watched.get(id);
    if (before == null) {
      return Optional.empty();
    }
    Instant since = before.missingSince().orElse(clock.instant());
    if (clock.instant().isBefore(since.plus(goneAfter))) {
      watched.put(id, new Watched(before.tell(), before.last(), Optional.of(since)));
      return Optional.empty();
    }
    watched.remove(id);
    return Optional.of(new Event.Gone(id));
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }
}

package dev.spillway.dispatch.aws;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Around either adapter: starts wait in order for the submit rate and for a place among the calls
 * in flight, and a queue whose service breaks is left alone for a while.
 *
 * <p>Shape: a start returns at once; one thread of this gateway walks the line. A start whose turn
 * comes while the circuit of its queue is open ends in {@code NotSent(503, CircuitOpenException)}.
 * <br>
 * Source: AWS Batch quotas, 50 SubmitJob calls a second for an account and region.
 */
public final class ResilientBatchGateway implements BatchGateway {
  /** Longer than any line is: a permission is waited for, never given up. */
  private static final Duration PATIENCE = Duration.ofDays(365);

  private final BatchGateway inner;
  private final Circuits circuits;
  private final Bulkhead bulkhead;
  private final Optional<RateLimiter> rate;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final Map<String, Start> waiting = new LinkedHashMap<>();
  private final Map<String, String> queueInFlight = new ConcurrentHashMap<>();
  private volatile Consumer<Event> listener = _ -> {};
  private Thread line;
  private boolean closed;

  /**
   * Around an adapter.
   *
   * @param submitsPerSecond empty is no limit
   * @param inFlight most submits at once
   */
  public ResilientBatchGateway(
      BatchGateway inner, OptionalInt submitsPerSecond, int inFlight, Circuits circuits) {
    this.inner = inner;
    this.circuits = circuits;
    this.bulkhead =
        Bulkhead.of(
            "batch",
            BulkheadConfig.custom().maxConcurrentCalls(inFlight).maxWaitDuration(PATIENCE).build());
    this.rate =
        submitsPerSecond.isEmpty()
            ? Optional.empty()
            : Optional.of(RateLimiter.of("submits", evenly(submitsPerSecond.getAsInt())));
  }

  /** One by one over the second: all at its beginning would be a burst that AWS throttles. */
  private static RateLimiterConfig evenly(int perSecond) {
    return RateLimiterConfig.custom()
        .limitForPeriod(1)
        .limitRefreshPeriod(Duration.ofSeconds(1).dividedBy(perSecond))
        .timeoutDuration(PATIENCE)
        .build();
  }

  @Override
  public void listen(Consumer<Event> told) {
    listener = told;
    inner.listen(this::heard);
  }

  @Override
  public void start(Start start) {
    lock.lock();
    try {
      if (closed || queueInFlight.containsKey(start.hopKey())) {
        return;
      }
      waiting.putIfAbsent(start.hopKey(), start);
      if (line == null) {
        line = Thread.ofVirtual().name("batch-submits").start(this::walk);
      }
      more.signal();
    } finally {
      lock.unlock();
    }
  }

  private void walk() {
    try {
      while (true) {
        send(first());
      }
    } catch (InterruptedException _) {
      // Closed: what waits is in the tasks' journeys.
    }
  }

  private Start first() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty()) {
        more.await();
      }
      Start first = waiting.remove(waiting.keySet().iterator().next());
      queueInFlight.put(first.hopKey(), first.jobQueue());
      return first;
    } finally {
      lock.unlock();
    }
  }

  private void send(Start start) throws InterruptedException {
    Optional<String> refusal = circuits.refusal(start.jobQueue());
    if (refusal.isPresent()) {
      queueInFlight.remove(start.hopKey());
      listener.accept(new Event.NotSent(start.hopKey(), 503, Circuits.OPEN, refusal.get()));
      return;
    }
    rate.ifPresent(RateLimiter::acquirePermission);
    if (Thread.interrupted() || !bulkhead.tryAcquirePermission()) {
      throw new InterruptedException();
    }
    // The next in the line does not wait for this one's answer: commits are shared.
    Thread.startVirtualThread(
        () -> {
          try {
            inner.start(start);
          } catch (RuntimeException e) {
            heard(
                new Event.NotSent(
                    start.hopKey(),
                    503,
                    "ServiceUnavailableException",
                    String.valueOf(e.getMessage())));
          }
        });
  }

  private void heard(Event event) {
    switch (event) {
      case Event.Sent(String key, _) -> left(key).ifPresent(circuits::succeeded);
      case Event.NotSent(String key, int status, _, _) ->
          left(key).ifPresent(queue -> circuits.refused(queue, status));
      case Event.Absent _, Event.Changed _, Event.Seen _, Event.Gone _ -> {}
    }
    listener.accept(event);
  }

  /** The queue of a start that was in flight; empty for what was only looked up. */
  private Optional<String> left(String hopKey) {
    Optional<String> queue = Optional.ofNullable(queueInFlight.remove(hopKey));
    queue.ifPresent(_ -> bulkhead.onComplete());
    return queue;
  }

  @Override
  public void lookup(Start start) {
    inner.lookup(start);
  }

  /** It is no submit: it waits for none, and says nothing of the queue. */
  @Override
  public void find(Start start) {
    Optional<String> refusal = circuits.refusal(start.jobQueue());
    if (refusal.isPresent()) {
      listener.accept(new Event.NotSent(start.hopKey(), 503, Circuits.OPEN, refusal.get()));
    } else {
      circuits.unknown(start.jobQueue());
      inner.find(start);
    }
  }

  @Override
  public void follow(String jobId) {
    inner.follow(jobId);
  }

  @Override
  public void cancel(String hopKey, Optional<String> jobId, String reason) {
    boolean takenBack;
    lock.lock();
    try {
      takenBack = jobId.isEmpty() && waiting.remove(hopKey) != null;
    } finally {
      lock.unlock();
    }
    if (takenBack) {
      listener.accept(new Event.Absent(hopKey));
    } else {
      inner.cancel(hopKey, jobId, reason);
    }
  }

  @Override
  public String define(Definition definition) {
    return inner.define(definition);
  }

  @Override
  public Optional<String> activeRevision(String jobDefinition) {
    return inner.activeRevision(jobDefinition);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (line != null) {
        line.interrupt();
      }
    } finally {
      lock.unlock();
    }
    inner.close();
  }
}

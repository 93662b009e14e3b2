package dev.spillway.lambda.async;

import dev.spillway.lambda.function.EventQueue;
import dev.spillway.lambda.function.FunctionCatalogue;
import dev.spillway.lambda.function.FunctionCatalogue.Described;
import dev.spillway.lambda.function.FunctionName;
import dev.spillway.lambda.function.FunctionService;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.LocalFunctionService;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue of events. An event is acknowledged when it is stored, and leaves the store when it has
 * ended and all its destinations know; so each is invoked at least once, whatever happens to the
 * server meanwhile.
 *
 * <p>Shape: one thread looks at what is due and sleeps until the next due time, or until something
 * changes; each event in hand has a virtual thread. Which ones are in hand is memory only: after a
 * restart all that is due is taken up again. Events never take the last place that functions may
 * have, so that a caller who waits is not shut out by a backlog.
 *
 * <p>Errors: 404, 413, 400 as for any call; 429 when the store holds 100,000 events or 4 GiB of
 * them.
 */
public final class AsyncInvocations implements EventQueue, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AsyncInvocations.class);

  /** Source: AWS Lambda quotas, asynchronous invocation payload. */
  public static final int PAYLOAD_BYTES_MAX = 1_048_576;

  private static final int DELIVERIES_MAX = 16;
  private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);
  private static final byte[] EMPTY_EVENT = {'{', '}'};

  private final EventStore store;
  private final FunctionCatalogue catalogue;
  private final Delivery delivery;
  private final InstantSource clock;
  private final Backlog backlog;
  private final EventWork work;
  private final int places;
  private final Map<Long, String> invoking = new HashMap<>();
  private final Set<Long> telling = new HashSet<>();
  private boolean changed;
  private boolean closed;
  private Thread thread;

  /**
   * Over a service.
   *
   * @param retryDelays see {@link AsyncRules}
   * @param ids gives UUIDs, for events that a destination makes
   */
  public <S extends FunctionService & FunctionCatalogue> AsyncInvocations(
      EventStore store,
      S service,
      TaskInbox tasks,
      InstantSource clock,
      List<Duration> retryDelays,
      Supplier<String> ids) {
    this.store = store;
    this.catalogue = service;
    this.backlog = new Backlog(store.size());
    this.delivery = new Delivery(service, tasks, clock, ids);
    this.clock = clock;
    this.work =
        new EventWork(store, service, backlog, delivery, clock, new AsyncRules(retryDelays));
    this.places = Math.max(1, service.concurrentExecutions() - 1);
  }

  /** Begins to invoke. Events that come before are kept and wait. */
  public synchronized void start() {
    if (thread == null && !closed) {
      thread = Thread.ofPlatform().name("lambda-events").daemon().start(this::run);
    }
  }

  /** Acknowledges an event: when this returns it is stored. */
  @Override
  public void accept(Invocation invocation) {
    Described target = catalogue.describe(invocation.functionName());
    LocalFunctionService.checkPayload(invocation.payload(), PAYLOAD_BYTES_MAX, "Event");
    byte[] payload = invocation.payload().length == 0 ? EMPTY_EVENT : invocation.payload();
    String qualifier =
        FunctionName.parse(invocation.functionName()).qualifier().orElse(FunctionName.LATEST);
    backlog.enter(payload.length);
    try {
      store.add(
          QueuedEvent.received(
              invocation.requestId(),
              target.function().name(),
              qualifier,
              payload,
              clock.instant(),
              0));
    } catch (RuntimeException e) {
      backlog.left(payload.length);
      throw e;
    }
    wake();
  }

  /** Events stored now, those in hand included. */
  public long waiting() {
    return backlog.events();
  }

  /** Something changed, the clock perhaps: look again. */
  public synchronized void wake() {
    changed = true;
    notifyAll();
  }

  // ---- the thread

  private void run() {
    while (true) {
      Optional<Instant> next;
      try {
        Instant now = clock.instant();
        tellDue(now);
        invokeDue(now);
        next = store.nextAfter(now);
      } catch (RuntimeException e) {
        if (isClosed()) {
          return;
        }
        LOG.warn("events cannot be looked at, once more in a while: {}", e.toString());
        next = Optional.empty();
      }
      if (!sleptUntil(next)) {
        return;
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized boolean sleptUntil(Optional<Instant> next) {
    Duration most =
        next.map(at -> Duration.between(clock.instant(), at))
            .filter(until -> until.compareTo(LONGEST_SLEEP) < 0)
            .orElse(LONGEST_SLEEP);
    try {
      if (!changed && !closed) {
        wait(Math.max(1, most.toMillis()));
      }
    } catch (InterruptedException e) {
      closed = true;
    }
    changed = false;
    return !closed;
  }

  private void invokeDue(Instant now) {
    Set<String> full = new HashSet<>();
    while (true) {
      Set<Long> inHand;
      int free;
      synchronized (this) {
        inHand = Set.copyOf(invoking.keySet());
        free = closed ? 0 : places - invoking.size();
      }
      List<QueuedEvent> due = free <= 0 ? List.of() : store.due(now, false, free, inHand, full);
      if (due.isEmpty()) {
        return;
      }
      for (QueuedEvent event : due) {
        if (full.contains(event.functionName()) || !takePlace(event)) {
          full.add(event.functionName());
        } else {
          Thread.startVirtualThread(() -> inHand(event, () -> work.invoke(event)));
        }
      }
    }
  }

  /** False when all places that this function has reserved are taken by events already. */
  private synchronized boolean takePlace(QueuedEvent event) {
    long mine = invoking.values().stream().filter(event.functionName()::equals).count();
    int most =
        work.function(event)
            .map(found -> found.function().reservedConcurrency().orElse(Integer.MAX_VALUE))
            .orElse(Integer.MAX_VALUE);
    // With none reserved at all it is let through, to hear that it is switched off.
    if (most > 0 && mine >= most) {
      return false;
    }
    invoking.put(event.seq(), event.functionName());
    return true;
  }

  private void tellDue(Instant now) {
    Set<Long> inHand;
    synchronized (this) {
      inHand = Set.copyOf(telling);
    }
    int free = DELIVERIES_MAX - inHand.size();
    for (QueuedEvent event :
        free <= 0 ? List.<QueuedEvent>of() : store.due(now, true, free, inHand, Set.of())) {
      synchronized (this) {
        telling.add(event.seq());
      }
      Thread.startVirtualThread(
          () -> inHand(event, () -> work.tell(event, event.ending().orElseThrow())));
    }
  }

  private void inHand(QueuedEvent event, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      if (!isClosed()) {
        LOG.warn("event={} is tried again, it failed: {}", event.requestId(), e.toString());
        later(event);
      }
    } finally {
      synchronized (this) {
        invoking.remove(event.seq());
        telling.remove(event.seq());
      }
      wake();
    }
  }

  private void later(QueuedEvent event) {
    try {
      Instant dueAt = clock.instant().plus(AsyncRules.requeueDelay(event.requeues()));
      store.requeue(event.seq(), dueAt, event.attempts(), event.requeues() + 1);
    } catch (RuntimeException e) {
      LOG.warn("event={} could not be put off: {}", event.requestId(), e.toString());
    }
  }

  /** Takes up nothing more; what is in hand is taken up by the next start. */
  @Override
  public void close() {
    Thread running;
    work.stop();
    synchronized (this) {
      closed = true;
      notifyAll();
      running = thread;
    }
    if (running != null) {
      try {
        running.join(5_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    delivery.close();
  }
}

package dev.spillway.batch.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. It drains what waits into a batch, so that a thousand submits share
 * one transaction, and lets {@link EngineCycle} run it.
 *
 * <p>Errors: any exception from a turn is fatal. The loop ends, everyone who waits or comes is
 * told, and the process should end and recover from the store: memory must not run ahead of the
 * disk.
 */
public final class EngineLoop {
  private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);

  /**
   * Commands of callers that may wait; more are refused, so that a queue never hides an overload.
   */
  static final int INBOX = 10_000;

  /** Commands in one transaction; keeps the longest wait for an answer short. */
  static final int BATCH_MAX = 1_000;

  /** The clock may jump (a laptop sleeps), so it is looked at this often. */
  private static final Duration LOOK_AT_CLOCK = Duration.ofMillis(500);

  private final EngineCycle cycle;
  private final Engine engine;
  private final InstantSource clock;
  private final Runnable onFatal;
  private final LinkedBlockingQueue<Envelope> inbox = new LinkedBlockingQueue<>();
  private final Semaphore places = new Semaphore(INBOX);
  private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
  private final Thread thread;

  private enum State {
    NEW,
    RUNNING,
    STOPPING,
    ENDED
  }

  private record Envelope(Command command, CompletableFuture<Outcome> reply, boolean fromCaller) {}

  /** {@code onFatal} is called once, when a turn failed and the loop ended because of it. */
  public EngineLoop(Engine engine, EngineCycle cycle, InstantSource clock, Runnable onFatal) {
    this.engine = engine;
    this.cycle = cycle;
    this.clock = clock;
    this.onFatal = onFatal;
    this.thread = Thread.ofPlatform().name("batch-engine").unstarted(this::run);
  }

  public void start() {
    if (!state.compareAndSet(State.NEW, State.RUNNING)) {
      throw new IllegalStateException("The engine loop was started before");
    }
    thread.start();
  }

  public boolean running() {
    return state.get() == State.RUNNING;
  }

  /** Runs what waits, then ends. */
  public void stop() {
    if (state.compareAndSet(State.NEW, State.ENDED)) {
      refuseWaiting();
      return;
    }
    if (state.compareAndSet(State.RUNNING, State.STOPPING)) {
      inbox.add(new Envelope(null, new CompletableFuture<>(), false)); // wakes it
    }
    try {
      thread.join(Duration.ofSeconds(30));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A caller's command; the future completes when its outcome is on disk.
   *
   * @throws EngineBusyException when too many wait, or the engine does not run
   */
  public CompletableFuture<Outcome> ask(Command command) {
    if (!running()) {
      throw EngineBusyException.notRunning();
    }
    if (!places.tryAcquire()) {
      throw EngineBusyException.full(INBOX);
    }
    var envelope = new Envelope(command, new CompletableFuture<>(), true);
    inbox.add(envelope);
    if (state.get() == State.ENDED) {
      refuseWaiting();
    }
    return envelope.reply();
  }

  /** What an executor saw; never refused, its number is bounded by the attempts that run. */
  public void tell(Command command) {
    inbox.add(new Envelope(command, new CompletableFuture<>(), false));
  }

  private void run() {
    try {
      List<Envelope> batch = new ArrayList<>();
      while (state.get() == State.RUNNING || !inbox.isEmpty()) {
        fill(batch);
        turn(batch);
        batch.clear();
      }
    } catch (Throwable e) {
      LOG.error("The engine ends, because it could not keep memory and store the same", e);
      state.set(State.ENDED);
      refuseWaiting();
      onFatal.run();
    } finally {
      state.set(State.ENDED);
      refuseWaiting();
    }
  }

  private void fill(List<Envelope> batch) throws InterruptedException {
    Duration untilDue = Duration.between(clock.instant(), engine.nextDeadline());
    Duration wait = untilDue.compareTo(LOOK_AT_CLOCK) < 0 ? untilDue : LOOK_AT_CLOCK;
    Envelope first =
        wait.isPositive() && state.get() == State.RUNNING
            ? inbox.poll(wait.toNanos(), TimeUnit.NANOSECONDS)
            : inbox.poll();
    if (first != null) {
      batch.add(first);
      inbox.drainTo(batch, BATCH_MAX - 1);
    }
  }

  private void turn(List<Envelope> batch) {
    List<Envelope> asked = batch.stream().filter(e -> e.command() != null).toList();
    places.release((int) asked.stream().filter(Envelope::fromCaller).count());
    Instant due = engine.nextDeadline();
    if (asked.isEmpty() && due.isAfter(clock.instant())) {
      return;
    }
    try {
      cycle.turn(
          asked.stream().map(Envelope::command).toList(),
          outcomes -> {
            for (int i = 0; i < outcomes.size(); i++) {
              asked.get(i).reply().complete(outcomes.get(i));
            }
          });
    } catch (Throwable e) {
      asked.forEach(a -> a.reply().completeExceptionally(EngineBusyException.notRunning()));
      throw e;
    }
  }

  private void refuseWaiting() {
    Envelope envelope;
    while ((envelope = inbox.poll()) != null) {
      envelope.reply().completeExceptionally(EngineBusyException.notRunning());
    }
  }
}

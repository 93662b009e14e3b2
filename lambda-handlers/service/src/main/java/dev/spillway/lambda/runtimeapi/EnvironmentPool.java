package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.Call;
import dev.spillway.lambda.function.Environments;
import dev.spillway.lambda.function.FunctionService.Report;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.function.Revision;
import dev.spillway.lambda.runtimeapi.ExecutionEnvironment.Cause;
import dev.spillway.lambda.runtimeapi.ExecutionEnvironment.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The warm pool: which environment runs which call, when one more is started and when one is ended.
 *
 * <p>A call takes the environment that became idle last (LIFO), so that the others can expire. With
 * none idle it waits for one that is about to be (its response is out, its runtime has not asked
 * again yet), or makes the pool grow. At the limit the environment that idled longest, of whatever
 * function, makes room. Calls were admitted before they come here, so they are never more than
 * environments may be.
 *
 * <p>Shape: one monitor over the lists; environments are called outside of it.
 */
public final class EnvironmentPool implements Environments {
  private static final Logger LOG = LoggerFactory.getLogger(EnvironmentPool.class);

  /** How long a call waits for a runtime that has just answered to ask for its next event. */
  private static final Duration TURNAROUND = Duration.ofMillis(100);

  private static final Duration WATCH_BUSY = Duration.ofMillis(50);
  private static final Duration WATCH_IDLE = Duration.ofMillis(500);

  /** How long shutting down waits for killed workers to be reported dead. */
  private static final Duration SHUTDOWN = Duration.ofSeconds(5);

  private final LambdaSettings settings;
  private final Surroundings surroundings;
  private final EnvironmentStarter starter;
  private final Set<ExecutionEnvironment> all = new LinkedHashSet<>();
  private final Deque<ExecutionEnvironment> idle = new ArrayDeque<>();
  private final Deque<Call> waiting = new ArrayDeque<>();
  private final Set<Call> grownFor = new HashSet<>();

  /** Environments decided on and not in the list yet. */
  private int starting;

  private boolean watching;
  private boolean closed;

  EnvironmentPool(LambdaSettings settings, Surroundings surroundings, EnvironmentStarter starter) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.starter = starter;
  }

  // ---- calls

  @Override
  public void run(Call call) {
    while (true) {
      ExecutionEnvironment warm = null;
      boolean refused;
      synchronized (this) {
        refused = closed;
        if (!refused) {
          warm = takeIdle(call.revision());
          if (warm == null) {
            waiting.addLast(call);
          }
        }
      }
      if (refused) {
        call.outcome().completeExceptionally(shuttingDown());
        return;
      }
      if (warm == null) {
        growUnlessSoonFree(call);
        return;
      }
      if (warm.assign(call)) {
        return;
      }
    }
  }

  private ExecutionEnvironment takeIdle(Revision revision) {
    for (var last = idle.descendingIterator(); last.hasNext(); ) {
      ExecutionEnvironment environment = last.next();
      if (environment.revision().equals(revision)) {
        last.remove();
        return environment;
      }
    }
    return null;
  }

  private void growUnlessSoonFree(Call call) {
    long soonFree;
    long before;
    synchronized (this) {
      soonFree =
          all.stream()
              .filter(e -> e.state() == State.FINISHING && e.alive())
              .filter(e -> e.revision().equals(call.revision()))
              .count();
      before =
          waiting.stream()
              .filter(w -> w != call && w.revision().equals(call.revision()))
              .filter(w -> !grownFor.contains(w))
              .count();
    }
    if (soonFree > before) {
      surroundings.after(TURNAROUND, () -> growFor(call));
    } else {
      growFor(call);
    }
  }

  /** Starts an environment for a call that still waits, making room when there is none. */
  private void growFor(Call call) {
    ExecutionEnvironment evicted = null;
    synchronized (this) {
      if (closed || !waiting.contains(call) || grownFor.contains(call)) {
        return;
      }
      if (countAlive() + starting >= settings.concurrency()) {
        evicted = idle.pollFirst();
        if (evicted == null) {
          return; // served when an environment becomes idle or ends
        }
      }
      grownFor.add(call);
      starting++;
    }
    if (evicted != null) {
      evicted.kill(Cause.RETIRED);
    }
    start(call, false);
  }

  private long countAlive() {
    return all.stream().filter(ExecutionEnvironment::alive).count();
  }

  private void start(Call call, boolean insideTimeout) {
    Optional<String> obstacle = starter.obstacle(call.revision());
    if (obstacle.isPresent()) {
      forget(call);
      invalidEntrypoint(call, obstacle.get());
      return;
    }
    EnvironmentStarter.Prepared prepared;
    try {
      prepared = starter.prepare(call, this::ready, this::ended);
    } catch (IOException e) {
      forget(call);
      LOG.warn(
          "function={} no environment could be made: {}",
          call.revision().functionName(),
          e.toString());
      call.outcome()
          .completeExceptionally(
              new LambdaException(
                  "ServiceException", 500, "The environment could not be made: " + e.getMessage()));
      return;
    }
    boolean refused;
    synchronized (this) {
      starting--;
      refused = closed;
      if (!refused) {
        all.add(prepared.environment());
      }
    }
    if (refused) {
      prepared.discard();
      call.outcome().completeExceptionally(shuttingDown());
      return;
    }
    prepared.start(insideTimeout);
    watchSoon();
  }

  private synchronized void forget(Call call) {
    waiting.remove(call);
    grownFor.remove(call);
    starting--;
  }

  private static void invalidEntrypoint(Call call, String why) {
    byte[] body =
        FunctionErrors.body(
            "Runtime.InvalidEntrypoint", "RequestId: " + call.requestId() + " Error: " + why);
    Report report = new Report(0, 0, 0, 0);
    String log =
        "START RequestId: "
            + call.requestId()
            + " Version: "
            + call.revision().version()
            + "\n"
            + new String(body, StandardCharsets.UTF_8)
            + "\n"
            + Events.endAndReport(
                call.requestId(), call.revision().configuration().memorySize(), report)
            + "\n";
    call.outcome()
        .complete(
            new Result(
                call.requestId(),
                body,
                Optional.of("Unhandled"),
                call.revision().version(),
                log,
                report));
  }

  @Override
  public void cancel(Call call) {
    boolean waited;
    List<ExecutionEnvironment> candidates;
    synchronized (this) {
      waited = waiting.remove(call);
      candidates = List.copyOf(all);
    }
    if (waited) {
      call.outcome().cancel(false);
    } else {
      candidates.forEach(environment -> environment.abandon(call));
    }
  }

  // ---- what environments report

  private void ready(ExecutionEnvironment environment) {
    boolean drained;
    Call next = null;
    synchronized (this) {
      idle.remove(environment);
      drained = closed || starter.isDrained(environment.revision());
      if (environment.alive()) {
        next = anyWaiting(environment);
        if (next != null) {
          waiting.remove(next);
          grownFor.remove(next);
        } else if (!drained) {
          idle.addLast(environment);
        }
      }
    }
    if (next != null) {
      if (!environment.assign(next)) {
        run(next);
      }
      return;
    }
    if (drained) {
      environment.kill(Cause.RETIRED);
    }
    serveWaiting();
  }

  /**
   * Its own call first: so each waiting call either has an environment starting for it alone, or is
   * marked as having none.
   */
  private Call anyWaiting(ExecutionEnvironment environment) {
    if (waiting.contains(environment.startedFor())) {
      return environment.startedFor();
    }
    for (Call call : waiting) {
      if (call.revision().equals(environment.revision())) {
        return call;
      }
    }
    return null;
  }

  private void ended(ExecutionEnvironment environment) {
    Call mine = environment.startedFor();
    boolean stillWaits;
    boolean again;
    synchronized (this) {
      all.remove(environment);
      idle.remove(environment);
      notifyAll();
      stillWaits = waiting.contains(mine) && grownFor.contains(mine);
      again = stillWaits && environment.cause() == Cause.INIT_TIMED_OUT && !closed;
      if (stillWaits) {
        waiting.remove(mine);
        grownFor.remove(mine);
      }
      if (again) {
        starting++;
      }
    }
    starter.cleanUp(environment);
    if (again) {
      // Lambda repeats a start that took too long, as part of the call.
      start(mine, true);
    } else if (stillWaits) {
      if (environment.cause() == Cause.RETIRED) {
        mine.outcome().completeExceptionally(shuttingDown());
      } else {
        mine.outcome().complete(environment.failedStart());
      }
    }
    serveWaiting();
  }

  /** Calls that found no room may find some now. */
  private void serveWaiting() {
    List<Call> left;
    synchronized (this) {
      left = waiting.stream().filter(call -> !grownFor.contains(call)).toList();
    }
    left.forEach(this::growUnlessSoonFree);
  }

  // ---- watching

  private void watchSoon() {
    Duration delay;
    synchronized (this) {
      if (watching || all.isEmpty()) {
        return;
      }
      watching = true;
      boolean busy = all.stream().anyMatch(e -> e.state() != State.READY);
      delay = busy ? WATCH_BUSY : min(WATCH_IDLE, settings.idleExpiry());
    }
    surroundings.after(delay, this::watch);
  }

  private void watch() {
    List<ExecutionEnvironment> present;
    List<ExecutionEnvironment> expired = new ArrayList<>();
    synchronized (this) {
      watching = false;
      present = List.copyOf(all);
      for (ExecutionEnvironment environment : List.copyOf(idle)) {
        if (environment.readyFor().compareTo(settings.idleExpiry()) >= 0) {
          idle.remove(environment);
          expired.add(environment);
        }
      }
    }
    expired.forEach(environment -> environment.kill(Cause.RETIRED));
    present.forEach(ExecutionEnvironment::watch);
    watchSoon();
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  // ---- revisions, state, end

  @Override
  public void keepOnly(String functionName, Set<Revision> living) {
    starter.living(functionName, living);
    List<ExecutionEnvironment> old = new ArrayList<>();
    synchronized (this) {
      for (ExecutionEnvironment environment : List.copyOf(idle)) {
        if (starter.isDrained(environment.revision())) {
          idle.remove(environment);
          old.add(environment);
        }
      }
    }
    old.forEach(environment -> environment.kill(Cause.RETIRED));
  }

  @Override
  public synchronized Map<String, Integer> alive() {
    Map<String, Integer> alive = new TreeMap<>();
    for (ExecutionEnvironment environment : all) {
      if (environment.alive()) {
        alive.merge(environment.revision().functionName(), 1, Integer::sum);
      }
    }
    return alive;
  }

  @Override
  public synchronized Set<Path> taskRootsInUse() {
    Set<Path> inUse = new HashSet<>();
    all.forEach(environment -> inUse.add(environment.revision().taskRoot()));
    waiting.forEach(call -> inUse.add(call.revision().taskRoot()));
    return inUse;
  }

  @Override
  public void close() {
    List<ExecutionEnvironment> rest;
    List<Call> unserved;
    synchronized (this) {
      closed = true;
      rest = all.stream().sorted(Comparator.comparing(ExecutionEnvironment::id)).toList();
      unserved = waiting.stream().filter(call -> !grownFor.contains(call)).toList();
      waiting.removeAll(unserved);
    }
    unserved.forEach(call -> call.outcome().completeExceptionally(shuttingDown()));
    rest.forEach(environment -> environment.kill(Cause.RETIRED));
    awaitNone();
    surroundings.close();
    starter.close();
  }

  private synchronized void awaitNone() {
    long deadline = System.nanoTime() + SHUTDOWN.toNanos();
    try {
      while (!all.isEmpty() && System.nanoTime() < deadline) {
        wait(100);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static LambdaException shuttingDown() {
    return new LambdaException("ServiceException", 500, "The function service is shutting down");
  }
}

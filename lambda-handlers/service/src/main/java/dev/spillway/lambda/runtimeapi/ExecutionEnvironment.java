package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.function.Call;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.function.Revision;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Event;
import dev.spillway.lambda.runtimeapi.RuntimeApiServer.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One execution environment: a worker, a process or a container, its Runtime API, its log, and at
 * most one call.
 *
 * <pre>
 * STARTING --next--> READY --event--> RUNNING --response, error--> FINISHING --next--> READY
 * any --process ends--> ENDED
 * </pre>
 *
 * <p>An end that we bring about (deadline, memory, idle ...) sets a {@link Cause} and kills the
 * process; what it means for the call is decided when the process is gone, so that the log is
 * complete and no late line of the function follows END.
 *
 * <p>Shape: guarded by its own monitor; calls {@link Owner} only outside of it.
 */
final class ExecutionEnvironment implements RuntimeApiServer.Session {
  enum State {
    STARTING,
    READY,
    RUNNING,
    FINISHING,
    ENDED
  }

  /** Why we killed it. */
  enum Cause {
    TIMED_OUT,
    OUT_OF_MEMORY,
    STORAGE_FULL,
    INIT_TIMED_OUT,
    INIT_FAILED,
    CANCELLED,
    RETIRED
  }

  /** Gets what matters to the pool; each call comes without this environment's monitor held. */
  interface Owner {
    /** It asks for an event. */
    void ready(ExecutionEnvironment environment);

    /** It is gone; its own call, if it had one, is answered. */
    void ended(ExecutionEnvironment environment);
  }

  /** How long a killed process may take to be reported dead before we go on without. */
  private static final Duration DEATH_REPORT = Duration.ofSeconds(5);

  /** How long a runtime may live on after it reported that its initialisation failed. */
  private static final Duration AFTER_INIT_ERROR = Duration.ofMillis(500);

  private final String id;
  private final Revision revision;
  private final Call startedFor;
  private final EnvironmentLog log;
  private final Surroundings surroundings;
  private final Owner owner;
  private final WorkerWatch watch;
  private final long startedNanos = System.nanoTime();

  private volatile State state = State.STARTING;
  private volatile Cause cause;
  private volatile long readySinceNanos;
  private RuntimeApiServer server;
  private WorkerProcesses.Worker worker;
  private RuntimeApiServer.Waiting poll;
  private CallRecord current;
  private double initMillis;
  private boolean initReported;
  private byte[] initError;
  private Future<?> timer;
  private WorkerProcesses.Exit exit;

  /**
   * @param startedFor the call that made the pool grow; it gets the error when the start fails
   */
  ExecutionEnvironment(
      String id,
      Revision revision,
      Call startedFor,
      EnvironmentLog log,
      Surroundings surroundings,
      WorkerWatch watch,
      Owner owner) {
    this.id = id;
    this.revision = revision;
    this.startedFor = startedFor;
    this.log = log;
    this.surroundings = surroundings;
    this.watch = watch;
    this.owner = owner;
  }

  /**
   * Starts the worker.
   *
   * @param insideTimeout true: an earlier start took longer than the init phase may, so this one
   *     counts as part of the call and the function's timeout runs
   */
  void start(
      RuntimeApiServer server,
      Function<Consumer<WorkerProcesses.Exit>, WorkerProcesses.Worker> launch,
      boolean insideTimeout) {
    synchronized (this) {
      this.server = server;
      if (insideTimeout) {
        initReported = true;
        begin(startedFor);
      } else {
        timer =
            after(
                surroundings.initLimit(),
                () -> decide(Cause.INIT_TIMED_OUT, () -> state == State.STARTING));
      }
    }
    WorkerProcesses.Worker started = launch.apply(this::exited);
    boolean doomed;
    synchronized (this) {
      worker = started;
      watch.started(started);
      doomed = cause != null;
    }
    if (doomed) {
      started.kill();
    }
  }

  String id() {
    return id;
  }

  Revision revision() {
    return revision;
  }

  Call startedFor() {
    return startedFor;
  }

  State state() {
    return state;
  }

  Cause cause() {
    return cause;
  }

  /** False from the moment on that its end is decided. */
  boolean alive() {
    return cause == null && state != State.ENDED;
  }

  Duration readyFor() {
    return Duration.ofNanos(System.nanoTime() - readySinceNanos);
  }

  // ---- calls

  /** Hands a call over; false when this environment can take none (it may just have died). */
  boolean assign(Call next) {
    RuntimeApiServer.Waiting runtime;
    Event event;
    synchronized (this) {
      if (state != State.READY || cause != null || poll == null) {
        return false;
      }
      state = State.RUNNING;
      event = begin(next);
      runtime = poll;
      poll = null;
    }
    runtime.take(event);
    return true;
  }

  /** Kills it when it runs this call. */
  void abandon(Call given) {
    decide(Cause.CANCELLED, () -> serves(given) && state != State.FINISHING);
  }

  private boolean serves(Call given) {
    return current != null && current.call() == given;
  }

  private Event begin(Call next) {
    Instant deadline = surroundings.clock().instant().plusSeconds(timeoutSeconds());
    current = CallRecord.begin(next, log);
    // FINISHING too: the time until the runtime asks for the next event counts.
    timer =
        after(
            Duration.ofSeconds(timeoutSeconds()),
            () -> decide(Cause.TIMED_OUT, () -> serves(next)));
    return Events.of(next, deadline);
  }

  // ---- Runtime API

  @Override
  public void next(RuntimeApiServer.Waiting runtime) throws Refusal {
    Optional<Event> bound;
    RuntimeApiServer.Waiting replaced = null;
    synchronized (this) {
      if (state == State.ENDED) {
        throw wrongState("next");
      }
      if (cause != null) {
        // A worker that is being killed gets no answer: an error would only end up in its log.
        return;
      }
      bound = startOrFinish();
      if (bound.isEmpty()) {
        replaced = poll;
        poll = runtime;
      }
    }
    if (replaced != null) {
      replaced.hangUp();
    }
    if (bound.isPresent()) {
      runtime.take(bound.get());
    } else {
      owner.ready(this);
    }
  }

  @Override
  public synchronized void gone(RuntimeApiServer.Waiting runtime) {
    if (poll == runtime) {
      poll = null;
    }
  }

  /** The moves that {@code next} makes; an event when the call was there before the runtime was. */
  private Optional<Event> startOrFinish() throws Refusal {
    switch (state) {
      case STARTING -> {
        initMillis = millisSince(startedNanos);
        if (worker != null) {
          worker.ready();
        }
        if (current != null) {
          state = State.RUNNING;
          Instant begun = surroundings.clock().instant().minusMillis((long) current.millis());
          return Optional.of(Events.of(current.call(), begun.plusSeconds(timeoutSeconds())));
        }
      }
      case FINISHING -> current = null;
      case READY -> {
        // A client that lost its connection asks again: the new request replaces the old one.
      }
      case RUNNING, ENDED -> throw wrongState("next");
    }
    timer.cancel(false);
    state = State.READY;
    readySinceNanos = System.nanoTime();
    return Optional.empty();
  }

  @Override
  public void response(String requestId, byte[] payload) throws Refusal {
    finish(requestId, payload, false, "response");
  }

  @Override
  public void oversize(String requestId) throws Refusal {
    finish(requestId, FunctionErrors.responseTooLarge(), true, "response");
  }

  @Override
  public void error(String requestId, String errorType, byte[] body) throws Refusal {
    finish(requestId, errorBody(errorType, body), true, "error");
  }

  @Override
  public void initError(String errorType, byte[] body) throws Refusal {
    synchronized (this) {
      if (state != State.STARTING || cause != null) {
        throw wrongState("init/error");
      }
      initError = errorBody(errorType, body);
    }
    after(AFTER_INIT_ERROR, () -> decide(Cause.INIT_FAILED, () -> state == State.STARTING));
  }

  private static byte[] errorBody(String errorType, byte[] body) {
    return body.length > 0 ? body : FunctionErrors.body(errorType, "");
  }

  private void finish(String requestId, byte[] payload, boolean failed, String what)
      throws Refusal {
    Call done;
    Result result;
    WorkerProcesses.Worker answering;
    synchronized (this) {
      answering = worker;
    }
    if (answering != null) {
      // What it wrote before it answered belongs before END.
      answering.settle();
    }
    synchronized (this) {
      if (current == null || !current.call().requestId().equals(requestId)) {
        throw new Refusal(400, "InvalidRequestID", "Invalid request ID: " + requestId);
      }
      if (state != State.RUNNING || cause != null) {
        throw wrongState(what);
      }
      state = State.FINISHING;
      done = current.call();
      watch.lookAtLeader();
      result = current.answered(payload, failed, figures());
    }
    done.outcome().complete(result);
  }

  private Refusal wrongState(String what) {
    return new Refusal(
        403, "InvalidStateTransition", "State transition from " + state + " by " + what);
  }

  // ---- end

  /** Ends it, whatever it does; a later decision changes nothing. */
  void kill(Cause why) {
    decide(why, () -> true);
  }

  /** Ends it when the condition holds, which is looked at under the monitor. */
  private void decide(Cause why, BooleanSupplier condition) {
    WorkerProcesses.Worker victim;
    synchronized (this) {
      if (!alive() || !condition.getAsBoolean()) {
        return;
      }
      cause = why;
      victim = worker;
    }
    if (victim != null) {
      victim.kill();
    }
    // Should its death go unreported, the caller must not wait for ever.
    after(DEATH_REPORT, () -> exited(new WorkerProcesses.Exit(OptionalInt.empty(), "lost")));
  }

  private void exited(WorkerProcesses.Exit how) {
    synchronized (this) {
      if (state == State.ENDED) {
        return;
      }
      exit = how;
      State before = state;
      state = State.ENDED;
      timer.cancel(false);
      if (before == State.RUNNING || (before == State.STARTING && current != null)) {
        answerAfterDeath();
      } else if (before == State.STARTING && cause == Cause.INIT_TIMED_OUT) {
        log.append(Events.initTimeout(millisSince(startedNanos)));
      }
      surroundings.ended(this, before, cause, exit);
    }
    server.close();
    owner.ended(this);
    log.close();
  }

  private void answerAfterDeath() {
    CompletableFuture<Result> outcome = current.call().outcome();
    if (cause == Cause.RETIRED) {
      Thread.startVirtualThread(
          () ->
              outcome.completeExceptionally(
                  new LambdaException(
                      "ServiceException", 500, "The function service is shutting down")));
    } else if (cause == Cause.CANCELLED) {
      current.answered(new byte[0], true, figures());
      outcome.cancel(false);
    } else {
      Result result =
          current.died(cause, exit, initError, surroundings.clock().instant(), figures());
      Thread.startVirtualThread(() -> outcome.complete(result));
    }
  }

  /** The answer to the call that it was started for, when it ended before it was ready. */
  synchronized Result failedStart() {
    current = CallRecord.ofFailedStart(startedFor, startedNanos, log);
    initReported = true;
    return current.died(cause, exit, initError, surroundings.clock().instant(), figures());
  }

  private CallRecord.Figures figures() {
    double init = initReported ? 0 : initMillis;
    initReported = true;
    return new CallRecord.Figures(init, watch.peakKib(), watch.storedMb());
  }

  // ---- watching

  /** Looks at memory, files and log size; called again and again while it is alive. */
  void watch() {
    Optional<Cause> tooMuch;
    synchronized (this) {
      if (!alive() || state == State.READY) {
        return;
      }
      tooMuch = watch.look();
      log.cutBeyond(surroundings.logMaxBytes());
    }
    tooMuch.ifPresent(this::kill);
  }

  private Future<?> after(Duration delay, Runnable action) {
    return surroundings.after(delay, action);
  }

  private int timeoutSeconds() {
    return revision.configuration().timeout();
  }

  private static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }
}

package dev.spillway.batch.execution.task;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.task.TaskOutline.Container;
import dev.spillway.batch.execution.task.TaskProgress.Step;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs attempts, of one container or of several, by an executor that knows single containers.
 *
 * <p>Shape: calls return at once, as the executor's do; what happens comes back as events of the
 * attempt.
 */
public final class TaskExecutor implements AutoCloseable {
  private final Executor executor;
  private final InstantSource clock;
  private final Duration stopGrace;
  private final Map<AttemptId, Running> running = new ConcurrentHashMap<>();
  private final Map<AttemptId, Duration> stopTimeouts = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("task-timer").factory());
  private volatile Consumer<ExecutionEvent> listener = _ -> {};

  /** An attempt of several containers; its own lock is held while it moves. */
  private static final class Running {
    private final Task task;
    private final TaskProgress progress;
    private final Optional<Instance> host;
    private Optional<Duration> grace = Optional.empty();

    /** Not empty: it is looked for after a restart, and what is told of it waits. */
    private Optional<List<ExecutionEvent>> early = Optional.empty();

    Running(Task task, Optional<Instance> host) {
      this.task = task;
      this.progress = new TaskProgress(task.outline());
      this.host = host;
    }
  }

  public TaskExecutor(Executor executor, InstantSource clock, Duration stopGrace) {
    this.executor = executor;
    this.clock = clock;
    this.stopGrace = stopGrace;
  }

  /** Called once, before anything else. */
  public void listen(Consumer<ExecutionEvent> events) {
    listener = events;
    executor.listen(this::seen);
  }

  /**
   * Compares the world with the store, once at start, as {@link Executor#recover} does.
   *
   * @param hosts the registered hosts of attempts that are not on this machine
   * @return attempts of {@code starting} that left no trace
   */
  public Set<AttemptId> recover(
      List<Task> starting, List<Task> up, Map<AttemptId, Instance> hosts) {
    Set<AttemptId> lookFor = new LinkedHashSet<>();
    Set<AttemptId> lookForUp = new LinkedHashSet<>();
    Map<AttemptId, Instance> unitHosts = new HashMap<>();
    for (Task task : starting) {
      lookFor.addAll(prepare(task, hosts, unitHosts));
    }
    for (Task task : up) {
      (task.outline().single() ? lookForUp : lookFor).addAll(prepare(task, hosts, unitHosts));
    }
    executor.onHosts(unitHosts);
    Map<AttemptId, Path> logs = new HashMap<>();
    for (List<Task> tasks : List.of(starting, up)) {
      tasks.forEach(t -> t.outline().containers().forEach(c -> logs.put(c.unit(), c.log())));
    }
    executor.logs(logs);
    Set<AttemptId> noTrace = executor.recover(lookFor, lookForUp);
    Set<AttemptId> untouched = new LinkedHashSet<>();
    for (Task task : starting) {
      if (!task.outline().single()) {
        untouched.addAll(resume(task, noTrace, false));
      } else if (noTrace.contains(task.outline().id())) {
        untouched.add(task.outline().id());
      }
    }
    up.stream().filter(t -> !t.outline().single()).forEach(t -> resume(t, noTrace, true));
    return untouched;
  }

  private List<AttemptId> prepare(
      Task task, Map<AttemptId, Instance> hosts, Map<AttemptId, Instance> unitHosts) {
    TaskOutline outline = task.outline();
    Optional<Instance> host = Optional.ofNullable(hosts.get(outline.id()));
    List<AttemptId> units = outline.containers().stream().map(Container::unit).toList();
    host.ifPresent(h -> units.forEach(unit -> unitHosts.put(unit, h)));
    if (outline.single()) {
      rememberStopTimeout(outline);
    } else {
      var one = new Running(task, host);
      one.early = Optional.of(new ArrayList<>());
      running.put(outline.id(), one);
    }
    return units;
  }

  /** Its id when nothing of it was found and nobody has been told of it. */
  private Set<AttemptId> resume(Task task, Set<AttemptId> noTrace, boolean up) {
    AttemptId id = task.outline().id();
    List<AttemptId> found =
        task.outline().containers().stream()
            .map(Container::unit)
            .filter(unit -> !noTrace.contains(unit))
            .toList();
    if (found.isEmpty() && !up) {
      running.remove(id);
      return Set.of(id);
    }
    Running one = running.get(id);
    synchronized (one) {
      carryOut(one, one.progress.resume(found, up, clock.instant()));
      List<ExecutionEvent> early = one.early.orElseThrow();
      one.early = Optional.empty();
      early.forEach(event -> carryOut(one, one.progress.seen(event, clock.instant())));
    }
    return Set.of();
  }

  private void rememberStopTimeout(TaskOutline outline) {
    outline
        .containers()
        .getFirst()
        .stopTimeout()
        .ifPresent(timeout -> stopTimeouts.put(outline.id(), timeout));
  }

  /**
   * Starts an attempt; harmless when it is started already.
   *
   * @param host a registered host; empty for this machine
   * @throws NotRunnableException when nothing here can run it
   */
  public void start(Task task, Optional<Instance> host) {
    TaskOutline outline = task.outline();
    if (outline.single()) {
      rememberStopTimeout(outline);
      start(task.source().of(outline.containers().getFirst(), Optional.empty()), host);
      return;
    }
    var one = new Running(task, host);
    if (running.putIfAbsent(outline.id(), one) == null) {
      synchronized (one) {
        carryOut(one, one.progress.begin(clock.instant()));
      }
    }
  }

  private void start(Attempt attempt, Optional<Instance> host) {
    if (host.isPresent()) {
      executor.start(attempt, host.get());
    } else {
      executor.start(attempt);
    }
  }

  /** Asks it to end. {@code within} is all the time there is; empty: the usual grace. */
  public void stop(AttemptId attempt, Optional<Duration> within) {
    Running one = running.get(attempt);
    if (one == null) {
      executor.stop(attempt, grace(Optional.ofNullable(stopTimeouts.get(attempt)), within));
      return;
    }
    synchronized (one) {
      one.grace = within;
      carryOut(one, one.progress.stop(clock.instant()));
    }
  }

  private Duration grace(Optional<Duration> own, Optional<Duration> within) {
    Duration wanted = own.orElse(within.orElse(stopGrace));
    return within.isPresent() && within.get().compareTo(wanted) < 0 ? within.get() : wanted;
  }

  /** Its end is on disk: nothing but its logs is kept. */
  public void forget(AttemptId attempt) {
    stopTimeouts.remove(attempt);
    Running one = running.remove(attempt);
    if (one == null) {
      executor.forget(attempt);
      return;
    }
    one.task.outline().containers().forEach(c -> executor.forget(c.unit()));
    executor.forgetTask(attempt);
  }

  /** The containers of an attempt that has several and has not been forgotten; else empty. */
  public List<TaskProgress.ContainerView> containers(AttemptId attempt) {
    Running one = running.get(attempt);
    if (one == null) {
      return List.of();
    }
    synchronized (one) {
      return one.progress.view();
    }
  }

  private void seen(ExecutionEvent event) {
    Running one = running.get(event.attempt().task());
    if (one == null) {
      listener.accept(event);
      return;
    }
    synchronized (one) {
      if (one.early.isPresent()) {
        one.early.get().add(event);
      } else {
        carryOut(one, one.progress.seen(event, clock.instant()));
      }
    }
  }

  private void carryOut(Running one, List<Step> steps) {
    List<ExecutionEvent> failed = new ArrayList<>();
    for (Step step : steps) {
      switch (step) {
        case Step.Start(Container container) -> start(one, container).ifPresent(failed::add);
        case Step.Stop(Container container) ->
            executor.stop(container.unit(), grace(container.stopTimeout(), one.grace));
        case Step.Tell(ExecutionEvent event) -> listener.accept(event);
      }
    }
    failed.forEach(event -> carryOut(one, one.progress.seen(event, clock.instant())));
    one.progress
        .nextDeadline()
        .map(at -> Math.max(0, Duration.between(clock.instant(), at).toMillis()))
        .ifPresent(wait -> timer.schedule(() -> due(one), wait, TimeUnit.MILLISECONDS));
  }

  private void due(Running one) {
    synchronized (one) {
      List<Step> steps = one.progress.due(clock.instant());
      if (!steps.isEmpty()) {
        carryOut(one, steps);
      }
    }
  }

  private Optional<ExecutionEvent> start(Running one, Container container) {
    TaskOutline outline = one.task.outline();
    try {
      Optional<String> mainNode =
          container.node() == outline.mainNode()
              ? Optional.empty()
              : executor.address(mainContainer(outline));
      start(one.task.source().of(container, mainNode), one.host);
      return Optional.empty();
    } catch (RuntimeException e) {
      String reason =
          e instanceof NotRunnableException
              ? e.getMessage()
              : "CannotStartContainerError: " + e.getMessage();
      return Optional.of(new ExecutionEvent.StartFailed(container.unit(), reason, clock.instant()));
    }
  }

  private static AttemptId mainContainer(TaskOutline outline) {
    return outline.containers().stream()
        .filter(c -> c.node() == outline.mainNode() && c.essential())
        .findFirst()
        .orElseThrow()
        .unit();
  }

  /** Leaves what runs running. */
  @Override
  public void close() {
    timer.shutdownNow();
    executor.close();
  }
}

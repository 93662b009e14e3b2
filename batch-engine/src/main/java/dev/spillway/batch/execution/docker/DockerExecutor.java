package dev.spillway.batch.execution.docker;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.logs.LogCap;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts as containers of a Docker engine, on Spillway's own network.
 *
 * <p>Shape: one virtual thread an attempt: create, start, wait, copy what is left of the log,
 * report. Containers outlive the server and are found again by label.
 */
public final class DockerExecutor implements Executor {
  private static final Logger LOG = LoggerFactory.getLogger(DockerExecutor.class);

  /** More at once gains nothing: the engine itself starts them one after another. */
  private static final int STARTS_AT_ONCE = 8;

  private static final String OUT_OF_MEMORY =
      "OutOfMemoryError: Container killed due to memory usage";

  private final Containers containers;
  private final DockerEngine engine;
  private final boolean allowPrivileged;
  private final LogCap cap;
  private final InstantSource clock;
  private final Map<AttemptId, Run> runs = new ConcurrentHashMap<>();
  private final Semaphore starts = new Semaphore(STARTS_AT_ONCE, true);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("docker-timer").factory());
  private volatile Consumer<ExecutionEvent> listener = _ -> {};
  private final Set<Following> followed = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** What is under way for one attempt. Both fields: under its own lock. */
  private static final class Run {
    private final boolean shares;
    private String containerId;
    private Duration stopWithin;

    /** {@code shares}: more is left of it than its container. */
    Run(boolean shares) {
      this.shares = shares;
    }
  }

  public DockerExecutor(
      BatchSettings settings,
      DockerEngine engine,
      DockerNetwork network,
      DataFolderId folder,
      AmbientEnvironment ambient,
      InstantSource clock) {
    this.containers = new Containers(engine.client(), folder, network.name(), ambient);
    this.engine = engine;
    this.allowPrivileged = settings.allowPrivileged();
    this.cap = new LogCap(settings.execution().logBytesMax());
    this.clock = clock;
  }

  @Override
  public String kind() {
    return "docker";
  }

  @Override
  public void listen(Consumer<ExecutionEvent> listener) {
    this.listener = listener;
  }

  @Override
  public Set<AttemptId> recover(Set<AttemptId> starting, Set<AttemptId> running) {
    Set<AttemptId> found = new HashSet<>();
    Map<AttemptId, String> networkModes = new HashMap<>();
    for (Containers.Found container : containers.find()) {
      AttemptId attempt = container.attempt();
      boolean wanted = starting.contains(attempt) || running.contains(attempt);
      if (wanted && container.started()) {
        LOG.info("attempt={} found again: container {}", attempt, container.containerId());
        found.add(attempt);
        networkModes.put(attempt, container.networkMode());
        adopt(container, starting.contains(attempt));
      } else {
        LOG.warn("attempt={} is an orphan, its container is removed", attempt);
        containers.remove(container.containerId());
      }
    }
    Set<AttemptId> tasks = new HashSet<>();
    starting.forEach(attempt -> tasks.add(attempt.task()));
    running.forEach(attempt -> tasks.add(attempt.task()));
    containers.shared().removeAllBut(tasks);
    containers.shared().instances().recover(networkModes);
    for (AttemptId attempt : running) {
      if (!found.contains(attempt)) {
        LOG.info("attempt={} lost: no container carries its label", attempt);
        listener.accept(new ExecutionEvent.Lost(attempt, clock.instant()));
      }
    }
    Set<AttemptId> untraced = new HashSet<>(starting);
    untraced.removeAll(found);
    return untraced;
  }

  private void adopt(Containers.Found container, boolean starting) {
    var run = new Run(container.shares());
    run.containerId = container.containerId();
    if (runs.putIfAbsent(container.attempt(), run) != null) {
      return;
    }
    if (starting) {
      Instant at =
          containers
              .state(container.containerId())
              .flatMap(state -> Containers.instant(state.getStartedAt()))
              .orElseGet(clock::instant);
      listener.accept(new ExecutionEvent.Started(container.attempt(), container.containerId(), at));
    }
    Thread.ofVirtual()
        .name("container-" + container.attempt())
        .start(() -> follow(container.attempt(), container.containerId(), container.log()));
  }

  @Override
  public void start(Attempt attempt) {
    var run = new Run(Containers.shares(attempt));
    if (runs.putIfAbsent(attempt.id(), run) != null) {
      return;
    }
    if (attempt.privileged() && !allowPrivileged) {
      refuse(
          attempt.id(),
          "CannotCreateContainerError: privileged is true, and this server does not allow it; set"
              + " privileged to false, or allow it under batch.allowPrivileged");
      return;
    }
    Thread.ofVirtual().name("container-" + attempt.id()).start(() -> run(attempt, run));
  }

  private void run(Attempt attempt, Run run) {
    try {
      String containerId = bringUp(attempt, run);
      listener.accept(new ExecutionEvent.Started(attempt.id(), containerId, clock.instant()));
      follow(attempt.id(), containerId, attempt.log());
    } catch (Containers.Refused e) {
      LOG.debug("attempt={} was refused", attempt.id(), e);
      refuse(attempt.id(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      if (!closed) {
        LOG.error("attempt={} could not be started", attempt.id(), e);
        refuse(attempt.id(), "CannotStartContainerError: " + DockerEngine.words(e));
      }
    }
  }

  private String bringUp(Attempt attempt, Run run) throws Containers.Refused, InterruptedException {
    starts.acquire();
    try {
      refuseIfStopped(run);
      Containers.Created container = containers.create(attempt);
      refuseIfStopped(run);
      containers.start(attempt, container);
      String containerId = container.id();
      synchronized (run) {
        run.containerId = containerId;
        if (run.stopWithin != null) {
          end(containerId, run.stopWithin);
        }
      }
      return containerId;
    } finally {
      starts.release();
    }
  }

  private static void refuseIfStopped(Run run) throws Containers.Refused {
    synchronized (run) {
      if (run.stopWithin != null) {
        throw new Containers.Refused(
            "CannotStartContainerError",
            new IllegalStateException("stopped before the container was started"));
      }
    }
  }

  private void refuse(AttemptId attempt, String reason) {
    listener.accept(new ExecutionEvent.StartFailed(attempt, reason, clock.instant()));
  }

  /** Until the container has ended and its log is copied; over restarts of the engine. */
  private void follow(AttemptId attempt, String containerId, Path logFile) {
    var following =
        new Following(
            containers,
            engine,
            new ContainerLog(engine.client(), containerId, logFile, cap),
            containerId);
    followed.add(following);
    try {
      following.run(() -> unasked(attempt)).map(end -> event(attempt, end)).ifPresent(this::tell);
    } finally {
      followed.remove(following);
    }
  }

  /** Nobody asked it to end. */
  private boolean unasked(AttemptId attempt) {
    Run run = runs.get(attempt);
    if (run == null) {
      return true;
    }
    synchronized (run) {
      return run.stopWithin == null;
    }
  }

  private void tell(ExecutionEvent event) {
    // One that is forgotten and gone is no loss.
    if (!(event instanceof ExecutionEvent.Lost) || runs.containsKey(event.attempt())) {
      listener.accept(event);
    }
  }

  private ExecutionEvent event(AttemptId attempt, Following.End end) {
    return switch (end) {
      case Following.End.Gone _ -> new ExecutionEvent.Lost(attempt, clock.instant());
      case Following.End.Exited(ContainerState state) -> {
        Long code = state.getExitCodeLong();
        yield new ExecutionEvent.Exited(
            attempt,
            code == null ? OptionalInt.empty() : OptionalInt.of(code.intValue()),
            Boolean.TRUE.equals(state.getOOMKilled())
                ? Optional.of(OUT_OF_MEMORY)
                : Optional.empty(),
            Containers.instant(state.getFinishedAt()).orElseGet(clock::instant));
      }
    };
  }

  @Override
  public void stop(AttemptId attempt, Duration grace) {
    Run run = runs.get(attempt);
    if (run == null) {
      return;
    }
    synchronized (run) {
      run.stopWithin = grace;
      if (run.containerId != null) {
        end(run.containerId, grace);
      }
    }
  }

  private void end(String containerId, Duration grace) {
    Thread.ofVirtual().start(() -> kill(containerId, "SIGTERM"));
    timer.schedule(
        () -> Thread.ofVirtual().start(() -> kill(containerId, "SIGKILL")),
        grace.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  private void kill(String containerId, String signal) {
    try {
      containers.kill(containerId, signal);
    } catch (RuntimeException e) {
      if (!closed) {
        LOG.warn("container {} could not be sent {}", containerId, signal, e);
      }
    }
  }

  @Override
  public void forget(AttemptId attempt) {
    Run run = runs.remove(attempt);
    boolean alone = attempt.task().equals(attempt);
    remove(
        attempt,
        () -> {
          containers.remove(containers.name(attempt));
          containers.shared().instances().leave(attempt);
          if (alone && run != null && run.shares) {
            containers.shared().remove(attempt);
          }
        });
  }

  @Override
  public void forgetTask(AttemptId task) {
    remove(task, () -> containers.shared().remove(task));
  }

  private void remove(AttemptId attempt, Runnable removal) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                removal.run();
              } catch (RuntimeException e) {
                if (!closed) {
                  LOG.warn("attempt={}: its container could not be removed", attempt, e);
                }
              }
            });
  }

  @Override
  public Optional<String> address(AttemptId attempt) {
    return containers.address(attempt);
  }

  /** The engine belongs to whoever found it; containers run on. */
  @Override
  public void close() {
    closed = true;
    listener = _ -> {};
    timer.shutdownNow();
    followed.forEach(Following::close);
    try {
      containers.shared().instances().sweep(0);
    } catch (RuntimeException e) {
      LOG.debug("the engine is away; the next start takes idle networks away", e);
    }
  }
}

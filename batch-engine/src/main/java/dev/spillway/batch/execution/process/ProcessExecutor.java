package dev.spillway.batch.execution.process;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.BatchSettings.ProcessImage;
import dev.spillway.batch.execution.AmbientEnvironment;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.execution.Executor;
import dev.spillway.batch.execution.process.ProcessSupervisor.Excess;
import dev.spillway.batch.execution.process.ProcessSupervisor.Limits;
import dev.spillway.batch.execution.process.ProcessSupervisor.Spawn;
import dev.spillway.batch.execution.process.ProcessSupervisor.Status;
import dev.spillway.batch.logs.LogCap;
import dev.spillway.batch.logs.LogWatch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs attempts as processes of this host, through the supervisor, for images that are listed.
 *
 * <p>Memory and vCPUs are limits of the process and all that it starts, its {@code /tmp} is its
 * own, as far as the host lets us: {@link #isolation} says how far. It is no container: a process
 * sees the host's file system, network and process table; it runs as the supervisor's job user, so
 * a job definition's {@code user} and {@code readonlyRootFilesystem} have no effect. What it must
 * not run at all it refuses: an image that is not listed, and {@code privileged}.
 */
public final class ProcessExecutor implements Executor {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessExecutor.class);
  private static final String PREFIX = "job/";
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** As ECS words it. */
  private static final String OUT_OF_MEMORY =
      "OutOfMemoryError: Container killed due to memory usage";

  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  private final ProcessImages images;
  private final ProcessSupervisor supervisor;
  private final AmbientEnvironment ambient;
  private final InstantSource clock;
  private final WorkFolders workFolders;
  private final long tmpMib;
  private final Set<AttemptId> known = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("process-timer").factory());
  private final Map<AttemptId, Path> watched = new ConcurrentHashMap<>();
  private final LogWatch logWatch;
  private volatile Consumer<ExecutionEvent> listener = _ -> {};

  public ProcessExecutor(
      BatchSettings settings,
      ProcessSupervisor supervisor,
      AmbientEnvironment ambient,
      InstantSource clock) {
    this.images = new ProcessImages(settings.processImages());
    this.supervisor = supervisor;
    this.ambient = ambient;
    this.clock = clock;
    this.logWatch = new LogWatch(new LogCap(settings.execution().logBytesMax()), clock);
    this.tmpMib = settings.execution().processTmpMib();
    this.workFolders =
        new WorkFolders(settings.dataDirectory().toAbsolutePath().normalize().resolve("work"));
  }

  @Override
  public String kind() {
    return "process";
  }

  @Override
  public Optional<String> isolation(long vcpuMillis, long memoryMib) {
    ProcessSupervisor.Strength strength = supervisor.strength();
    return Optional.of(
        strength.limits()
            ? "%s; memory up to %d MiB, a share of %d/1000 vCPU, temporary files up to %d MiB"
                .formatted(strength.text(), memoryMib, vcpuMillis, tmpMib)
            : strength.text());
  }

  @Override
  public void listen(Consumer<ExecutionEvent> listener) {
    this.listener = listener;
    supervisor.listen(
        status ->
            attempt(status).filter(known::contains).ifPresent(attempt -> report(attempt, status)));
  }

  @Override
  public void logs(Map<AttemptId, Path> files) {
    files.forEach((attempt, log) -> watch(attempt, log, true));
  }

  @Override
  public Set<AttemptId> recover(Set<AttemptId> starting, Set<AttemptId> running) {
    // Known before the list is asked for: an end that comes in between is reported, not dropped.
    known.addAll(starting);
    known.addAll(running);
    Set<AttemptId> found = new HashSet<>();
    for (Status status : supervisor.list()) {
      Optional<AttemptId> attempt = attempt(status);
      if (attempt.isEmpty()) {
        continue;
      }
      if (known.contains(attempt.get())) {
        found.add(attempt.get());
        readopt(attempt.get(), status, starting.contains(attempt.get()));
      } else {
        removeOrphan(attempt.get(), status);
      }
    }
    for (AttemptId attempt : running) {
      if (!found.contains(attempt)) {
        LOG.info("attempt={} lost: the supervisor knows nothing of it", attempt);
        listener.accept(new ExecutionEvent.Lost(attempt, clock.instant()));
      }
    }
    workFolders.deleteAllBut(known);
    Set<AttemptId> untraced = new HashSet<>(starting);
    untraced.removeAll(found);
    known.removeAll(untraced);
    watched.keySet().retainAll(known);
    return untraced;
  }

  private void readopt(AttemptId attempt, Status status, boolean starting) {
    LOG.info("attempt={} found again: {}", attempt, status);
    if (starting && status instanceof Status.Ended ended) {
      // The engine has not heard of its start: tell the whole story.
      listener.accept(new ExecutionEvent.Started(attempt, "ended", ended.startedAt()));
    }
    if (starting || !(status instanceof Status.Running)) {
      report(attempt, status);
    }
  }

  private void removeOrphan(AttemptId attempt, Status status) {
    LOG.warn("attempt={} is an orphan and is removed: {}", attempt, status);
    supervisor.forget(status.id());
    supervisor.signal(status.id(), SIGKILL);
  }

  @Override
  public void start(Attempt attempt) {
    AttemptId id = attempt.id();
    if (!known.add(id)) {
      return;
    }
    Optional<ProcessImage> image = images.find(attempt.image());
    if (image.isEmpty()) {
      refuse(id, images.refusal(attempt.image()));
      return;
    }
    if (attempt.privileged()) {
      refuse(
          id,
          "CannotStartContainerError: privileged is true, and a process of this host gets no"
              + " privileges; set privileged to false, or serve with --runner docker");
      return;
    }
    Optional<String> missing = attempt.options().needsEngine();
    if (missing.isPresent()) {
      refuse(
          id,
          "CannotStartContainerError: %s needs a container engine, and jobs are processes here; leave it out, or serve with --runner docker"
              .formatted(missing.get()));
      return;
    }
    List<String> command = new ArrayList<>(image.get().entryPoint());
    command.addAll(attempt.command());
    Path folder = workFolders.of(id);
    watch(id, attempt.log(), false);
    supervisor.spawn(
        new Spawn(
            name(id),
            command,
            environment(attempt, folder),
            folder,
            attempt.log(),
            false,
            new Limits(attempt.memoryMib(), (int) Math.round(attempt.vcpus() * 1000), tmpMib)));
  }

  private void refuse(AttemptId attempt, String reason) {
    listener.accept(new ExecutionEvent.StartFailed(attempt, reason, clock.instant()));
  }

  private Map<String, String> environment(Attempt attempt, Path folder) {
    Map<String, String> environment = new TreeMap<>(ambient.of(attempt.id().task()));
    environment.putAll(attempt.environment());
    environment.putIfAbsent("PATH", PATH);
    environment.putIfAbsent("HOME", folder.toString());
    environment.putIfAbsent("TMPDIR", folder.resolve("tmp").toString());
    return environment;
  }

  @Override
  public void stop(AttemptId attempt, Duration grace) {
    if (!known.contains(attempt)) {
      return;
    }
    supervisor.signal(name(attempt), SIGTERM);
    timer.schedule(
        () -> supervisor.signal(name(attempt), SIGKILL), grace.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** All nodes are this host. */
  @Override
  public Optional<String> address(AttemptId attempt) {
    return Optional.of("127.0.0.1");
  }

  @Override
  public void forget(AttemptId attempt) {
    known.remove(attempt);
    supervisor.forget(name(attempt));
    Thread.ofVirtual().start(() -> workFolders.delete(attempt));
  }

  /** The supervisor belongs to whoever made it, and goes on. */
  @Override
  public void close() {
    timer.shutdownNow();
    logWatch.close();
    listener = _ -> {};
  }

  private void watch(AttemptId attempt, Path log, boolean before) {
    watched.put(attempt, log);
    logWatch.watch(log, before);
  }

  private void report(AttemptId attempt, Status status) {
    if (!(status instanceof Status.Running)) {
      Optional.ofNullable(watched.remove(attempt)).ifPresent(logWatch::end);
    }
    listener.accept(
        switch (status) {
          case Status.Running running ->
              new ExecutionEvent.Started(
                  attempt, Long.toString(running.pid()), running.startedAt());
          case Status.Ended ended ->
              new ExecutionEvent.Exited(attempt, ended.exitCode(), reason(ended), ended.at());
          case Status.NotStarted failed ->
              new ExecutionEvent.StartFailed(
                  attempt, "CannotStartContainerError: " + failed.reason(), failed.at());
        });
  }

  private static Optional<String> reason(Status.Ended ended) {
    if (ended.excess().isPresent()) {
      Excess excess = ended.excess().get();
      return Optional.of(
          switch (excess.kind()) {
            case MEMORY -> OUT_OF_MEMORY;
            case TMP ->
                "Container killed: its files in /tmp, /var/tmp and $TMPDIR took %d MiB; the limit is %d MiB (runner.process.tmp)"
                    .formatted(excess.usedMib(), excess.limitMib());
          });
    }
    return ended.exitCode().isPresent()
        ? Optional.empty()
        : Optional.of("the process ended unseen: its supervisor had ended first");
  }

  private static String name(AttemptId attempt) {
    return PREFIX + attempt;
  }

  /** Empty for what is not a job: function workers share the supervisor. */
  private static Optional<AttemptId> attempt(Status status) {
    return status.id().startsWith(PREFIX)
        ? Optional.of(AttemptId.parse(status.id().substring(PREFIX.length())))
        : Optional.empty();
  }
}

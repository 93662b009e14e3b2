package dev.spillway.lambda.runtimeapi;

import dev.spillway.lambda.LambdaSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every environment needs from the host: processes, clock, timers, limits. */
final class Surroundings implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Surroundings.class);

  private final LambdaSettings settings;
  private final WorkerProcesses processes;
  private final InstantSource clock;
  private final ScheduledThreadPoolExecutor timers;

  Surroundings(LambdaSettings settings, WorkerProcesses processes, InstantSource clock) {
    this.settings = settings;
    this.processes = processes;
    this.clock = clock;
    this.timers =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("lambda-timers").factory());
    this.timers.setRemoveOnCancelPolicy(true);
    this.timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  WorkerProcesses processes() {
    return processes;
  }

  InstantSource clock() {
    return clock;
  }

  Duration initLimit() {
    return settings.initLimit();
  }

  int memorySlackMb() {
    return settings.memorySlackMb();
  }

  long logMaxBytes() {
    return settings.logMaxBytes();
  }

  /** Runs an action later, on a thread of its own: it may block. */
  Future<?> after(Duration delay, Runnable action) {
    try {
      return timers.schedule(
          () -> Thread.startVirtualThread(action), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** One line per environment that ended. */
  void ended(
      ExecutionEnvironment environment,
      ExecutionEnvironment.State before,
      ExecutionEnvironment.Cause cause,
      WorkerProcesses.Exit exit) {
    LOG.info(
        "environment={} function={} from={} to=ENDED cause={} exitCode={}",
        environment.id(),
        environment.revision().functionName(),
        before,
        cause == null ? "EXITED" : cause,
        exit.code().isPresent() ? exit.code().getAsInt() : exit.reason());
  }

  @Override
  public void close() {
    timers.shutdownNow();
  }
}

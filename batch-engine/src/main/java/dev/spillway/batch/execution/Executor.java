package dev.spillway.batch.execution;

import dev.spillway.batch.capacity.Instance;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs attempts. All calls return at once; what happens comes back as {@link ExecutionEvent}s, from
 * any thread, at least once each.
 *
 * <p>Errors: none are thrown for an attempt's own fate; a start that fails is a {@link
 * ExecutionEvent.StartFailed}.
 */
public interface Executor extends AutoCloseable {

  /** {@code docker}, {@code process} or {@code scripted}: shown in the ready line. */
  String kind();

  /**
   * How far attempts that ask for so much are kept apart from this host, for people; empty: as
   * containers are.
   */
  default Optional<String> isolation(long vcpuMillis, long memoryMib) {
    return Optional.empty();
  }

  /** Where events go. Called once, before anything else. */
  void listen(Consumer<ExecutionEvent> listener);

  /**
   * Compares the world with the store, once at start.
   *
   * <p>Of {@code running} (attempts that the store has as RUNNING): found ones are adopted, their
   * end is or will be reported; those not found give {@link ExecutionEvent.Lost}. Of {@code
   * starting}: found ones are adopted and {@link ExecutionEvent.Started} is reported; those not
   * found are returned, and the caller starts them (again). Anything else of ours that runs is an
   * orphan and is stopped and removed.
   *
   * @return attempts of {@code starting} that left no trace
   */
  Set<AttemptId> recover(Set<AttemptId> starting, Set<AttemptId> running);

  /** Starts an attempt; harmless when it is started already. */
  void start(Attempt attempt);

  /** Likewise, on a registered host. */
  default void start(Attempt attempt, Instance host) {
    throw new IllegalStateException("attempts run on this host only");
  }

  /** Where the attempts write that it will be asked to look for; told before {@link #recover}. */
  default void logs(Map<AttemptId, Path> files) {}

  /** Which attempts run on registered hosts; told before {@link #recover}. */
  default void onHosts(Map<AttemptId, Instance> attempts) {}

  /** The address at which other containers reach one that runs; empty when it has none. */
  default Optional<String> address(AttemptId attempt) {
    return Optional.empty();
  }

  /** Asks it to end: SIGTERM, {@code grace}, SIGKILL. Harmless when it has ended. */
  void stop(AttemptId attempt, Duration grace);

  /** Its end is on disk: the container, exit record and scratch space may go. */
  void forget(AttemptId attempt);

  /** Likewise, all that the containers of an attempt shared. */
  default void forgetTask(AttemptId task) {}

  /** Leaves what runs running. */
  @Override
  void close();
}

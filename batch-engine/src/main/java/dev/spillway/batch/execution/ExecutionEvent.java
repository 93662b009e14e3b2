package dev.spillway.batch.execution;

import dev.spillway.batch.job.ContainerEnd;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What an executor saw of an attempt. */
public sealed interface ExecutionEvent {

  AttemptId attempt();

  Instant at();

  /**
   * The container or process is up.
   *
   * @param handle container id, or process id as text
   */
  record Started(AttemptId attempt, String handle, Instant at) implements ExecutionEvent {}

  /**
   * It ran and ended.
   *
   * @param exitCode 128 + signal when a signal ended it; empty when it could not be learnt
   * @param reason container reason in AWS's words, for example {@code OutOfMemoryError: Container
   *     killed due to memory usage}
   * @param containers each of them, where there are several
   */
  record Exited(
      AttemptId attempt,
      OptionalInt exitCode,
      Optional<String> reason,
      Instant at,
      List<ContainerEnd> containers)
      implements ExecutionEvent {

    /** Of one container. */
    public Exited(AttemptId attempt, OptionalInt exitCode, Optional<String> reason, Instant at) {
      this(attempt, exitCode, reason, at, List.of());
    }
  }

  /**
   * It never ran.
   *
   * @param reason container reason in AWS's words, for example {@code CannotPullContainerError:
   *     ...}
   */
  record StartFailed(AttemptId attempt, String reason, Instant at) implements ExecutionEvent {}

  /** It ran when last seen and cannot be found any more: its host is gone. */
  record Lost(AttemptId attempt, Instant at) implements ExecutionEvent {}
}

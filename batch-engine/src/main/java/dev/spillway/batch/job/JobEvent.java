package dev.spillway.batch.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What can happen to a job. */
public sealed interface JobEvent {

  Instant at();

  /** Its dependencies were looked at; {@code waitingFor} are those that have not ended. */
  record Evaluated(List<String> waitingFor, Instant at) implements JobEvent {}

  /** Likewise, of an array; dependencies of single children do not count. */
  record ArrayEvaluated(List<String> waitingFor, Instant at) implements JobEvent {}

  record DependencySucceeded(String jobId, Instant at) implements JobEvent {}

  record DependencyFailed(String jobId, Instant at) implements JobEvent {}

  /** CancelJob was accepted. */
  record CancelRequested(String reason, Instant at) implements JobEvent {}

  /** TerminateJob was accepted. */
  record TerminateRequested(String reason, Instant at) implements JobEvent {}

  record Placed(Placement on) implements JobEvent {
    @Override
    public Instant at() {
      return on.placedAt();
    }
  }

  /** The container is up. */
  record Started(Instant at) implements JobEvent {}

  /** The container ended; {@code reason} is the container's. */
  record Exited(
      OptionalInt exitCode, Optional<String> reason, Instant at, List<ContainerEnd> containers)
      implements JobEvent {

    /** Of one container. */
    public Exited(OptionalInt exitCode, Optional<String> reason, Instant at) {
      this(exitCode, reason, at, List.of());
    }
  }

  /** The container never came up. */
  record StartFailed(String reason, Instant at) implements JobEvent {}

  /** The host of the attempt is gone. */
  record HostLost(Instant at) implements JobEvent {}

  /** The attempt was a task of Fargate Spot, which took it back. */
  record SpotTaskInterrupted(Instant at) implements JobEvent {}

  /** The record of a child moved. */
  record ChildMoved(int index, ChildStatus to, Instant at) implements JobEvent {}

  /** What these children waited for is there. */
  record ChildrenReady(ChildIndexes indexes, Instant at) implements JobEvent {}

  /** Those of these children that wait, and have never started, end. */
  record ChildrenGone(ChildIndexes indexes, String reason, Instant at) implements JobEvent {}

  /** The last child of an array has ended. */
  record ChildrenEnded(boolean allSucceeded, Instant at) implements JobEvent {}

  /** The attempt ran for {@code attemptDurationSeconds}. */
  record TimedOut(Instant at) implements JobEvent {}
}

package dev.spillway.batch.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where one job is in the AWS Batch life cycle; holds what is true there and nothing else.
 *
 * <p>Units: attempts count from 1. <br>
 * Source: AWS Batch user guide, job states.
 */
public sealed interface JobState {

  /** The word on the wire. */
  default JobStatus status() {
    return switch (this) {
      case Submitted _ -> JobStatus.SUBMITTED;
      case Pending _, Fanned _ -> JobStatus.PENDING;
      case Runnable _ -> JobStatus.RUNNABLE;
      case Starting _ -> JobStatus.STARTING;
      case Running _ -> JobStatus.RUNNING;
      case Succeeded _ -> JobStatus.SUCCEEDED;
      case Failed _ -> JobStatus.FAILED;
    };
  }

  /** Accepted, its dependencies not yet looked at. */
  record Submitted() implements JobState {}

  /**
   * Waits for other jobs.
   *
   * @param waitingFor ids of the jobs that have not ended, never empty
   * @param stop a cancel or terminate that takes effect when the dependencies are done
   * @param array it is the parent of an array
   */
  record Pending(List<String> waitingFor, Optional<Stop> stop, boolean array) implements JobState {}

  /**
   * An array whose children live; what it depends on as a whole has ended.
   *
   * @param stop a cancel or terminate that its children were told
   */
  record Fanned(Optional<Stop> stop) implements JobState {}

  /**
   * Waits for a place.
   *
   * @param attempt the number that the next attempt gets
   */
  record Runnable(int attempt, Instant since) implements JobState {}

  /** Placed; its container is being made. */
  record Starting(int attempt, Placement on, Optional<Stop> stop) implements JobState {}

  /** Its container is up. */
  record Running(int attempt, Placement on, Instant startedAt, Optional<Stop> stop)
      implements JobState {}

  /**
   * Ended well, for ever.
   *
   * @param statusReason empty for an array
   */
  record Succeeded(int attempts, Optional<String> statusReason, Instant stoppedAt)
      implements JobState {}

  /** Ended otherwise, for ever. */
  record Failed(int attempts, String statusReason, Instant stoppedAt) implements JobState {}
}

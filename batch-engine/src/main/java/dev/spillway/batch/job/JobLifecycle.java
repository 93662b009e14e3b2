package dev.spillway.batch.job;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Every move that a job can make. No other code makes one.
 *
 * <p>Shape: pure. <br>
 * Errors: {@link IllegalTransitionException} names state and event; the table in
 * docs/life-of-a-job.md lists every pair. <br>
 * Source: AWS Batch user guide, job states, job retries, job timeouts; API CancelJob, TerminateJob.
 */
public final class JobLifecycle {
  public static final String CONTAINER_EXITED = "Essential container in task exited";
  public static final String START_FAILED = "Task failed to start";
  public static final String DEPENDENCY_FAILED = "Dependent Job failed";
  public static final String ARRAY_FAILED = "Array Child Job failed";
  public static final String SPOT_TASK_INTERRUPTED = "Your Spot Task was interrupted.";

  /** 128 + SIGKILL. */
  private static final int KILLED = 137;

  public static final String TIMED_OUT = "Job attempt duration exceeded timeout";

  private JobLifecycle() {}

  /** Where {@code event} takes a job that is in {@code state}. */
  public static JobState next(JobState state, JobEvent event, RetryRules retry) {
    return switch (state) {
      case JobState.Submitted _ -> fromSubmitted(state, event);
      case JobState.Pending pending -> fromPending(pending, event);
      case JobState.Fanned fanned -> fromFanned(fanned, event);
      case JobState.Runnable runnable -> fromRunnable(runnable, event);
      case JobState.Starting starting -> fromStarting(starting, event, retry);
      case JobState.Running running -> fromRunning(running, event, retry);
      case JobState.Succeeded _, JobState.Failed _ -> fromTerminal(state, event);
    };
  }

  private static JobState fromSubmitted(JobState state, JobEvent event) {
    return switch (event) {
      case JobEvent.Evaluated(List<String> waitingFor, Instant at) ->
          waitingFor.isEmpty()
              ? new JobState.Runnable(1, at)
              : new JobState.Pending(List.copyOf(waitingFor), Optional.empty(), false);
      case JobEvent.ArrayEvaluated(List<String> waitingFor, _) ->
          waitingFor.isEmpty()
              ? new JobState.Fanned(Optional.empty())
              : new JobState.Pending(List.copyOf(waitingFor), Optional.empty(), true);
      case JobEvent.DependencyFailed(_, Instant at) ->
          new JobState.Failed(0, DEPENDENCY_FAILED, at);
      case JobEvent.CancelRequested(String reason, Instant at) ->
          new JobState.Failed(0, reason, at);
      case JobEvent.TerminateRequested(String reason, Instant at) ->
          new JobState.Failed(0, reason, at);
      // Each child depended on one that had failed already.
      case JobEvent.ChildrenEnded(_, Instant at) -> new JobState.Failed(0, ARRAY_FAILED, at);
      case JobEvent other -> throw new IllegalTransitionException(state, other);
    };
  }

  private static JobState fromPending(JobState.Pending pending, JobEvent event) {
    return switch (event) {
      case JobEvent.DependencySucceeded(String jobId, Instant at) -> {
        List<String> left = pending.waitingFor().stream().filter(id -> !id.equals(jobId)).toList();
        if (!left.isEmpty()) {
          yield new JobState.Pending(left, pending.stop(), pending.array());
        }
        if (pending.stop().isPresent()) {
          yield new JobState.Failed(0, pending.stop().get().reason(), at);
        }
        yield pending.array()
            ? new JobState.Fanned(Optional.empty())
            : new JobState.Runnable(1, at);
      }
      case JobEvent.DependencyFailed(_, Instant at) ->
          new JobState.Failed(0, pending.stop().map(Stop::reason).orElse(DEPENDENCY_FAILED), at);
      case JobEvent.CancelRequested(String reason, _) ->
          stopping(pending, Stop.Cause.CANCELLED, reason);
      case JobEvent.TerminateRequested(String reason, _) ->
          stopping(pending, Stop.Cause.TERMINATED, reason);
      case JobEvent.ChildrenEnded(_, Instant at) when pending.array() ->
          new JobState.Failed(0, pending.stop().map(Stop::reason).orElse(ARRAY_FAILED), at);
      case JobEvent other -> throw new IllegalTransitionException(pending, other);
    };
  }

  /** Its children are told of a cancel or terminate; the parent ends when the last of them has. */
  private static JobState fromFanned(JobState.Fanned fanned, JobEvent event) {
    return switch (event) {
      case JobEvent.CancelRequested(String reason, _) ->
          new JobState.Fanned(first(fanned.stop(), Stop.Cause.CANCELLED, reason));
      case JobEvent.TerminateRequested(String reason, _) ->
          new JobState.Fanned(first(fanned.stop(), Stop.Cause.TERMINATED, reason));
      case JobEvent.ChildrenEnded(boolean allSucceeded, Instant at) ->
          allSucceeded
              ? new JobState.Succeeded(0, Optional.empty(), at)
              : new JobState.Failed(0, fanned.stop().map(Stop::reason).orElse(ARRAY_FAILED), at);
      case JobEvent other -> throw new IllegalTransitionException(fanned, other);
    };
  }

  private static JobState fromRunnable(JobState.Runnable runnable, JobEvent event) {
    int used = runnable.attempt() - 1;
    return switch (event) {
      case JobEvent.Placed(Placement on) ->
          new JobState.Starting(runnable.attempt(), on, Optional.empty());
      case JobEvent.CancelRequested(String reason, Instant at) ->
          new JobState.Failed(used, reason, at);
      case JobEvent.TerminateRequested(String reason, Instant at) ->
          new JobState.Failed(used, reason, at);
      case JobEvent other -> throw new IllegalTransitionException(runnable, other);
    };
  }

  private static JobState fromStarting(
      JobState.Starting starting, JobEvent event, RetryRules retry) {
    return switch (event) {
      case JobEvent.Started(Instant at) ->
          new JobState.Running(starting.attempt(), starting.on(), at, starting.stop());
      case JobEvent.CancelRequested _ -> starting;
      case JobEvent.TerminateRequested(String reason, _) ->
          new JobState.Starting(
              starting.attempt(),
              starting.on(),
              first(starting.stop(), Stop.Cause.TERMINATED, reason));
      case JobEvent.Exited _,
          JobEvent.StartFailed _,
          JobEvent.HostLost _,
          JobEvent.SpotTaskInterrupted _ ->
          ended(starting.attempt(), starting.stop(), endOf(starting, event), retry);
      case JobEvent other -> throw new IllegalTransitionException(starting, other);
    };
  }

  private static JobState fromRunning(JobState.Running running, JobEvent event, RetryRules retry) {
    return switch (event) {
      case JobEvent.CancelRequested _ -> running;
      case JobEvent.TerminateRequested(String reason, _) ->
          stopping(running, Stop.Cause.TERMINATED, reason);
      case JobEvent.TimedOut _ -> stopping(running, Stop.Cause.TIMED_OUT, TIMED_OUT);
      case JobEvent.Exited _, JobEvent.HostLost _, JobEvent.SpotTaskInterrupted _ ->
          ended(running.attempt(), running.stop(), endOf(running, event), retry);
      case JobEvent other -> throw new IllegalTransitionException(running, other);
    };
  }

  /** Cancel and terminate of an ended job succeed and change nothing. */
  private static JobState fromTerminal(JobState state, JobEvent event) {
    return switch (event) {
      case JobEvent.CancelRequested _, JobEvent.TerminateRequested _ -> state;
      case JobEvent other -> throw new IllegalTransitionException(state, other);
    };
  }

  /**
   * How the attempt in progress ends by {@code event}: what its record and the retry rules see.
   *
   * @throws IllegalTransitionException when the job has no attempt in progress, or the event ends
   *     none
   */
  public static AttemptEnd endOf(JobState state, JobEvent event) {
    Placement on;
    Optional<Stop> stop;
    switch (state) {
      case JobState.Starting starting -> {
        on = starting.on();
        stop = starting.stop();
      }
      case JobState.Running running -> {
        on = running.on();
        stop = running.stop();
      }
      case JobState other -> throw new IllegalTransitionException(other, event);
    }
    Optional<String> asked = stop.map(Stop::reason);
    return switch (event) {
      case JobEvent.Exited(
              OptionalInt exitCode,
              Optional<String> reason,
              Instant at,
              List<ContainerEnd> containers) ->
          new AttemptEnd(asked.orElse(CONTAINER_EXITED), reason, exitCode, at, containers);
      case JobEvent.StartFailed(String reason, Instant at) ->
          new AttemptEnd(asked.orElse(START_FAILED), Optional.of(reason), OptionalInt.empty(), at);
      case JobEvent.SpotTaskInterrupted(Instant at) ->
          new AttemptEnd(
              asked.orElse(SPOT_TASK_INTERRUPTED), Optional.empty(), OptionalInt.of(KILLED), at);
      case JobEvent.HostLost(Instant at) ->
          new AttemptEnd(
              asked.orElse("Host EC2 (instance %s) terminated.".formatted(on.instanceId())),
              Optional.empty(),
              OptionalInt.empty(),
              at);
      case JobEvent other -> throw new IllegalTransitionException(state, other);
    };
  }

  /** A stopped job fails whatever its exit code, and is never retried. */
  private static JobState ended(
      int attempt, Optional<Stop> stop, AttemptEnd end, RetryRules retry) {
    if (stop.isEmpty()) {
      if (end.exitCode().isPresent() && end.exitCode().getAsInt() == 0) {
        return new JobState.Succeeded(attempt, Optional.of(end.statusReason()), end.at());
      }
      if (retry.retries(attempt, end)) {
        return new JobState.Runnable(attempt + 1, end.at());
      }
    }
    return new JobState.Failed(attempt, end.statusReason(), end.at());
  }

  private static JobState stopping(JobState.Pending pending, Stop.Cause cause, String reason) {
    return new JobState.Pending(
        pending.waitingFor(), first(pending.stop(), cause, reason), pending.array());
  }

  private static JobState stopping(JobState.Running running, Stop.Cause cause, String reason) {
    return new JobState.Running(
        running.attempt(), running.on(), running.startedAt(), first(running.stop(), cause, reason));
  }

  /** The first request decides the reason; a later one changes nothing. */
  private static Optional<Stop> first(Optional<Stop> stop, Stop.Cause cause, String reason) {
    return stop.isPresent() ? stop : Optional.of(new Stop(cause, reason));
  }
}

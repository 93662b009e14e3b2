package dev.spillway.batch.job;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One job: what was asked for, where it is, and what was tried.
 *
 * @param order place in its queue; smaller goes first, a retried job gets one below all others
 * @param attempts the finished ones, oldest first
 * @param cancelled a cancel was accepted; says nothing of the end
 * @param terminated a terminate was accepted; says nothing of the end
 */
public record Job(
    JobSpec spec,
    JobState state,
    long order,
    List<AttemptRecord> attempts,
    boolean cancelled,
    boolean terminated) {

  public String id() {
    return spec.jobId();
  }

  public JobStatus status() {
    return state.status();
  }

  /** The job after {@code event}, with the attempt recorded that it may have ended. */
  public Job after(JobEvent event) {
    JobState next = JobLifecycle.next(state, event, spec.retry());
    boolean live = !state.status().terminal();
    boolean attemptEnded =
        inAttempt(state) && !inAttempt(next); // the only way out of an attempt is its end
    return new Job(
        spec,
        next,
        order,
        attemptEnded ? with(attempts, record(event)) : attempts,
        cancelled || (live && event instanceof JobEvent.CancelRequested && !inAttempt(state)),
        terminated || (live && event instanceof JobEvent.TerminateRequested));
  }

  /** The same job at another place of its queue. */
  public Job at(long newOrder) {
    return new Job(spec, state, newOrder, attempts, cancelled, terminated);
  }

  /** When the latest attempt came up. */
  public Optional<Instant> startedAt() {
    if (state instanceof JobState.Running running) {
      return Optional.of(running.startedAt());
    }
    return attempts.isEmpty() ? Optional.empty() : attempts.getLast().startedAt();
  }

  /** The number of the attempt in progress, or of the last one; 0 before the first. */
  public int attempt() {
    return switch (state) {
      case JobState.Submitted _, JobState.Pending _ -> 0;
      case JobState.Runnable(int next, _) -> next - 1;
      case JobState.Starting starting -> starting.attempt();
      case JobState.Running running -> running.attempt();
      case JobState.Succeeded succeeded -> succeeded.attempts();
      case JobState.Failed failed -> failed.attempts();
    };
  }

  /** Where an attempt is or was placed. */
  public Optional<Placement> placement(int attempt) {
    return switch (state) {
      case JobState.Starting s when s.attempt() == attempt -> Optional.of(s.on());
      case JobState.Running r when r.attempt() == attempt -> Optional.of(r.on());
      case JobState _ ->
          attempts.stream().filter(a -> a.number() == attempt).map(AttemptRecord::on).findFirst();
    };
  }

  private AttemptRecord record(JobEvent event) {
    return switch (state) {
      case JobState.Starting s ->
          new AttemptRecord(
              s.attempt(), s.on(), Optional.empty(), JobLifecycle.endOf(state, event));
      case JobState.Running r ->
          new AttemptRecord(
              r.attempt(), r.on(), Optional.of(r.startedAt()), JobLifecycle.endOf(state, event));
      case JobState other -> throw new IllegalTransitionException(other, event);
    };
  }

  private static boolean inAttempt(JobState state) {
    return state instanceof JobState.Starting || state instanceof JobState.Running;
  }

  private static <T> List<T> with(List<T> list, T last) {
    List<T> longer = new ArrayList<>(list);
    longer.add(last);
    return List.copyOf(longer);
  }
}

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
 * @param children of an array; they live and end within their parent
 */
public record Job(
    JobSpec spec,
    JobState state,
    long order,
    List<AttemptRecord> attempts,
    boolean cancelled,
    boolean terminated,
    Optional<ArrayChildren> children) {

  /** A job as it is when it is taken. */
  public static Job submitted(JobSpec spec, long order) {
    return new Job(
        spec,
        new JobState.Submitted(),
        order,
        List.of(),
        false,
        false,
        spec.parent().map(p -> ArrayChildren.pending(p.size(), spec.createdAt())));
  }

  public String id() {
    return spec.jobId();
  }

  public JobStatus status() {
    return state.status();
  }

  /** The job after {@code event}, with the attempt recorded that it may have ended. */
  public Job after(JobEvent event) {
    return switch (event) {
      case JobEvent.ChildMoved(int index, ChildStatus to, Instant at) ->
          with(at, fanned().with(index, to, at));
      case JobEvent.ChildrenReady(ChildIndexes indexes, Instant at) ->
          with(at, fanned().ready(indexes, at).children());
      case JobEvent.ChildrenGone(ChildIndexes indexes, String reason, Instant at) ->
          with(at, fanned().go(indexes, new ArrayChildren.Gone(reason, at)).children());
      case JobEvent other -> moved(other);
    };
  }

  private Job moved(JobEvent event) {
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
        terminated || (live && event instanceof JobEvent.TerminateRequested),
        next instanceof JobState.Failed(_, String reason, Instant at)
            ? children.map(c -> gone(c, reason, at))
            : children);
  }

  /** An array that fails as a whole takes with it those of its children that still wait. */
  private static ArrayChildren gone(ArrayChildren children, String reason, Instant at) {
    return children
        .go(ChildIndexes.range(0, children.size()), new ArrayChildren.Gone(reason, at))
        .children();
  }

  /** The last child to end takes its parent with it. */
  private Job with(Instant at, ArrayChildren next) {
    Job changed = new Job(spec, state, order, attempts, cancelled, terminated, Optional.of(next));
    return next.allEnded() && !state.status().terminal()
        ? changed.moved(
            new JobEvent.ChildrenEnded(next.count(JobStatus.SUCCEEDED) == next.size(), at))
        : changed;
  }

  private ArrayChildren fanned() {
    return children.orElseThrow(
        () -> new IllegalStateException("job " + id() + " is no parent of an array"));
  }

  /** True while children wait for a place that have not been tried yet. */
  public boolean hasRunnableChildren() {
    return children.isPresent() && children.get().count(ChildStatus.RUNNABLE) > 0;
  }

  /** A child that has no record of its own, as it stands. */
  public Job child(int index) {
    ArrayChildren all = fanned();
    JobSpec child = spec.child(index);
    return switch (all.status(index)) {
      case PENDING ->
          new Job(
              child,
              new JobState.Pending(List.of(), Optional.empty(), false),
              order,
              List.of(),
              false,
              false,
              Optional.empty());
      case RUNNABLE ->
          new Job(
              child,
              new JobState.Runnable(1, all.movedAt()),
              order,
              List.of(),
              false,
              false,
              Optional.empty());
      case GONE ->
          new Job(
              child,
              new JobState.Failed(0, all.gone(index).reason(), all.gone(index).at()),
              order,
              List.of(),
              cancelled,
              terminated,
              Optional.empty());
      case RUNNABLE_AGAIN, STARTING, RUNNING, SUCCEEDED, FAILED ->
          throw new IllegalStateException("child %d of %s has a record".formatted(index, id()));
    };
  }

  /** What its record says of a child, when the child has one. */
  public ChildStatus asChild() {
    return ChildStatus.of(this);
  }

  /** The same job with the children as they are at another time. */
  public Job with(Optional<ArrayChildren> its) {
    return new Job(spec, state, order, attempts, cancelled, terminated, its);
  }

  /** The same job at another place of its queue. */
  public Job at(long newOrder) {
    return new Job(spec, state, newOrder, attempts, cancelled, terminated, children);
  }

  /** When the latest attempt came up. */
  public Optional<Instant> startedAt() {
    if (state instanceof JobState.Running running) {
      return Optional.of(running.startedAt());
    }
    if (children.isPresent()) {
      return children.get().startedAt();
    }
    return attempts.isEmpty() ? Optional.empty() : attempts.getLast().startedAt();
  }

  /** Why it is as it is, once it has ended. */
  public Optional<String> statusReason() {
    return switch (state) {
      case JobState.Succeeded s -> s.statusReason();
      case JobState.Failed f -> Optional.of(f.statusReason());
      case JobState _ -> Optional.empty();
    };
  }

  /** When it ended. */
  public Optional<Instant> stoppedAt() {
    return switch (state) {
      case JobState.Succeeded s -> Optional.of(s.stoppedAt());
      case JobState.Failed f -> Optional.of(f.stoppedAt());
      case JobState _ -> Optional.empty();
    };
  }

  /** The number of the attempt in progress, or of the last one; 0 before the first. */
  public int attempt() {
    return switch (state) {
      case JobState.Submitted _, JobState.Pending _, JobState.Fanned _ -> 0;
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

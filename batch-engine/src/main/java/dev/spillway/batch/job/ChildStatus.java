package dev.spillway.batch.job;

/**
 * Where a child of an array job is. Those that wait for the first time, and those that ended before
 * they ever started, exist as a few bits only; the others have a record of their own.
 */
public enum ChildStatus {
  PENDING(JobStatus.PENDING, false),
  RUNNABLE(JobStatus.RUNNABLE, false),
  /** A retry: it has been tried, and waits for a place again. */
  RUNNABLE_AGAIN(JobStatus.RUNNABLE, true),
  STARTING(JobStatus.STARTING, true),
  RUNNING(JobStatus.RUNNING, true),
  SUCCEEDED(JobStatus.SUCCEEDED, true),
  FAILED(JobStatus.FAILED, true),
  /** Ended together with others before it started; {@link ArrayChildren.Gone} says why. */
  GONE(JobStatus.FAILED, false);

  private final JobStatus wire;
  private final boolean recorded;

  ChildStatus(JobStatus wire, boolean recorded) {
    this.wire = wire;
    this.recorded = recorded;
  }

  /** The word on the wire. */
  public JobStatus wire() {
    return wire;
  }

  /** True when the child has a record of its own. */
  public boolean recorded() {
    return recorded;
  }

  public boolean ended() {
    return wire.terminal();
  }

  /** Of a child that has a record. */
  static ChildStatus of(Job child) {
    return switch (child.state()) {
      case JobState.Runnable _ -> RUNNABLE_AGAIN;
      case JobState.Starting _ -> STARTING;
      case JobState.Running _ -> RUNNING;
      case JobState.Succeeded _ -> SUCCEEDED;
      case JobState.Failed _ -> FAILED;
      case JobState.Submitted _, JobState.Pending _, JobState.Fanned _ ->
          throw new IllegalStateException("a child has no record while it is " + child.state());
    };
  }
}

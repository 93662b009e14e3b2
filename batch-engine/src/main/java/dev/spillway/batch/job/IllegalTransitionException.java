package dev.spillway.batch.job;

/** A move that the life cycle does not have: always our own fault, never a caller's. */
public final class IllegalTransitionException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  IllegalTransitionException(JobState state, JobEvent event) {
    super("A job that is %s cannot take %s".formatted(state, event));
  }
}

package dev.spillway.batch.job;

/**
 * Why a job has to end although nothing in it failed.
 *
 * @param reason becomes {@code statusReason}
 */
public record Stop(Cause cause, String reason) {

  /** What asked for it. Source: CancelJob, TerminateJob, JobTimeout. */
  public enum Cause {
    CANCELLED,
    TERMINATED,
    TIMED_OUT
  }
}

package dev.spillway.batch.job;

/**
 * A job that another one waits for.
 *
 * @param jobId of a job, an array, or one child of an array
 * @param nToN each child of the array waits for the child of the same index only
 */
public record Dependency(String jobId, boolean nToN) {

  public static Dependency on(String jobId) {
    return new Dependency(jobId, false);
  }
}

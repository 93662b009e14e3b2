package dev.spillway.batch.execution;

/**
 * Names one attempt of one job. Containers, processes, logs and exit records carry it, so that
 * starting the same attempt twice is harmless.
 *
 * @param jobId AWS Batch job id; a child of an array is {@code parent:index}
 * @param number counts from 1
 */
public record AttemptId(String jobId, int number) {

  @Override
  public int hashCode() {
    return jobId.hashCode() * 31 + number;
  }

  @Override
  public String toString() {
    return jobId + "/" + number;
  }

  /** Reads what {@link #toString} wrote. */
  public static AttemptId parse(String text) {
    int slash = text.lastIndexOf('/');
    return new AttemptId(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
  }
}

package dev.spillway.batch.job;

/** AWS Batch's seven words. Source: API 2016-08-10, JobStatus. */
public enum JobStatus {
  SUBMITTED,
  PENDING,
  RUNNABLE,
  STARTING,
  RUNNING,
  SUCCEEDED,
  FAILED;

  public boolean terminal() {
    return this == SUCCEEDED || this == FAILED;
  }
}

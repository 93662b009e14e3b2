package dev.spillway.dispatch.fallback;

/**
 * The status of a task, in Batch's seven words. A task passes SUBMITTED inside the submit: its
 * first answer says PENDING or RUNNABLE.
 */
public enum TaskStatus {
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

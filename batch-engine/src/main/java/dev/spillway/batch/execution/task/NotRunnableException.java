package dev.spillway.batch.execution.task;

/** No runner here can run a job as it was asked for; the message is the container's reason. */
public final class NotRunnableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NotRunnableException(String reason) {
    super(reason);
  }
}

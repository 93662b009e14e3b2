package dev.spillway.batch.events;

import dev.spillway.batch.job.Job;
import java.time.Instant;

/**
 * One event of one job.
 *
 * @param sequence gapless over all events of the engine
 * @param job as it was then
 * @param statusReason why the head of a queue is blocked; null in a state change
 */
public record BatchEvent(long sequence, Type type, Job job, String statusReason, Instant at) {

  /** Source: user guide, EventBridge events. */
  public enum Type {
    JOB_STATE_CHANGE("Batch Job State Change"),
    QUEUE_BLOCKED("Batch Job Queue Blocked");

    private final String detailType;

    Type(String detailType) {
      this.detailType = detailType;
    }

    public String detailType() {
      return detailType;
    }
  }
}

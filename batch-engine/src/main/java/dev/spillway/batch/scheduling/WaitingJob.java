package dev.spillway.batch.scheduling;

import java.time.Instant;

/**
 * A job that waits for a place.
 *
 * @param priority within its share, higher first
 * @param order of those with the same priority, smaller first
 */
public record WaitingJob(String jobId, int priority, long order, Instant since) {

  boolean before(WaitingJob other) {
    if (priority != other.priority) {
      return priority > other.priority;
    }
    return order != other.order ? order < other.order : jobId.compareTo(other.jobId) < 0;
  }
}

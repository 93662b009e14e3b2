package dev.spillway.batch.engine;

import dev.spillway.batch.job.ChildIndexes;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobStatus;
import java.time.Instant;

/**
 * What happened, and who outside may want to know: written in the transaction that made it so, told
 * after that.
 */
public sealed interface OutboxEvent {

  /** Gapless over all events of the engine; of the first one where this stands for several. */
  long sequence();

  /** How many events this stands for, numbered without a gap. */
  default int span() {
    return 1;
  }

  Instant at();

  /** A job, or a child that has a record, got another status; {@code job} is as it was then. */
  record JobStateChange(long sequence, Job job, Instant at) implements OutboxEvent {

    public String jobId() {
      return job.id();
    }

    public String jobName() {
      return job.spec().jobName();
    }

    public JobStatus status() {
      return job.status();
    }
  }

  /** Children without a record got another status, all the same. */
  record ChildStateChanges(
      long sequence, Job parent, ChildIndexes indexes, JobStatus status, Instant at)
      implements OutboxEvent {

    @Override
    public int span() {
      return indexes.count();
    }
  }

  /**
   * The head of a queue was found blocked.
   *
   * @param reason in AWS's words
   */
  record QueueBlocked(long sequence, Job job, String reason, Instant at) implements OutboxEvent {}
}

package dev.spillway.batch.engine;

import dev.spillway.batch.job.JobStatus;
import java.time.Instant;

/**
 * One move of one job, told after it is on disk.
 *
 * @param sequence gapless, rising by one over all jobs of the engine
 */
public record JobStateChange(
    long sequence,
    String jobId,
    String jobName,
    String jobQueueArn,
    JobStatus status,
    Instant at) {}

package dev.spillway.batch.scheduling;

import dev.spillway.batch.job.JobSpec;
import java.time.Instant;

/** A job that waits for a place, what it needs, and since when it waits. */
public record WaitingJob(String jobId, JobSpec.Needs needs, Instant since) {}

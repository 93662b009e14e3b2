package dev.spillway.batch.engine;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;

/** What must be done outside, once the decision is on disk. Never stored: worked out again. */
public sealed interface Effect {

  /** Start the attempt that the job is STARTING. */
  record Start(Job job) implements Effect {}

  record Stop(AttemptId attempt) implements Effect {}

  /** Its end is on disk. */
  record Forget(AttemptId attempt) implements Effect {}
}

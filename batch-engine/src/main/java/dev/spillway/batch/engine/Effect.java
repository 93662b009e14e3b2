package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import java.time.Duration;
import java.util.Optional;

/** What must be done outside, once the decision is on disk. Never stored: worked out again. */
public sealed interface Effect {

  /** Start the attempt that the job is STARTING. */
  record Start(Job job) implements Effect {}

  /** Likewise, on a registered host. */
  record StartOn(Job job, Instance host) implements Effect {}

  /** {@code grace} between SIGTERM and SIGKILL; empty for the usual one. */
  record Stop(AttemptId attempt, Optional<Duration> grace) implements Effect {
    Stop(AttemptId attempt) {
      this(attempt, Optional.empty());
    }
  }

  /** Its end is on disk. */
  record Forget(AttemptId attempt) implements Effect {}

  /** Make that instance; it is LAUNCHING. */
  record Launch(Instance instance) implements Effect {}

  /** End it. */
  record Terminate(Instance instance) implements Effect {}
}

package dev.spillway.batch.engine;

import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.util.List;

/** What the store has that lives. */
public record Loaded(
    List<ComputeEnvironment> computeEnvironments,
    List<JobQueue> jobQueues,
    List<JobDefinition> jobDefinitions,
    List<Job> liveJobs,
    Step.Counters counters) {

  /** A store with nothing in it. */
  public static final Loaded NOTHING =
      new Loaded(List.of(), List.of(), List.of(), List.of(), new Step.Counters(0, 0));
}

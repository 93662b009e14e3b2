package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.util.List;

/** What the store has that lives. */
public record Loaded(
    Resources resources, List<Job> liveJobs, List<Blocked> blocked, Step.Counters counters) {

  /** All that is no job. */
  public record Resources(
      List<ComputeEnvironment> computeEnvironments,
      List<JobQueue> jobQueues,
      List<JobDefinition> jobDefinitions,
      List<SchedulingPolicy> schedulingPolicies,
      List<ConsumableResource> consumableResources,
      List<Instance> instances) {
    static final Resources NONE =
        new Resources(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
  }

  /** The last time that the head of a queue was told to be blocked. */
  public record Blocked(String jobQueue, Step.Waiting head) {}

  /** A store with nothing in it. */
  public static final Loaded NOTHING =
      new Loaded(Resources.NONE, List.of(), List.of(), new Step.Counters(0, 0));
}

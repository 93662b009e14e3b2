package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;

/** What happened. The only thing that changes the engine's state, its view and the store. */
public sealed interface Event {

  record JobAdded(Job job, JobDetail detail) implements Event {}

  /** A child of an array got a record of its own. */
  record ChildAdded(Job child) implements Event {}

  record JobChanged(Job before, Job after) implements Event {}

  /** {@code tags} as a JSON object. */
  record JobTagged(String jobId, String tags) implements Event {}

  record ComputeEnvironmentPut(ComputeEnvironment environment) implements Event {}

  record ComputeEnvironmentRemoved(String name) implements Event {}

  record JobQueuePut(JobQueue queue) implements Event {}

  record JobQueueRemoved(String name) implements Event {}

  record JobDefinitionPut(JobDefinition definition) implements Event {}

  record SchedulingPolicyPut(SchedulingPolicy policy) implements Event {}

  record SchedulingPolicyRemoved(String name) implements Event {}

  record ConsumableResourcePut(ConsumableResource resource) implements Event {}

  record ConsumableResourceRemoved(String name) implements Event {}

  record InstancePut(Instance instance) implements Event {}

  record InstanceRemoved(Instance instance) implements Event {}

  /** Something came to its end that is paid for. */
  record Charged(Charge charge) implements Event {}

  /** A job that was placed waits for room on this host. Follows from the jobs; not stored. */
  record SlotAwaited(String jobId) implements Event {}

  /** It has it, or needs it no more. Follows from the jobs; not stored. */
  record SlotGiven(String jobId) implements Event {}
}

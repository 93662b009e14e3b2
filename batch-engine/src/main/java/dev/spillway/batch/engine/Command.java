package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a caller, or an executor, asks of the engine. */
public sealed interface Command {

  /**
   * Takes a job.
   *
   * @param endedDependencies dependencies that the store has as ended, by their ids
   * @param readAt version of the view that was current before the store was read
   */
  record SubmitJob(JobSpec spec, JobDetail detail, Map<String, Job> endedDependencies, long readAt)
      implements Command {}

  record CancelJob(String jobId, String reason) implements Command {}

  record TerminateJob(String jobId, String reason) implements Command {}

  /** Puts all tags of a job, a JSON object. */
  record TagJob(String jobId, String tags) implements Command {}

  /** What stands at the front of a queue, in the order it will be served. */
  record LookAtQueue(String jobQueue, int most) implements Command {}

  /** An executor saw something. */
  record AttemptSeen(ExecutionEvent event) implements Command {}

  /** At a start: of the attempts that are STARTING, these left no trace. */
  record Recovered(Set<AttemptId> noTrace) implements Command {}

  /** A provider saw something. */
  record InstanceSeen(CapacityEvent event) implements Command {}

  /**
   * Takes a Spot instance away, as the market would; or, by its job's id, a task of Fargate Spot.
   *
   * @param notice until it ends; empty for the usual one
   */
  record ReclaimInstance(String instanceId, Optional<Duration> notice) implements Command {}

  /** Registers a host of an unmanaged environment. */
  record AddHost(Instance host) implements Command {}

  /**
   * It takes no more jobs, and goes when its last one has ended.
   *
   * @param now they do not get that long: they are lost
   */
  record RemoveHost(String instanceId, boolean now) implements Command {}

  record CreateComputeEnvironment(ComputeEnvironment environment) implements Command {}

  /**
   * Puts a changed record, if it is still at {@code fromVersion}.
   *
   * @param replaces its instances are not as it says any more
   * @param desiredVcpus launched at once, if they are not there
   */
  record UpdateComputeEnvironment(
      long fromVersion,
      ComputeEnvironment environment,
      boolean replaces,
      Optional<Integer> desiredVcpus)
      implements Command {}

  record DeleteComputeEnvironment(String name) implements Command {}

  record CreateJobQueue(JobQueue queue) implements Command {}

  /** Puts a changed record, if it is still at {@code fromVersion}. */
  record UpdateJobQueue(long fromVersion, JobQueue queue) implements Command {}

  record DeleteJobQueue(String name) implements Command {}

  /** Takes a job definition; its revision is given by the engine. */
  record RegisterJobDefinition(JobDefinition definition) implements Command {}

  record DeregisterJobDefinition(String name, int revision) implements Command {}

  /** Puts the tags of a definition, if it still has those it was made from. */
  record TagJobDefinition(JobDefinition before, JobDefinition after) implements Command {}

  record CreateSchedulingPolicy(SchedulingPolicy policy) implements Command {}

  /** Puts a changed record, if it is still at {@code fromVersion}. */
  record UpdateSchedulingPolicy(long fromVersion, SchedulingPolicy policy) implements Command {}

  record DeleteSchedulingPolicy(String name) implements Command {}

  record CreateConsumableResource(ConsumableResource resource) implements Command {}

  /** Puts a changed record, if it is still at {@code fromVersion}. */
  record UpdateConsumableResource(long fromVersion, ConsumableResource resource)
      implements Command {}

  record DeleteConsumableResource(String name) implements Command {}
}

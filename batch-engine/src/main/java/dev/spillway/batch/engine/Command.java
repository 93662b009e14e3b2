package dev.spillway.batch.engine;

import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.execution.ExecutionEvent;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import java.util.Map;

/** What a caller, or an executor, asks of the engine. */
public sealed interface Command {

  /**
   * Takes a job.
   *
   * @param endedDependencies dependencies that the store has as ended
   * @param readAt version of the view that was current before the store was read
   */
  record SubmitJob(JobSpec spec, Map<String, JobStatus> endedDependencies, long readAt)
      implements Command {}

  record CancelJob(String jobId, String reason) implements Command {}

  record TerminateJob(String jobId, String reason) implements Command {}

  /** An executor saw something. */
  record AttemptSeen(ExecutionEvent event) implements Command {}

  record CreateComputeEnvironment(ComputeEnvironment environment) implements Command {}

  /** Puts a changed record, if it is still at {@code fromVersion}. */
  record UpdateComputeEnvironment(long fromVersion, ComputeEnvironment environment)
      implements Command {}

  record DeleteComputeEnvironment(String name) implements Command {}

  record CreateJobQueue(JobQueue queue) implements Command {}

  /** Puts a changed record, if it is still at {@code fromVersion}. */
  record UpdateJobQueue(long fromVersion, JobQueue queue) implements Command {}

  record DeleteJobQueue(String name) implements Command {}

  /** Takes a job definition; its revision is given by the engine. */
  record RegisterJobDefinition(JobDefinition definition) implements Command {}

  record DeregisterJobDefinition(String name, int revision) implements Command {}
}

package dev.spillway.batch.engine;

import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;

/** What happened. The only thing that changes the engine's state, its view and the store. */
public sealed interface Event {

  record JobAdded(Job job) implements Event {}

  record JobChanged(Job before, Job after) implements Event {}

  record ComputeEnvironmentPut(ComputeEnvironment environment) implements Event {}

  record ComputeEnvironmentRemoved(String name) implements Event {}

  record JobQueuePut(JobQueue queue) implements Event {}

  record JobQueueRemoved(String name) implements Event {}

  record JobDefinitionPut(JobDefinition definition) implements Event {}
}

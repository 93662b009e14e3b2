package dev.spillway.batch.engine;

import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.jobdefinition.JobDefinition;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Compute environments, job queues and job definitions: the checks that need the state, and the
 * changes. What can be checked on the request alone was checked before.
 *
 * <p>Source: AWS Batch API 2016-08-10 and the messages of the real service.
 */
final class ResourceCommands {
  private static final String TAKEN = "Object already exists";
  private static final String IN_TRANSITION = "Cannot delete, resource is being modified";

  private final EngineState state;
  private final Offers offers;
  private final CapacityCommands capacity;
  private boolean unsettled = true;

  ResourceCommands(EngineState state, Offers offers, CapacityCommands capacity) {
    this.state = state;
    this.offers = offers;
    this.capacity = capacity;
  }

  /** True when a resource is CREATING or DELETING and the next step ends that. */
  boolean unsettled() {
    return unsettled;
  }

  /** Ends what the step before began: CREATING becomes VALID, DELETING is gone. */
  void settle(Turn turn) {
    if (unsettled) {
      unsettled = false;
      for (ComputeEnvironment e : List.copyOf(state.computeEnvironments())) {
        switch (e.status()) {
          case CREATING -> turn.emit(new Event.ComputeEnvironmentPut(made(e)));
          case DELETING -> {
            capacity.end(e.name(), turn);
            turn.emit(new Event.ComputeEnvironmentRemoved(e.name()));
          }
          case VALID, UPDATING, INVALID -> {}
        }
      }
      for (JobQueue q : List.copyOf(state.jobQueues())) {
        if (q.status() == JobQueue.Status.CREATING) {
          turn.emit(new Event.JobQueuePut(q.in(JobQueue.Status.VALID)));
        }
      }
    }
  }

  private ComputeEnvironment made(ComputeEnvironment e) {
    if (!offers.any(e)) {
      return notOffered(e);
    }
    capacity.raise(e.name(), e.resources().desiredVcpus());
    return e.in(ComputeEnvironment.Status.VALID);
  }

  private static ComputeEnvironment notOffered(ComputeEnvironment e) {
    return e.invalid(
        "CLIENT_ERROR - The instance types %s are not offered here: name sizes or families of the instance catalogue, or optimal."
            .formatted(e.resources().instanceTypes()));
  }

  /** A queue that is DELETING goes with its last job. */
  void dropEmptyQueues(Turn turn) {
    for (JobQueue q : List.copyOf(state.jobQueues())) {
      if (q.status() == JobQueue.Status.DELETING && state.liveJobs(q.name()) == 0) {
        turn.emit(new Event.JobQueueRemoved(q.name()));
      }
    }
  }

  Outcome create(ComputeEnvironment environment, Turn turn) {
    if (state.computeEnvironment(environment.name()) != null) {
      return new Outcome.Refused(TAKEN);
    }
    unsettled = true;
    turn.emit(new Event.ComputeEnvironmentPut(environment));
    return new Outcome.Done();
  }

  Outcome update(Command.UpdateComputeEnvironment update, Turn turn) {
    ComputeEnvironment environment = update.environment();
    ComputeEnvironment now = state.computeEnvironment(environment.name());
    if (now == null || now.version() != update.fromVersion()) {
      return new Outcome.LookAgain();
    }
    turn.emit(
        new Event.ComputeEnvironmentPut(
            environment.works() && !offers.any(environment)
                ? notOffered(environment)
                : environment));
    if (update.replaces()) {
      capacity.replace(environment, turn);
    }
    update.desiredVcpus().ifPresent(vcpus -> capacity.raise(environment.name(), vcpus));
    return new Outcome.Done();
  }

  Outcome deleteComputeEnvironment(String name, Turn turn) {
    ComputeEnvironment environment = state.computeEnvironment(name);
    if (environment == null) {
      return new Outcome.Done();
    }
    if (environment.status() != ComputeEnvironment.Status.VALID
        && environment.status() != ComputeEnvironment.Status.INVALID) {
      return new Outcome.Refused(IN_TRANSITION);
    }
    if (environment.state() == ComputeEnvironment.State.ENABLED) {
      return new Outcome.Refused("Cannot delete, state must be DISABLED");
    }
    if (state.jobQueues().stream().anyMatch(q -> q.computeEnvironments().contains(name))) {
      return new Outcome.Refused("Cannot delete, found existing JobQueue relationship");
    }
    unsettled = true;
    turn.emit(new Event.ComputeEnvironmentPut(environment.in(ComputeEnvironment.Status.DELETING)));
    return new Outcome.Done();
  }

  Outcome create(JobQueue queue, Turn turn) {
    if (state.jobQueue(queue.name()) != null) {
      return new Outcome.Refused(TAKEN);
    }
    if (!attachable(queue)) {
      return notAttachable();
    }
    unsettled = true;
    turn.emit(new Event.JobQueuePut(queue));
    return new Outcome.Done();
  }

  Outcome update(long fromVersion, JobQueue queue, Turn turn) {
    JobQueue now = state.jobQueue(queue.name());
    if (now == null || now.version() != fromVersion) {
      return new Outcome.LookAgain();
    }
    if (!queue.computeEnvironments().equals(now.computeEnvironments()) && !attachable(queue)) {
      return notAttachable();
    }
    turn.emit(new Event.JobQueuePut(queue));
    return new Outcome.Done();
  }

  Outcome deleteJobQueue(String name, Turn turn) {
    JobQueue queue = state.jobQueue(name);
    if (queue == null) {
      return new Outcome.Done();
    }
    if (queue.status() != JobQueue.Status.VALID) {
      return new Outcome.Refused(IN_TRANSITION);
    }
    if (queue.state() == JobQueue.State.ENABLED) {
      return new Outcome.Refused("Cannot delete, state must be DISABLED");
    }
    turn.emit(new Event.JobQueuePut(queue.in(JobQueue.Status.DELETING)));
    String reason = "Job queue " + name + " was deleted.";
    for (Job job : state.jobsOf(name)) {
      Job current = state.job(job.id()); // the end of one job may have ended this one
      if (current != null) {
        turn.move(current, new JobEvent.TerminateRequested(reason, turn.now));
      }
    }
    return new Outcome.Done();
  }

  Outcome register(JobDefinition definition, Turn turn) {
    TreeMap<Integer, JobDefinition> revisions = state.revisions(definition.name());
    int revision = revisions.isEmpty() ? 1 : revisions.lastKey() + 1;
    turn.emit(new Event.JobDefinitionPut(definition.revision(revision)));
    return new Outcome.Registered(revision);
  }

  Outcome deregister(String name, int revision, Turn turn) {
    JobDefinition definition = state.revisions(name).get(revision);
    if (definition != null && definition.active()) {
      turn.emit(new Event.JobDefinitionPut(definition.inactive()));
    }
    return new Outcome.Done();
  }

  Outcome tag(JobDefinition was, JobDefinition is, Turn turn) {
    if (!was.equals(state.revisions(was.name()).get(was.revision()))) {
      return new Outcome.LookAgain();
    }
    turn.emit(new Event.JobDefinitionPut(is));
    return new Outcome.Done();
  }

  Outcome create(SchedulingPolicy policy, Turn turn) {
    if (state.schedulingPolicy(policy.name()) != null) {
      return new Outcome.Refused(TAKEN);
    }
    turn.emit(new Event.SchedulingPolicyPut(policy));
    return new Outcome.Done();
  }

  Outcome update(long fromVersion, SchedulingPolicy policy, Turn turn) {
    SchedulingPolicy now = state.schedulingPolicy(policy.name());
    if (now == null || now.version() != fromVersion) {
      return new Outcome.LookAgain();
    }
    turn.emit(new Event.SchedulingPolicyPut(policy));
    return new Outcome.Done();
  }

  Outcome deleteSchedulingPolicy(String name, Turn turn) {
    if (state.schedulingPolicy(name) == null) {
      return new Outcome.Done();
    }
    for (JobQueue queue : state.jobQueues()) {
      if (queue.schedulingPolicy().equals(Optional.of(name))) {
        return new Outcome.Refused(
            "Cannot delete, scheduling policy %s is used by job queue %s; give that queue another one first."
                .formatted(name, queue.name()));
      }
    }
    turn.emit(new Event.SchedulingPolicyRemoved(name));
    return new Outcome.Done();
  }

  Outcome create(ConsumableResource resource, Turn turn) {
    if (state.consumableResource(resource.name()) != null) {
      return new Outcome.Refused(TAKEN);
    }
    turn.emit(new Event.ConsumableResourcePut(resource));
    return new Outcome.Done();
  }

  Outcome update(long fromVersion, ConsumableResource resource, Turn turn) {
    ConsumableResource now = state.consumableResource(resource.name());
    if (now == null || now.version() != fromVersion) {
      return new Outcome.LookAgain();
    }
    turn.emit(new Event.ConsumableResourcePut(resource));
    return new Outcome.Done();
  }

  Outcome deleteConsumableResource(String name, Turn turn) {
    if (state.consumableResource(name) != null) {
      turn.emit(new Event.ConsumableResourceRemoved(name));
    }
    return new Outcome.Done();
  }

  private boolean attachable(JobQueue queue) {
    return queue.computeEnvironments().stream()
        .map(state::computeEnvironment)
        .allMatch(e -> e != null && e.works());
  }

  private static Outcome notAttachable() {
    return new Outcome.Refused(
        "Compute Environments must be created and valid before attaching them to a job queue");
  }
}

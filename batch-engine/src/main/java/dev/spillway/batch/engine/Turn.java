package dev.spillway.batch.engine;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.ChildIndexes;
import dev.spillway.batch.job.ConsumableNeed;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobDetail;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * One step in the making: everything that changes goes through {@link #emit} or {@link #move}. What
 * follows from a move is done one after the other, so that a long chain costs no stack.
 */
final class Turn {
  /** Container reason of an attempt that was asked to stop before this host had room for it. */
  static final String STOPPED_EARLY = "Stopped before it started";

  final Instant now;
  final List<Event> events = new ArrayList<>();
  final List<OutboxEvent> outbox = new ArrayList<>();
  final List<Effect> effects = new ArrayList<>();
  private final EngineState state;
  private final long version;
  private final Deque<Runnable> followUps = new ArrayDeque<>();
  private final ArrayMoves arrays;
  private final CapacityCommands capacity;
  private long sequence;
  private boolean running;

  Turn(EngineState state, CapacityCommands capacity, long version, long sequence, Instant now) {
    this.state = state;
    this.capacity = capacity;
    this.version = version;
    this.sequence = sequence;
    this.now = now;
    this.arrays = new ArrayMoves(state, this);
  }

  /** Of the last event in the outbox. */
  long sequence() {
    return sequence;
  }

  void emit(Event event) {
    state.apply(event, version);
    events.add(event);
  }

  /** Moves a job, and all that depend on it when it ends. */
  void move(Job job, JobEvent event) {
    then(() -> apply(job.id(), event));
    run();
  }

  /** Cancel or terminate of a job, or of a child that may not have a record. */
  void ask(String jobId, JobEvent event) {
    then(
        () -> {
          if (state.job(jobId) != null) {
            apply(jobId, event);
          } else {
            arrays.stopChild(jobId, event);
          }
        });
    run();
  }

  /** Takes a job that waits for what {@code on} says. */
  void add(Job job, JobDetail detail, DependsOn on) {
    emit(new Event.JobAdded(job, detail));
    if (on.failed().isPresent()) {
      move(job, new JobEvent.DependencyFailed(on.failed().get(), now));
      return;
    }
    if (job.children().isEmpty()) {
      move(job, new JobEvent.Evaluated(on.waitingFor(), now));
      return;
    }
    then(() -> arrays.go(job.id(), on.failedChildren(), now));
    then(() -> apply(job.id(), new JobEvent.ArrayEvaluated(on.waitingFor(), now)));
    run();
  }

  /** Gives a child that is RUNNABLE a record, so that it can be placed. */
  Job spawn(Job parent, int index) {
    return arrays.spawn(parent, index, now);
  }

  /** Done after what is being done now. */
  void then(Runnable followUp) {
    followUps.add(followUp);
  }

  private void run() {
    if (running) {
      return;
    }
    running = true;
    Runnable next;
    while ((next = followUps.poll()) != null) {
      next.run();
    }
    running = false;
  }

  /** A job that is not there any more was ended by another follow-up of this turn. */
  void apply(String jobId, JobEvent event) {
    Job before = state.job(jobId);
    if (before == null) {
      return;
    }
    Job after = before.after(event);
    if (after.state() instanceof JobState.Runnable && !after.attempts().isEmpty()) {
      after = after.at(state.nextFrontOrder());
    }
    if (after.equals(before)) {
      return;
    }
    List<String> dependents =
        after.status().terminal() ? state.links().dependentsOf(after.id()) : List.of();
    emit(new Event.JobChanged(before, after));
    tell(before, after, event.at());
    arrays.follow(before, after, event);
    for (String dependent : dependents) {
      JobEvent end = dependencyEnd(after, event.at());
      then(() -> apply(dependent, end));
    }
  }

  /** The lines of the outbox for a move, and what has to be done outside. */
  private void tell(Job before, Job after, Instant at) {
    if (before.status() != after.status()) {
      told(after, at);
    }
    if (after.attempts().size() > before.attempts().size()) {
      ended(after);
    }
    AttemptId current = new AttemptId(after.id(), after.attempt());
    switch (after.state()) {
      case JobState.Starting _ when before.state() instanceof JobState.Runnable ->
          start(after, current);
      case JobState.Starting s when s.stop().isPresent() -> {
        if (state.hostSlots().waits(current)) {
          then(() -> apply(after.id(), new JobEvent.StartFailed(STOPPED_EARLY, now)));
        } else {
          effects.add(new Effect.Stop(current));
        }
      }
      // Told again when it has come up: a stop may reach the executor before the container exists.
      case JobState.Running r when r.stop().isPresent() -> effects.add(new Effect.Stop(current));
      case JobState _ -> {}
    }
  }

  /** At once, or when this host has room for it. */
  void start(Job job, AttemptId attempt) {
    capacity.tasks().placed(job);
    Optional<Instance> host = state.hostOf(job);
    if (host.isPresent()) {
      effects.add(new Effect.StartOn(job, host.get()));
    } else if (state.hostSlots().ask(attempt, EngineState.size(job))) {
      effects.add(new Effect.Start(job));
    } else {
      emit(new Event.SlotAwaited(job.id()));
    }
  }

  /** The last attempt of the job gives back what it held. */
  private void ended(Job job) {
    AttemptId attempt = new AttemptId(job.id(), job.attempts().getLast().number());
    if (state.hostSlots().waits(attempt)) {
      emit(new Event.SlotGiven(job.id()));
    } else {
      effects.add(new Effect.Forget(attempt));
    }
    leaveHost(attempt);
    job.spec().needs().consumables().forEach(this::useUp);
    capacity.attemptEnded(job, this);
  }

  void leaveHost(AttemptId attempt) {
    state.hostSlots().leave(attempt);
    for (AttemptId next : state.hostSlots().next()) {
      emit(new Event.SlotGiven(next.jobId()));
      effects.add(new Effect.Start(state.job(next.jobId())));
    }
  }

  /** What does not come back is gone with the attempt that held it. */
  private void useUp(ConsumableNeed need) {
    ConsumableResource resource = state.consumableResource(need.consumableResource());
    if (resource != null && resource.type() == ConsumableResource.Type.NON_REPLENISHABLE) {
      emit(
          new Event.ConsumableResourcePut(
              resource.total(Math.max(0, resource.totalQuantity() - need.quantity()))));
    }
  }

  void told(Job job, Instant at) {
    outbox.add(new OutboxEvent.JobStateChange(++sequence, job, at));
  }

  void toldChildren(Job parent, ChildIndexes indexes, JobStatus status, Instant at) {
    if (indexes.isEmpty()) {
      return;
    }
    var change = new OutboxEvent.ChildStateChanges(sequence + 1, parent, indexes, status, at);
    sequence += change.span();
    outbox.add(change);
  }

  void toldBlocked(Job head, String reason) {
    outbox.add(new OutboxEvent.QueueBlocked(++sequence, head, reason, now));
  }

  static JobEvent dependencyEnd(Job ended, Instant at) {
    return ended.status() == JobStatus.SUCCEEDED
        ? new JobEvent.DependencySucceeded(ended.id(), at)
        : new JobEvent.DependencyFailed(ended.id(), at);
  }
}

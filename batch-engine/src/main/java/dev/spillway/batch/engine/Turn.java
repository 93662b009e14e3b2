package dev.spillway.batch.engine;

import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** One step in the making: everything that changes goes through {@link #emit} or {@link #move}. */
final class Turn {
  final Instant now;
  final List<Event> events = new ArrayList<>();
  final List<JobStateChange> changes = new ArrayList<>();
  final List<Effect> effects = new ArrayList<>();
  private final EngineState state;
  private final EngineLimits limits;
  private final long version;
  private long outbox;

  Turn(EngineState state, EngineLimits limits, long version, long outbox, Instant now) {
    this.state = state;
    this.limits = limits;
    this.version = version;
    this.outbox = outbox;
    this.now = now;
  }

  long outbox() {
    return outbox;
  }

  void emit(Event event) {
    state.apply(event, version);
    events.add(event);
  }

  /** Moves a job, and all that depend on it when it ends. A long chain costs no stack. */
  void move(Job job, JobEvent event) {
    Deque<Move> moves = new ArrayDeque<>();
    moves.add(new Move(job.id(), event));
    while (!moves.isEmpty()) {
      Move move = moves.poll();
      Job before = state.job(move.jobId());
      if (before == null) {
        continue; // two of its dependencies failed in this turn; the first one ended it
      }
      Job after = before.after(move.event());
      if (after.state() instanceof JobState.Runnable && !after.attempts().isEmpty()) {
        after = after.at(state.nextFrontOrder());
      }
      if (after.equals(before)) {
        continue;
      }
      List<String> dependents =
          after.status().terminal() ? state.dependentsOf(after.id()) : List.of();
      emit(new Event.JobChanged(before, after));
      tell(before, after, move.event().at());
      for (String dependent : dependents) {
        moves.add(new Move(dependent, dependencyEnd(after, move.event().at())));
      }
    }
  }

  /** The line of the outbox for a move, and what has to be done outside. */
  private void tell(Job before, Job after, Instant at) {
    if (before.status() != after.status()) {
      changes.add(
          new JobStateChange(
              ++outbox,
              after.id(),
              after.spec().jobName(),
              limits.arns().jobQueue(after.spec().jobQueue()),
              after.status(),
              at));
    }
    if (after.attempts().size() > before.attempts().size()) {
      effects.add(
          new Effect.Forget(new AttemptId(after.id(), after.attempts().getLast().number())));
    }
    AttemptId current = new AttemptId(after.id(), after.attempt());
    switch (after.state()) {
      case JobState.Starting _ when before.state() instanceof JobState.Runnable ->
          effects.add(new Effect.Start(after));
      case JobState.Starting s when s.stop().isPresent() -> effects.add(new Effect.Stop(current));
      // Told again when it has come up: a stop may reach the executor before the container exists.
      case JobState.Running r when r.stop().isPresent() -> effects.add(new Effect.Stop(current));
      case JobState _ -> {}
    }
  }

  private static JobEvent dependencyEnd(Job ended, Instant at) {
    return ended.status() == JobStatus.SUCCEEDED
        ? new JobEvent.DependencySucceeded(ended.id(), at)
        : new JobEvent.DependencyFailed(ended.id(), at);
  }

  private record Move(String jobId, JobEvent event) {}
}

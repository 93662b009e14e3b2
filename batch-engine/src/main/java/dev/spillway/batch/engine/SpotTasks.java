package dev.spillway.batch.engine;

import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobEvent;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.Placement;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tasks of Fargate Spot: each may be taken back, with notice. Nothing of it is stored: when a task
 * goes follows from the market's seed and the task's id. Held by one thread.
 */
final class SpotTasks {
  private final EngineState state;
  private final CapacitySettings settings;
  private final TreeSet<Due> dues =
      new TreeSet<>(
          Comparator.comparing(Due::at)
              .thenComparing(d -> d.attempt().jobId())
              .thenComparing(d -> d.attempt().number()));
  private final Set<AttemptId> noticed = new HashSet<>();

  private record Due(Instant at, AttemptId attempt) {}

  SpotTasks(EngineState state, CapacitySettings settings) {
    this.state = state;
    this.settings = settings;
    state.jobs().forEach(this::placed);
  }

  /** Whether the attempt in progress is such a task. */
  boolean isOne(Job job) {
    return current(job)
        .map(on -> state.computeEnvironment(on.computeEnvironment()))
        .map(ComputeEnvironment::resources)
        .map(r -> r.kind() == ComputeResources.Kind.FARGATE_SPOT)
        .orElse(false);
  }

  private static Optional<Placement> current(Job job) {
    return job.state() instanceof JobState.Starting || job.state() instanceof JobState.Running
        ? job.placement(job.attempt())
        : Optional.empty();
  }

  /** It may be one that goes by itself. */
  void placed(Job job) {
    if (settings.market().interruptions().on() && isOne(job)) {
      Placement on = current(job).orElseThrow();
      settings
          .market()
          .takesBack(on.taskId(), on.placedAt())
          .ifPresent(at -> dues.add(new Due(at, new AttemptId(job.id(), job.attempt()))));
    }
  }

  /** True when it had its notice: however it ends now, it ends because of that. */
  boolean noticed(Job job) {
    return noticed.contains(new AttemptId(job.id(), job.attempt()));
  }

  void ended(AttemptId attempt) {
    noticed.remove(attempt);
  }

  Optional<Instant> nextDeadline() {
    return dues.isEmpty() ? Optional.empty() : Optional.of(dues.first().at());
  }

  void fireDeadlines(Turn turn) {
    while (!dues.isEmpty() && !dues.first().at().isAfter(turn.now)) {
      AttemptId attempt = dues.pollFirst().attempt();
      Job job = state.job(attempt.jobId());
      if (job == null || job.attempt() != attempt.number() || !isOne(job)) {
        continue; // it has ended
      }
      if (noticed(job)) {
        turn.effects.add(new Effect.Stop(attempt, Optional.of(Duration.ZERO)));
        turn.move(job, new JobEvent.SpotTaskInterrupted(turn.now));
      } else {
        interrupt(job, settings.spotNotice(), turn);
      }
    }
  }

  void interrupt(Job job, Duration notice, Turn turn) {
    AttemptId attempt = new AttemptId(job.id(), job.attempt());
    if (state.hostSlots().waits(attempt)) {
      turn.move(job, new JobEvent.SpotTaskInterrupted(turn.now));
      return;
    }
    noticed.add(attempt);
    turn.effects.add(new Effect.Stop(attempt, Optional.of(notice)));
    dues.add(new Due(turn.now.plus(notice), attempt));
  }
}

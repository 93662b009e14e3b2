package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.routing.Outlook;
import dev.spillway.dispatch.routing.prediction.Run;
import dev.spillway.dispatch.routing.prediction.RunHistory.PlannedWith;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What an ended task teaches of its workload: how long the run took whose result counts. A task
 * that ran out of time everywhere teaches that it takes longer; what failed by its own code, or was
 * cancelled, teaches nothing.
 */
record Lesson(String workload, Run run, PlannedWith planned) {

  static Optional<Lesson> of(Task task) {
    return switch (task.journey().state()) {
      case TaskState.Succeeded s -> task.journey().hop(s.hop()).flatMap(h -> of(task, h, false));
      case TaskState.Failed _ ->
          task.journey()
              .lastHop()
              .filter(h -> h.cause().equals(Optional.of(Cause.TIMEOUT)))
              .flatMap(h -> of(task, h, true));
      case TaskState.Pending _, TaskState.Runnable _, TaskState.Starting _, TaskState.Running _ ->
          Optional.empty();
    };
  }

  private static Optional<Lesson> of(Task task, Hop hop, boolean cutShort) {
    Optional<Duration> ran = ran(hop);
    Optional<Outlook> outlook = task.plan().outlook();
    if (ran.isEmpty()) {
      return Optional.empty();
    }
    var run =
        new Run(
            ran.get().toMillis() / 1000.0,
            outlook.map(Outlook::inputBytes).orElse(-1L),
            hop.memoryUsedMib()
                .orElse(enough(task, hop, Cause.OUT_OF_MEMORY) ? hop.memoryMib() : 0),
            enough(task, hop, Cause.DISK_FULL) ? hop.diskMib() : 0,
            hop.route().batch() ? Run.Kind.JOB : Run.Kind.FUNCTION,
            routeFailedBefore(task, hop),
            cutShort);
    return Optional.of(
        new Lesson(
            Profiles.historyName(task.document()),
            run,
            outlook.map(Outlook::planned).orElse(PlannedWith.NOTHING)));
  }

  /**
   * True when what the hop had is known to have been enough and to matter: a function keeps to its
   * size, and where a hop before ran out, what this one was raised to. Without the functions that
   * had enough, one that had not would look like all.
   */
  private static boolean enough(Task task, Hop hop, Cause what) {
    return !hop.route().batch()
        || task.journey().hops().stream()
            .filter(h -> h.number() < hop.number())
            .anyMatch(h -> h.cause().equals(Optional.of(what)));
  }

  private static boolean routeFailedBefore(Task task, Hop hop) {
    return task.journey().hops().stream()
        .filter(h -> h.number() < hop.number())
        .flatMap(h -> h.cause().stream())
        .anyMatch(cause -> cause != Cause.APPLICATION);
  }

  /** The last attempt: one whose host was lost before it says nothing. */
  private static Optional<Duration> ran(Hop hop) {
    Optional<Hop.Attempt> last =
        hop.attempts().isEmpty() ? Optional.empty() : Optional.of(hop.attempts().getLast());
    Optional<Instant> from = last.flatMap(Hop.Attempt::startedAt).or(hop::startedAt);
    Optional<Instant> to = last.flatMap(Hop.Attempt::stoppedAt).or(hop::stoppedAt);
    return from.isPresent() && to.isPresent() && !to.get().isBefore(from.get())
        ? Optional.of(Duration.between(from.get(), to.get()))
        : Optional.empty();
  }
}

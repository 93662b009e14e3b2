package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.Starts.Place;
import dev.spillway.dispatch.routing.cost.Basis;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What an ended task teaches of the place that it was first sent to: the time from there until its
 * code ran. A hop that was throttled, or whose place was full when it was planned or is not known
 * to have been free when it was sent, teaches nothing. A function without a REPORT is taken to have
 * started at once: its run then holds its start, and nothing counts twice.
 *
 * @param sentAt when the hop was
 */
record StartLesson(Place place, double seconds, Instant sentAt) {
  /** A plan older than this says nothing of the queue as it is found. */
  private static final Duration FRESH = Duration.ofSeconds(10);

  static Optional<StartLesson> of(Task task) {
    return task.journey()
        .hop(1)
        .filter(hop -> hop.waits() == 0 && hop.attempts().size() <= 1)
        .filter(hop -> hop.createdAt().isBefore(task.createdAt().plus(FRESH)))
        .flatMap(hop -> of(task, hop));
  }

  private static Optional<StartLesson> of(Task task, Hop hop) {
    Optional<Instant> began =
        hop.attempts().isEmpty() ? hop.startedAt() : hop.attempts().getFirst().startedAt();
    return began
        .filter(at -> !at.isBefore(hop.createdAt()))
        .flatMap(
            at ->
                place(task, hop)
                    .map(
                        place ->
                            new StartLesson(
                                place,
                                Duration.between(hop.createdAt(), at).toMillis() / 1000.0,
                                hop.createdAt())));
  }

  private static Optional<Place> place(Task task, Hop hop) {
    return task.plan().routes().stream()
        .filter(a -> a.route() == hop.route() && a.line().isEmpty())
        .findFirst()
        .flatMap(
            a ->
                hop.route().batch()
                    ? a.jobQueue().map(queue -> new Place(a.route(), queue, newInstance(a)))
                    : task.target()
                        .functionName()
                        .map(name -> new Place(Route.FUNCTION, name, false)));
  }

  private static boolean newInstance(RoutePlan.Accepted route) {
    return route.basis().filter(b -> b.kind() == Basis.Kind.NEW_INSTANCE).isPresent();
  }
}

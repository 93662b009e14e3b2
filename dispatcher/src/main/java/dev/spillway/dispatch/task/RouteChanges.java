package dev.spillway.dispatch.task;

import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.routing.PlanWords;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.prediction.Forecast;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** When the tasks of a workload began to go elsewhere, and why. */
final class RouteChanges {
  private RouteChanges() {}

  /**
   * One change.
   *
   * @param taskId the first task that was planned for the new route
   * @param cause a sentence without its full stop
   */
  record Change(Instant at, Route from, Route to, String taskId, String cause) {}

  /**
   * The changes between tasks that one after the other left the choice of the route to us, newest
   * first.
   *
   * @param newestFirst tasks of one workload
   */
  static List<Change> of(List<Task> newestFirst, int most) {
    List<Task> tasks =
        newestFirst.stream()
            .filter(t -> t.document().routes().isEmpty() && t.document().jobQueue().isEmpty())
            .filter(t -> !t.plan().impossible())
            .toList();
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i + 1 < tasks.size() && changes.size() < most; i++) {
      Task after = tasks.get(i);
      Task before = tasks.get(i + 1);
      if (planned(after) != planned(before)) {
        changes.add(
            new Change(
                after.createdAt(),
                planned(before),
                planned(after),
                after.taskId(),
                cause(before, after)));
      }
    }
    return changes;
  }

  private static Route planned(Task task) {
    return task.plan().routes().getFirst().route();
  }

  private static String cause(Task before, Task after) {
    Optional<String> ruledOut =
        after.plan().rejected().stream()
            .filter(r -> r.route() == planned(before))
            .map(
                r ->
                    r.reasons().stream()
                        .map(RoutePlan.Reason::sentence)
                        .collect(Collectors.joining("; ")))
            .findFirst();
    if (ruledOut.isPresent()) {
      return "not on " + planned(before).word() + ": " + ruledOut.get() + hinted(after);
    }
    return failure(before)
            .map(c -> planned(before).word() + " failed because " + c.sentence() + "; ")
            .orElse("")
        + PlanWords.chosen(after.plan())
        + hinted(after);
  }

  /** A change that the user's word made is not one that was learnt. */
  private static String hinted(Task task) {
    return task.plan().outlook().filter(o -> o.basis() == Forecast.Basis.HINT).isPresent()
        ? ", by its hint"
        : "";
  }

  private static Optional<Cause> failure(Task task) {
    return task.journey().hops().stream()
        .filter(hop -> hop.route() == planned(task))
        .flatMap(hop -> hop.cause().stream())
        .filter(cause -> cause != Cause.APPLICATION)
        .findFirst();
  }
}

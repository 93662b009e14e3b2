package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.RoutePlan.Accepted;
import dev.spillway.dispatch.routing.RoutePlan.Reason;
import dev.spillway.dispatch.routing.RoutePlan.Rejected;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Says which routes can take a task, and in which order they are tried.
 *
 * <p>Shape: pure; every rule is asked, so a rejected route comes with all its reasons.<br>
 * Order: {@link Route}'s, by list price. Figures of cost or history are not known here yet, and the
 * plan claims none.
 */
public final class Router {
  static final String ORDER =
      "The order is by list price, cheapest first; no runs of this workload are counted in yet.";

  private Router() {}

  /** Plans a task; a plan without routes means that it can never run. */
  public static RoutePlan plan(
      TaskProfile task, Workload workload, List<BatchQueue> queues, Limits limits) {
    List<Accepted> accepted = new ArrayList<>();
    List<Rejected> rejected = new ArrayList<>();
    for (Route route : Route.values()) {
      Optional<BatchQueue> queue = route.batch() ? queue(route, task, queues) : Optional.empty();
      List<Reason> reasons =
          route.batch()
              ? BatchRules.reject(route, task, workload, queue, queues, limits)
              : FunctionRules.reject(task, workload, limits);
      if (reasons.isEmpty()) {
        accepted.add(new Accepted(route, queue.map(BatchQueue::name), ""));
      } else {
        rejected.add(new Rejected(route, reasons));
      }
    }
    int routes = Math.min(accepted.size(), limits.maxHops());
    int tries = routes == 0 ? 0 : routes + task.attempts() - 1;
    return new RoutePlan(explained(accepted, rejected, task), rejected, order(routes), tries);
  }

  private static String order(int routes) {
    return routes == 1 ? "Only one route can take it, so there is no fallback." : ORDER;
  }

  private static List<Accepted> explained(
      List<Accepted> accepted, List<Rejected> rejected, TaskProfile task) {
    List<Accepted> explained = new ArrayList<>();
    for (int i = 0; i < accepted.size(); i++) {
      Accepted a = accepted.get(i);
      String why = i == 0 ? first(accepted.size(), rejected, task) : next(i);
      explained.add(new Accepted(a.route(), a.jobQueue(), why));
    }
    return explained;
  }

  /** The one thing to know of the chosen route: what ruled out the cheaper one, or its price. */
  private static String first(int routes, List<Rejected> rejected, TaskProfile task) {
    Optional<Reason> noFunction =
        rejected.stream()
            .filter(r -> r.route() == Route.FUNCTION)
            .flatMap(r -> r.reasons().stream())
            .findFirst();
    if (noFunction.isPresent()) {
      return noFunction.get().sentence();
    }
    String expected =
        task.time()
            .expected()
            .map((Duration d) -> Amounts.time(d) + " expected")
            .orElse("no hint of its duration");
    return expected
        + (routes == 1 ? ", the only route" : ", cheapest of " + routes + " at list price");
  }

  private static String next(int before) {
    return before == 1
        ? "if the first route fails it"
        : "if the " + before + " routes before fail it";
  }

  /** The queue by name, else the one with the highest priority not above, else the lowest. */
  private static Optional<BatchQueue> queue(
      Route route, TaskProfile task, List<BatchQueue> queues) {
    List<BatchQueue> ofKind =
        queues.stream()
            .filter(q -> q.route().equals(route.word()))
            .filter(q -> task.wishes().jobQueue().map(q.name()::equals).orElse(true))
            .sorted(Comparator.comparingInt(BatchQueue::priority).thenComparing(BatchQueue::name))
            .toList();
    return ofKind.stream()
        .filter(q -> q.priority() <= task.wishes().priority())
        .reduce((lower, higher) -> higher.priority() > lower.priority() ? higher : lower)
        .or(() -> ofKind.stream().findFirst());
  }
}

package dev.spillway.dispatch.routing;

import java.util.List;
import java.util.Optional;

/**
 * Where a task goes, in order, and where it cannot go and why. Stored with the task and shown as it
 * is.
 *
 * @param order one sentence: why the routes stand in this order
 * @param atMostTries how often the task's code is started at most; a Batch attempt whose host was
 *     lost is repeated once inside its try
 */
public record RoutePlan(
    List<Accepted> routes, List<Rejected> rejected, String order, int atMostTries) {
  public RoutePlan {
    routes = List.copyOf(routes);
    rejected = List.copyOf(rejected);
  }

  /** A route that can take the task. */
  public record Accepted(Route route, Optional<String> jobQueue, String why) {}

  /** A route that cannot, with every rule that says so. */
  public record Rejected(Route route, List<Reason> reasons) {
    public Rejected {
      reasons = List.copyOf(reasons);
    }
  }

  /** One rule's verdict; the sentence has the amounts. */
  public record Reason(String rule, String sentence) {}

  /** True when nothing can take the task. */
  public boolean impossible() {
    return routes.isEmpty();
  }
}

package dev.spillway.dispatch.routing;

import dev.spillway.dispatch.routing.cost.Basis;
import dev.spillway.dispatch.routing.cost.Tariff;
import java.util.List;
import java.util.Optional;

/**
 * Where a task goes, in order, and where it cannot go and why. Stored with the task and shown as it
 * is; {@link PlanWords} puts it into sentences.
 *
 * @param outlook what it goes by; empty in plans of tasks from before there was one
 * @param atMostTries how often the task's code is started at most; a Batch attempt whose host was
 *     lost is repeated once inside its try
 */
public record RoutePlan(
    List<Accepted> routes, List<Rejected> rejected, Optional<Outlook> outlook, int atMostTries) {
  public RoutePlan {
    routes = List.copyOf(routes);
    rejected = List.copyOf(rejected);
  }

  /**
   * A route that can take the task.
   *
   * @param tariff what it charges; empty in plans from before there were prices
   * @param basis the one odd thing about its price; empty when there is none
   * @param line how its queue or function stood, where a task has to wait for a place
   * @param start how long code takes to start there, and how that is known; empty in plans of
   *     before it was told
   */
  public record Accepted(
      Route route,
      Optional<String> jobQueue,
      Optional<Estimate> estimate,
      Optional<Tariff> tariff,
      Optional<Basis> basis,
      Optional<Line> line,
      Optional<Start> start) {

    /** Without a wait, and without a word on its start. */
    public Accepted(
        Route route,
        Optional<String> jobQueue,
        Optional<Estimate> estimate,
        Optional<Tariff> tariff,
        Optional<Basis> basis) {
      this(route, jobQueue, estimate, tariff, basis, Optional.empty(), Optional.empty());
    }
  }

  /**
   * A line at a place.
   *
   * @param before jobs or calls that are served before the task
   * @param waitSeconds until it has a place
   */
  public record Line(long before, double waitSeconds) {}

  /**
   * A place's start.
   *
   * @param seconds before code runs, any wait in a queue excepted
   * @param seen true when the last starts there took so long; false when the file of limits says so
   */
  public record Start(double seconds, boolean seen) {}

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

package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.simulate.Outcome.Bounds;
import java.util.List;

/**
 * Policies side by side.
 *
 * @param seconds run time of all tasks together
 * @param orders that each figure is the median of; 0 means the order of the file
 * @param capacity of the places that the tasks shared
 * @param bounds told by our own policy for tasks with at least eight runs before
 * @param applications each alone; empty when not asked for
 */
public record Comparison(
    Feedback feedback,
    Objective objective,
    String assumptions,
    int tasks,
    double seconds,
    int orders,
    Capacity capacity,
    List<Line> lines,
    Bounds bounds,
    List<ApplicationLine> applications) {
  public Comparison {
    lines = List.copyOf(lines);
    applications = List.copyOf(applications);
  }

  /** The same with each application alone beside it. */
  public Comparison with(List<ApplicationLine> each) {
    return new Comparison(
        feedback, objective, assumptions, tasks, seconds, orders, capacity, lines, bounds, each);
  }

  /**
   * One policy. USD, seconds, shares of 1.
   *
   * @param timesOracle its cost over that of the oracle
   * @param timeouts tries that ran into the function's limit
   * @param wasted run time thrown away, as a share of all run time
   * @param waitSeconds between a task's submit and its end, beyond its own run time, in the mean
   * @param times from a task's submit to its end
   * @param regret its cost less that of the oracle
   * @param onFunctions share of the tasks that ended on a function
   * @param queueSeconds that a task waited for places, in the mean
   * @param makespanSeconds from the first submit to the last end; where each workflow is alone, the
   *     sum over workflows
   * @param batchVcpuHours that jobs held on Batch, from their placement to their end
   * @param failed tasks that had no route left, or waited for one of those
   */
  public record Line(
      String policy,
      double cost,
      double timesOracle,
      long timeouts,
      double wasted,
      double waitSeconds,
      Times times,
      double regret,
      double onFunctions,
      double queueSeconds,
      double makespanSeconds,
      double batchVcpuHours,
      long failed) {}

  /**
   * How long tasks took, seconds from submit to end; those that never ran are left out.
   *
   * @param p95Seconds one of 20 tasks took longer
   * @param timesFastest the mean over that of the fastest possible: each task where it ends first,
   *     with its run time known and nobody in its way
   */
  public record Times(double meanSeconds, double p95Seconds, double timesFastest) {}

  /** One application alone, under our own policy. */
  public record ApplicationLine(
      String application, int workflows, int tasks, double oracleCost, Line line, Bounds bounds) {}
}

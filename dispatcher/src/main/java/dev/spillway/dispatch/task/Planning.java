package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Router;

/**
 * What tasks are planned by.
 *
 * @param objective of tasks and workloads that name none
 */
public record Planning(
    Router router, Objective objective, Histories histories, QueueLoads loads, ArrayLimits arrays) {

  /** With the limits of arrays that hold when nothing else was said. */
  public Planning(Router router, Objective objective, Histories histories, QueueLoads loads) {
    this(router, objective, histories, loads, ArrayLimits.DEFAULT);
  }

  /**
   * What arrays may be.
   *
   * @param most children of one array
   * @param canary children that go first when nothing is known of their work; 0 for none
   */
  public record ArrayLimits(int most, int canary) {
    /** As AWS Batch, with a canary of 8. */
    public static final ArrayLimits DEFAULT = new ArrayLimits(10_000, 8);
  }
}

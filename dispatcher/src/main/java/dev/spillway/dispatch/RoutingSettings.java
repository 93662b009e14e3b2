package dev.spillway.dispatch;

import dev.spillway.dispatch.routing.Limits;
import dev.spillway.dispatch.routing.Objective;
import dev.spillway.dispatch.routing.Router;
import dev.spillway.dispatch.routing.cost.Prices;
import dev.spillway.dispatch.routing.cost.StartTimes;
import dev.spillway.dispatch.routing.cost.Tariffs;
import dev.spillway.dispatch.routing.prediction.FirstSight;

/**
 * What the router goes by.
 *
 * @param objective of tasks and workloads that name none
 * @param canary children of an array that run first, to decide where the rest goes; 0 for none
 */
public record RoutingSettings(
    Limits limits,
    Prices prices,
    StartTimes starts,
    FirstSight firstSight,
    Objective objective,
    int canary) {

  /** The router of these settings. */
  public Router router() {
    return new Router(limits, new Tariffs(prices, starts), firstSight);
  }

  /** The same at other prices. */
  public RoutingSettings priced(Prices others) {
    return new RoutingSettings(limits, others, starts, firstSight, objective, canary);
  }

  /** The same with this objective where none is named. */
  public RoutingSettings preferring(Objective other) {
    return new RoutingSettings(limits, prices, starts, firstSight, other, canary);
  }
}

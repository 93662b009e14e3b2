package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.RoutePlan;

/**
 * What was paid, USD at the list prices that plans were made with.
 *
 * @param wasted part of the cost: hops whose result does not count
 */
public record Spent(double cost, double wasted) {
  public static final Spent NOTHING = new Spent(0, 0);

  /** By a task, up to its last move. */
  public static Spent of(RoutePlan plan, Journey journey) {
    return new Spent(
        HopCost.total(plan, journey, journey.state().since()),
        HopCost.wasted(plan, journey, journey.state().since()));
  }

  Spent plus(Spent other) {
    return new Spent(cost + other.cost, wasted + other.wasted);
  }
}

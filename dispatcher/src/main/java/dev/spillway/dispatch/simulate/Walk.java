package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.fallback.Failure;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.FallbackRules;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.RetryPolicy;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.cost.Tariff;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Takes a task along its routes in virtual time, by the dispatcher's own fallback. */
final class Walk {
  private static final double NANOS = 1e9;

  private final Tariff function;
  private final Tariff batch;
  private final FallbackRules rules;
  private final Failure timeout;

  Walk(Tariff function, Tariff batch, FallbackRules rules) {
    this.function = function;
    this.batch = batch;
    this.rules = rules;
    this.timeout =
        Failure.ofFunction(
            "Sandbox.Timedout",
            String.format(
                Locale.ROOT, "Task timed out after %.2f seconds", function.limitSeconds()));
  }

  /**
   * How a task went.
   *
   * @param waitSeconds from the submit to the end, less its own run time
   * @param wastedSeconds run time that was thrown away
   */
  record Walked(double cost, double waitSeconds, double wastedSeconds, Route last, int failures) {}

  Walked walk(List<Route> order, double seconds) {
    Orders orders =
        new Orders(
            order.stream().map(route -> new Orders.Leg(route, 0, 0)).toList(),
            RetryPolicy.NONE,
            Optional.empty());
    Instant now = Instant.EPOCH;
    Journey journey = Fallback.begin(orders, List.of(), now).journey();
    double cost = 0;
    double wasted = 0;
    while (!journey.state().terminal()) {
      Hop hop = journey.openHop().orElseThrow();
      Tariff tariff = hop.route().batch() ? batch : function;
      cost += tariff.cost(seconds);
      now = now.plus(span(tariff.waitSeconds()));
      journey = step(orders, journey, running(hop), now);
      now = now.plus(span(Math.min(seconds, tariff.limitSeconds())));
      if (seconds <= tariff.limitSeconds()) {
        journey =
            step(orders, journey, new JourneyEvent.HopSucceeded(hop.number(), List.of()), now);
      } else {
        wasted += tariff.limitSeconds();
        journey =
            step(
                orders, journey, new JourneyEvent.HopFailed(hop.number(), timeout, List.of()), now);
      }
    }
    double took = Duration.between(Instant.EPOCH, now).toNanos() / NANOS;
    return new Walked(
        cost,
        took - seconds,
        wasted,
        journey.lastHop().orElseThrow().route(),
        journey.hops().size() - 1);
  }

  private static JourneyEvent running(Hop hop) {
    return new JourneyEvent.HopMoved(hop.number(), JourneyEvent.Phase.RUNNING, Optional.empty());
  }

  private Journey step(Orders orders, Journey journey, JourneyEvent event, Instant now) {
    return Fallback.step(orders, journey, event, rules, now).journey();
  }

  private static Duration span(double seconds) {
    return Duration.ofNanos(Math.round(seconds * NANOS));
  }
}

package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.RoutePlan;
import dev.spillway.dispatch.routing.cost.Tariff;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;

/** What hops came to, USD at the list prices that the plan was made with. */
public final class HopCost {
  private HopCost() {}

  /**
   * A hop's cost, each of its attempts billed for its own time; empty when nothing of it ran, or
   * its plan has no price.
   *
   * @param now bills what still runs up to here
   */
  public static OptionalDouble of(RoutePlan plan, Hop hop, Instant now) {
    Optional<Tariff> tariff =
        hop.leg() < plan.routes().size() ? plan.routes().get(hop.leg()).tariff() : Optional.empty();
    if (tariff.isEmpty()) {
      return OptionalDouble.empty();
    }
    double cost = 0;
    boolean ran = false;
    for (Hop.Attempt attempt : hop.attempts()) {
      if (attempt.startedAt().isPresent()) {
        ran = true;
        Instant end = attempt.stoppedAt().or(hop::stoppedAt).orElse(now);
        cost += tariff.get().billed(seconds(attempt.startedAt().get(), end));
      }
    }
    if (!ran && hop.startedAt().isPresent()) {
      ran = true;
      cost = tariff.get().billed(seconds(hop.startedAt().get(), hop.stoppedAt().orElse(now)));
    }
    return ran ? OptionalDouble.of(cost + tariff.get().fixed()) : OptionalDouble.empty();
  }

  /** All hops together. */
  public static double total(RoutePlan plan, Journey journey, Instant now) {
    return journey.hops().stream().mapToDouble(h -> of(plan, h, now).orElse(0)).sum();
  }

  /** What hops cost whose result does not count. */
  public static double wasted(RoutePlan plan, Journey journey, Instant now) {
    return journey.hops().stream()
        .filter(h -> h.status() == Hop.Status.FAILED || h.status() == Hop.Status.ABANDONED)
        .mapToDouble(h -> of(plan, h, now).orElse(0))
        .sum();
  }

  private static double seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toMillis() / 1000.0);
  }
}

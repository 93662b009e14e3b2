package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.routing.Amounts;
import dev.spillway.dispatch.routing.Outlook;
import dev.spillway.dispatch.routing.RoutePlan;
import java.util.Locale;
import java.util.Optional;

/** Says why a plan was wrong, when a route ran out of time. */
final class Hindsight {
  private Hindsight() {}

  static Optional<String> of(RoutePlan plan, Journey journey) {
    boolean outOfTime =
        journey.hops().stream()
            .anyMatch(
                h ->
                    !h.route().batch()
                        && h.status() == Hop.Status.FAILED
                        && h.cause().equals(Optional.of(Cause.TIMEOUT)));
    return outOfTime
        ? plan.outlook().map(o -> "Why the guess was wrong: " + why(o) + ".")
        : Optional.empty();
  }

  private static String why(Outlook o) {
    if (o.largerThanSeen()) {
      return String.format(
          Locale.ROOT,
          "this input has %s, %.1f times the largest seen before",
          Amounts.bytes(o.inputBytes()),
          o.timesLargest());
    }
    return switch (o.basis()) {
      case HISTORY ->
          "of "
              + Amounts.count(o.runs())
              + (o.runs() == 1 ? " run" : " runs")
              + " before, hardly one took that long; this one is remembered";
      case HINT ->
          "you expected "
              + o.hintSeconds().stream()
                  .mapToObj(Amounts::seconds)
                  .findFirst()
                  .orElse("something else")
              + ", and nothing else was known";
      case TIMEOUT, FIRST_SIGHT -> "it had never run before; now it has, and that is remembered";
    };
  }
}

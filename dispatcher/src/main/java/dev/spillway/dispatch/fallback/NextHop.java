package dev.spillway.dispatch.fallback;

import dev.spillway.dispatch.fallback.Effect.StartHop;
import dev.spillway.dispatch.fallback.Orders.Leg;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Opens hops, and says how much each may ask for: more memory or disk than the hop that ran out of
 * it had, as far as the route can give it.
 */
final class NextHop {
  private NextHop() {}

  static Step first(Orders orders, Journey journey, Instant now) {
    Leg leg = orders.legs().getFirst();
    return open(orders, journey, 0, leg.memoryMib(), leg.diskMib(), now);
  }

  /** The same route again, with what it had. */
  static Step again(Orders orders, Journey journey, Hop over, Instant now) {
    return open(orders, journey, over.leg(), over.memoryMib(), over.diskMib(), now);
  }

  /** The leg after a route that failed; empty when there is none, or no hop is left for one. */
  static OptionalInt after(Orders orders, Journey journey, Hop over, FallbackRules rules) {
    return after(orders, journey, over, rules, _ -> true);
  }

  /**
   * The leg after a queue without a place. It is left only for a route that will do: to wait loses
   * nothing, and a run that its route cannot finish is lost.
   */
  static OptionalInt afterQueue(Orders orders, Journey journey, Hop queued, FallbackRules rules) {
    return after(orders, journey, queued, rules, leg -> !leg.risky());
  }

  /** Empty too when later routes have been tried already: it came back here from them. */
  private static OptionalInt after(
      Orders orders, Journey journey, Hop over, FallbackRules rules, Predicate<Leg> wanted) {
    if (journey.hops().stream().anyMatch(h -> h.leg() > over.leg())) {
      return OptionalInt.empty();
    }
    return IntStream.range(over.leg() + 1, Math.min(orders.legs().size(), rules.maxHops()))
        .filter(leg -> wanted.test(orders.legs().get(leg)))
        .findFirst();
  }

  /**
   * A hop that was left only because its queue had no place: nothing of it ran, so when all other
   * routes have failed it is gone back to, and waits for as long as it takes.
   */
  static Optional<Hop> leftInItsQueue(Journey journey) {
    return journey.hops().stream()
        .filter(h -> h.cause().equals(Optional.of(Cause.NO_CAPACITY)))
        .filter(h -> h.startedAt().isEmpty() && h.attempts().isEmpty())
        .filter(
            h ->
                journey.hops().stream()
                    .noneMatch(later -> later.leg() == h.leg() && later.number() > h.number()))
        .findFirst();
  }

  /** Back to a route that was left, with what the routes since have shown it to need. */
  static Step back(Orders orders, Journey journey, Hop left, FallbackRules rules, Instant now) {
    return raised(orders, journey, left.leg(), rules, now);
  }

  /** A leg, with what those before it have shown the task to need. */
  static Step raised(Orders orders, Journey journey, int place, FallbackRules rules, Instant now) {
    Leg leg = orders.legs().get(place);
    if (!leg.route().batch()) {
      return open(orders, journey, place, leg.memoryMib(), leg.diskMib(), now);
    }
    long memory =
        wanted(journey, Cause.OUT_OF_MEMORY, Hop::memoryMib, rules.mostMemoryMib(), rules);
    long disk = wanted(journey, Cause.DISK_FULL, Hop::diskMib, rules.mostDiskMib(), rules);
    return open(
        orders,
        journey,
        place,
        memory <= leg.memoryMib()
            ? leg.memoryMib()
            : Math.max(leg.memoryMib(), leg.memory().give(memory)),
        Math.max(leg.diskMib(), disk),
        now);
  }

  /** Of all that ran out, also hops ago: what was too little once is not tried again. */
  private static long wanted(
      Journey journey, Cause ranOut, ToLongFunction<Hop> had, long most, FallbackRules rules) {
    double wanted =
        journey.hops().stream()
            .filter(hop -> hop.cause().equals(Optional.of(ranOut)))
            .mapToDouble(hop -> Math.ceil(had.applyAsLong(hop) * rules.raiseFactor()))
            .max()
            .orElse(0);
    return Math.min((long) wanted, most);
  }

  private static Step open(
      Orders orders, Journey journey, int leg, long memoryMib, long diskMib, Instant now) {
    int number = journey.hops().size() + 1;
    Hop hop = Hop.opened(number, leg, orders.legs().get(leg).route(), memoryMib, diskMib, now);
    return new Step(
        journey.in(new TaskState.Runnable(now)).plus(hop).sleeping(),
        List.of(new StartHop(number)));
  }
}

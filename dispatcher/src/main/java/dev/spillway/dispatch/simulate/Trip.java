package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.fallback.Effect;
import dev.spillway.dispatch.fallback.Fallback;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.Journey;
import dev.spillway.dispatch.fallback.JourneyEvent;
import dev.spillway.dispatch.fallback.Orders;
import dev.spillway.dispatch.fallback.Orders.Leg;
import dev.spillway.dispatch.fallback.RetryPolicy;
import dev.spillway.dispatch.fallback.TaskState;
import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.routing.cost.Tariff;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One task on its way along its routes, by the dispatcher's own fallback, and what it comes to. Who
 * has it moves it: says when a hop was sent, got a place, runs, and ends.
 */
final class Trip {
  private static final double NANOS = 1e9;

  private final Places places;
  private final Orders orders;
  private final double seconds;
  private final Instant begun;
  private Journey journey;
  private Instant asked;
  private Instant placed;
  private double cost;
  private double wastedSeconds;
  private double queueSeconds;
  private double batchSeconds;
  private int timeouts;

  /**
   * How a task went.
   *
   * @param waitSeconds from the submit to the end, less its own run time
   * @param wastedSeconds run time that was thrown away
   * @param queueSeconds that it waited for places
   * @param batchSeconds that it held a place of Batch
   * @param timeouts tries that ran into the function's limit
   * @param succeeded false when no route was left
   */
  record Walked(
      double cost,
      double waitSeconds,
      double wastedSeconds,
      double queueSeconds,
      double batchSeconds,
      Route last,
      int timeouts,
      boolean succeeded) {}

  Trip(Places places, List<Leg> legs, double seconds, Instant now) {
    this.places = places;
    this.seconds = seconds;
    this.begun = now;
    this.orders = new Orders(legs, RetryPolicy.NONE, Optional.empty());
    this.journey = Fallback.begin(orders, List.of(), now).journey();
    this.asked = now;
  }

  boolean over() {
    return journey.state().terminal();
  }

  boolean succeeded() {
    return journey.state() instanceof TaskState.Succeeded;
  }

  /** The try that is under way. */
  Hop hop() {
    return journey.openHop().orElseThrow();
  }

  Tariff tariff() {
    return hop().route().batch() ? places.batch() : places.function();
  }

  /** When {@link #due} must be called if nothing else happens. */
  Optional<Instant> wakeAt() {
    return journey.wakeAt();
  }

  void sent(String jobId, Instant now) {
    step(new JourneyEvent.HopSent(hop().number(), Optional.of(jobId)), now);
  }

  void starting(Instant now) {
    placed = now;
    queueSeconds += between(asked, now);
    move(JourneyEvent.Phase.STARTING, now);
  }

  void running(Instant now) {
    move(JourneyEvent.Phase.RUNNING, now);
  }

  private void move(JourneyEvent.Phase phase, Instant now) {
    step(new JourneyEvent.HopMoved(hop().number(), phase, Optional.empty()), now);
  }

  /** Its code ended, or its place ended it; true when it goes on elsewhere. */
  boolean ended(Instant now) {
    Tariff tariff = tariff();
    Hop hop = hop();
    cost += tariff.cost(seconds);
    batchSeconds += hop.route().batch() ? between(placed, now) : 0;
    if (seconds <= tariff.limitSeconds()) {
      step(new JourneyEvent.HopSucceeded(hop.number(), List.of()), now);
    } else {
      wastedSeconds += tariff.limitSeconds();
      timeouts++;
      step(new JourneyEvent.HopFailed(hop.number(), places.timeout(), List.of()), now);
    }
    asked = now;
    return !over();
  }

  /** The wake-up is due; the number of the hop that was given up, if one was. */
  Optional<Hop> due(Instant now) {
    Hop hop = hop();
    boolean cancelled =
        step(new JourneyEvent.Due(), now).stream().anyMatch(Effect.CancelHop.class::isInstance);
    if (!cancelled) {
      return Optional.empty();
    }
    queueSeconds += between(asked, now);
    asked = now;
    return Optional.of(hop);
  }

  Walked walked(Instant now) {
    return new Walked(
        cost,
        between(begun, now) - seconds,
        wastedSeconds,
        queueSeconds,
        batchSeconds,
        journey.lastHop().orElseThrow().route(),
        timeouts,
        succeeded());
  }

  private List<Effect> step(JourneyEvent event, Instant now) {
    var step = Fallback.step(orders, journey, event, places.rules(), now);
    journey = step.journey();
    return step.effects();
  }

  private static double between(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / NANOS;
  }
}

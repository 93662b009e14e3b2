package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.fallback.Orders.Leg;
import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Takes a task along its routes in virtual time where every place is free at once. */
record Walk(Places places) {
  private static final double NANOS = 1e9;

  Walked walk(List<Leg> legs, double seconds) {
    Instant now = Instant.EPOCH;
    Trip trip = new Trip(places, legs, seconds, now);
    while (!trip.over()) {
      Tariff tariff = trip.tariff();
      trip.starting(now);
      now = now.plus(span(tariff.waitSeconds()));
      trip.running(now);
      now = now.plus(span(Math.min(seconds, tariff.limitSeconds())));
      trip.ended(now);
    }
    return trip.walked(now);
  }

  private static Duration span(double seconds) {
    return Duration.ofNanos(Math.round(seconds * NANOS));
  }
}

package dev.spillway.dispatch.routing.cost;

import dev.spillway.dispatch.wiring.DispatchDefaults;

/** The built-in prices and start-up times, for tests. */
public final class TestPrices {
  public static final Prices PRICES = DispatchDefaults.routing(4).prices();

  public static final StartTimes STARTS = DispatchDefaults.routing(4).starts();

  private TestPrices() {}
}

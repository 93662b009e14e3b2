package dev.spillway.dispatch.routing.cost;

import dev.spillway.dispatch.wiring.DispatchDefaults;

/** The built-in prices, for tests. */
public final class TestPrices {
  public static final Prices PRICES = DispatchDefaults.routing(4).prices();

  private TestPrices() {}
}

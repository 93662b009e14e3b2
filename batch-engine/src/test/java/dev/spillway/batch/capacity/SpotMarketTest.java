package dev.spillway.batch.capacity;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpotMarketTest {
  private static final InstanceType TYPE = Catalogue.builtIn().type("m6i.large");
  private static final SpotMarket HALF_AN_HOUR =
      new SpotMarket(3, new SpotMarket.Interruptions(true, Optional.of(0.5)));

  @Test
  void prices_swing_around_the_usual_saving_and_never_pass_on_demand() {
    double usual = TYPE.onDemandNanos() * (100 - TYPE.spotSaving()) / 100.0;
    Set<Long> seen = new HashSet<>();
    double sum = 0;
    int hours = 24 * 60;
    for (int h = 0; h < hours; h++) {
      long price = SpotMarket.CALM.price(TYPE, T0.plus(Duration.ofHours(h)));
      assertThat(price).isBetween(Math.round(usual * 0.66), TYPE.onDemandNanos());
      seen.add(price);
      sum += price;
    }
    assertThat(seen).hasSizeGreaterThan(1000);
    assertThat(sum / hours / usual).isBetween(0.95, 1.05);
  }

  @Test
  void a_low_bid_buys_nothing_and_a_running_instance_goes_when_the_price_passes_it() {
    assertThat(SpotMarket.CALM.buys(TYPE, 100, T0)).isTrue();
    assertThat(SpotMarket.CALM.buys(TYPE, 10, T0)).isFalse();
    var rare = new SpotMarket(1, new SpotMarket.Interruptions(true, Optional.of(0.0)));
    int now = (int) (100 * rare.price(TYPE, T0) / TYPE.onDemandNanos()) + 1;
    Instant outbid = rare.reclaims(TYPE, "i-1", now, T0).orElseThrow();
    assertThat(rare.buys(TYPE, now, outbid)).isFalse();
    assertThat(rare.buys(TYPE, now, outbid.minus(Duration.ofHours(1)))).isTrue();
    assertThat(rare.reclaims(TYPE, "i-1", 100, T0)).isEmpty();
  }

  @Test
  void instances_are_reclaimed_at_the_rate_that_was_asked_for() {
    int within = 0;
    int instances = 4000;
    for (int i = 0; i < instances; i++) {
      Instant at = HALF_AN_HOUR.reclaims(TYPE, "i-" + i, 100, T0).orElseThrow();
      within += at.isBefore(T0.plus(Duration.ofHours(1))) ? 1 : 0;
      assertThat(HALF_AN_HOUR.reclaims(TYPE, "i-" + i, 100, T0)).hasValue(at);
    }
    assertThat(within / (double) instances).isBetween(0.47, 0.53);
    assertThat(SpotMarket.CALM.reclaims(TYPE, "i-1", 100, T0)).isEmpty();
  }

  @Test
  void the_cost_adds_up_over_hours_of_other_prices() {
    Instant half = T0.plus(Duration.ofMinutes(30));
    long whole = SpotMarket.CALM.cost(TYPE, half, half.plus(Duration.ofHours(3)));
    long parts = 0;
    for (int m = 0; m < 180; m += 10) {
      parts +=
          SpotMarket.CALM.cost(
              TYPE, half.plus(Duration.ofMinutes(m)), half.plus(Duration.ofMinutes(m + 10)));
    }
    assertThat(parts).isBetween(whole - 20, whole + 20);
    assertThat(SpotMarket.CALM.cost(TYPE, T0, T0.plus(Duration.ofHours(1))))
        .isEqualTo(SpotMarket.CALM.price(TYPE, T0));
  }
}

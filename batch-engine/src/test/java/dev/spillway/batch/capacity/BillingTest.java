package dev.spillway.batch.capacity;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.job.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BillingTest {
  private static final Billing BILLING = new Billing(Catalogue.builtIn(), SpotMarket.CALM);
  private static final Instant HOUR = T0.plus(Duration.ofHours(1));

  private static Instance instance(Instance.Market market) {
    InstanceType type = Catalogue.builtIn().type("m5.large");
    return new Instance(
        "i-1",
        "ce",
        type.name(),
        type.size(),
        market,
        Instance.Phase.UP,
        T0,
        Optional.of(T0),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void an_instance_costs_its_list_price_by_the_second_and_a_minute_at_least() {
    Instance m5 = instance(Instance.Market.ON_DEMAND);
    assertThat(BILLING.instance(m5, T0, HOUR)).isEqualTo(96_000_000);
    assertThat(BILLING.instance(m5, T0, T0.plusSeconds(90))).isEqualTo(2_400_000);
    assertThat(BILLING.instance(m5, T0, T0.plusSeconds(5))).isEqualTo(1_600_000);
    assertThat(BILLING.instance(instance(Instance.Market.SPOT), T0, HOUR))
        .isEqualTo(SpotMarket.CALM.price(Catalogue.builtIn().type("m5.large"), T0));
    assertThat(BILLING.instance(instance(Instance.Market.HOST), T0, HOUR)).isZero();
  }

  @Test
  void the_parts_of_those_who_fill_an_instance_are_the_whole() {
    Instance m5 = instance(Instance.Market.ON_DEMAND);
    long lean = BILLING.attempt(m5, new Size(1000, 2048, 0), T0, HOUR);
    long fat = BILLING.attempt(m5, new Size(1000, 6144, 0), T0, HOUR);
    assertThat(lean + fat).isEqualTo(96_000_000);
    assertThat(fat).isGreaterThan(lean);
  }

  @Test
  void fargate_costs_what_it_was_asked_for_and_a_minute_at_least() {
    Size size = new Size(1000, 2048, 0);
    long hour = 40_480_000 + 2 * 4_445_000;
    assertThat(BILLING.fargate(size, false, T0, HOUR)).isEqualTo(hour);
    assertThat(BILLING.fargate(size, false, T0, T0.plusSeconds(3)))
        .isEqualTo(Math.round(hour / 60.0));
    assertThat(BILLING.fargate(size, true, T0, HOUR)).isLessThan(hour / 2);
  }
}

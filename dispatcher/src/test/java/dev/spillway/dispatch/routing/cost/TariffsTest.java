package dev.spillway.dispatch.routing.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.dispatch.routing.cost.Prices.Size;
import dev.spillway.dispatch.routing.cost.Tariffs.Instances;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against AWS's own billing rules, worked out by hand. */
class TariffsTest {
  private static final Tariffs TARIFFS = new Tariffs(TestPrices.PRICES, TestPrices.STARTS);
  private static final Size SMALL = new Size(1, 2048, 512, 0, "x86_64");

  private static Tariff fargate(Size size, boolean spot) {
    return TARIFFS.fargate(size, spot, 0).orElseThrow();
  }

  @Test
  void a_function_pays_its_memory_by_the_second_and_its_request() {
    Tariff tariff = TARIFFS.function(2048, 512, "x86_64", 900);
    assertThat(tariff.cost(30)).isCloseTo(0.0010002, within(1e-7));
    assertThat(tariff.cost(600)).isCloseTo(0.0200002, within(1e-6));
    assertThat(tariff.cost(5_000)).as("it is ended at its limit").isEqualTo(tariff.cost(900));
  }

  @Test
  void a_function_pays_scratch_space_over_512_mib_and_less_on_arm() {
    double plain = TARIFFS.function(1024, 512, "x86_64", 900).cost(100);
    assertThat(TARIFFS.function(1024, 10_240, "x86_64", 900).cost(100) - plain)
        .isCloseTo(9.5 * 100 * 0.0000000309, within(1e-9));
    assertThat(TARIFFS.function(1024, 512, "arm64", 900).cost(100)).isLessThan(plain);
  }

  @Test
  void fargate_pays_a_minute_at_least_and_its_start() {
    double minute = (0.04048 + 2 * 0.004445) / 60;
    assertThat(fargate(SMALL, false).cost(5)).isCloseTo(minute, within(1e-9));
    assertThat(fargate(SMALL, false).cost(40)).isCloseTo(minute, within(1e-9));
    assertThat(fargate(SMALL, false).cost(580)).isCloseTo(10 * minute, within(1e-9));
    assertThat(fargate(SMALL, true).cost(580)).isCloseTo(10 * minute * 0.3, within(1e-4));
  }

  @ParameterizedTest
  @CsvSource({
    "0.25, 512, 0.25, 512",
    "0.25, 1500, 0.25, 2048",
    "0.25, 3000, 0.5, 3072",
    "1, 2048, 1, 2048",
    "1, 9000, 2, 9216",
    "3, 1024, 4, 8192",
    "8, 17000, 8, 20480",
    "16, 122880, 16, 122880"
  })
  void fargate_sells_the_next_size_of_its_table(
      double vcpus, long memory, double sold, long soldMemory) {
    assertThat(FargateSize.holding(vcpus, memory)).contains(new FargateSize(sold, soldMemory));
  }

  @Test
  void what_no_place_sells_has_no_tariff() {
    assertThat(FargateSize.holding(17, 1024)).isEmpty();
    assertThat(FargateSize.holding(1, 122_881)).isEmpty();
    Size huge = new Size(1, 4_000_000, 0, 0, "x86_64");
    assertThat(TARIFFS.ec2(huge, false, new Instances(List.of(), true, 0))).isEmpty();
  }

  @Test
  void a_job_pays_its_part_of_an_instance_that_is_up() {
    Tariff tariff =
        TARIFFS.ec2(SMALL, false, new Instances(List.of("c6i.large"), true, 7)).orElseThrow();
    double part = 2048.0 / (4096 - 512);
    assertThat(tariff.cost(597)).isCloseTo(0.085 * part * 600 / 3600, within(1e-9));
    assertThat(tariff.waitSeconds()).isEqualTo(10);
  }

  @Test
  void a_new_instance_is_paid_whole_from_its_start_until_it_has_been_idle() {
    Tariff tariff =
        TARIFFS.ec2(SMALL, false, new Instances(List.of("m5.large"), false, 0)).orElseThrow();
    assertThat(tariff.cost(7)).isCloseTo(0.096 * (90 + 300 + 7 + 3) / 3600, within(1e-9));
    assertThat(tariff.basis()).contains(new Basis(Basis.Kind.NEW_INSTANCE, "m5.large", 390));
  }

  @Test
  void spot_is_cheaper_and_a_long_run_counts_what_reclaims_repeat() {
    var instances = new Instances(List.of("m5.xlarge"), true, 0);
    Tariff spot = TARIFFS.ec2(SMALL, true, instances).orElseThrow();
    Tariff onDemand = TARIFFS.ec2(SMALL, false, instances).orElseThrow();
    assertThat(spot.cost(600) / onDemand.cost(600)).isCloseTo(0.34, within(0.001));
    double tenHours = 36_000;
    // 28 % of the type's instances are reclaimed in a month: 0.45 % in ten hours.
    assertThat(spot.chanceOfLoss(tenHours)).isCloseTo(0.0045, within(0.0001));
    assertThat(spot.cost(tenHours)).isGreaterThan(0.34 * onDemand.cost(tenHours));
    assertThat(onDemand.chanceOfLoss(tenHours)).isZero();
  }

  @Test
  void fargate_spot_is_reclaimed_too_and_a_long_run_counts_it() {
    Tariff spot = TARIFFS.fargate(SMALL, true, 0).orElseThrow();
    Tariff onDemand = TARIFFS.fargate(SMALL, false, 0).orElseThrow();
    // 12.5 % in a month: 0.18 % in ten hours.
    assertThat(spot.chanceOfLoss(36_000)).isCloseTo(0.0018, within(0.0001));
    assertThat(onDemand.chanceOfLoss(36_000)).isZero();
  }

  @Test
  void a_gpu_is_paid_only_where_one_is_asked_for() {
    var any = new Instances(List.of("optimal"), true, 0);
    Tariff gpu = TARIFFS.ec2(new Size(1, 2048, 0, 1, "x86_64"), false, any).orElseThrow();
    assertThat(gpu.basis().orElseThrow().instanceType()).startsWith("g");
    assertThat(gpu.cost(3600)).isGreaterThan(0.5);
    assertThat(TARIFFS.ec2(SMALL, false, any).orElseThrow().cost(3600)).isLessThan(0.1);
  }
}

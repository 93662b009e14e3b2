package dev.spillway.batch.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.computeenvironment.ComputeResources;
import dev.spillway.batch.job.Size;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllocationTest {

  private static ComputeResources resources(String type, String strategy, String instanceTypes) {
    return ComputeResources.of(
        """
        {"computeResources":{"type":"%s","allocationStrategy":"%s","minvCpus":0,"maxvCpus":64,\
        "instanceTypes":[%s]}}"""
            .formatted(
                type,
                strategy,
                String.join(
                    ",", Stream.of(instanceTypes.split(" ")).map(t -> '"' + t + '"').toList())));
  }

  /** Offers at their usual prices. */
  private static List<Offer> offers(ComputeResources resources) {
    boolean spot = resources.kind().spot();
    return Catalogue.builtIn().expand(resources.instanceTypes()).stream()
        .map(
            t ->
                new Offer(
                    t, spot ? t.onDemandNanos() * (100 - t.spotSaving()) / 100 : t.onDemandNanos()))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    // The cheapest that holds one job, whatever waits.
    "EC2, BEST_FIT, m5 c5, 1, 1024, 20, c5.large",
    "EC2, BEST_FIT, m5 c5, 1, 6144, 1, m5.large",
    // By the jobs that it holds: one small instance for one job, a large one for many.
    "EC2, BEST_FIT_PROGRESSIVE, c5, 2, 1024, 1, c5.large",
    "EC2, BEST_FIT_PROGRESSIVE, c5, 2, 1024, 8, c5.4xlarge",
    "EC2, BEST_FIT_PROGRESSIVE, m5 c5 r5, 1, 16384, 1, r5.large",
    // In the order that was asked for, though it costs more.
    "EC2, BEST_FIT_PROGRESSIVE_ORDERED, r5.large m5.large, 1, 1024, 1, r5.large",
    "EC2, BEST_FIT_PROGRESSIVE_ORDERED, m5 c5, 2, 1024, 1, m5.large",
    // Interruptions a month: c5.large under 5 %, m5.large 15 to 20 %.
    "SPOT, SPOT_CAPACITY_OPTIMIZED, m5.large c5.large, 1, 1024, 1, c5.large",
    "SPOT, SPOT_PRICE_CAPACITY_OPTIMIZED, m5.large c5.large, 1, 1024, 1, c5.large",
    "SPOT, SPOT_CAPACITY_OPTIMIZED_PRIORITIZED, r5.large c5.large, 1, 1024, 1, r5.large",
  })
  void each_strategy_chooses_its_own(
      String kind, String strategy, String types, int vcpus, int mib, int wanted, String expected) {
    ComputeResources resources = resources(kind, strategy, types);
    assertThat(
            Allocation.choose(
                    resources, offers(resources), new Size(vcpus * 1000L, mib, 0), wanted, 64_000)
                .map(o -> o.type().name()))
        .hasValue(expected);
  }

  @Test
  void the_last_instance_may_go_over_the_limit_but_not_under_best_fit_on_demand() {
    Size four = new Size(4000, 1024, 0);
    ComputeResources progressive = resources("EC2", "BEST_FIT_PROGRESSIVE", "c5");
    assertThat(Allocation.choose(progressive, offers(progressive), four, 1, 2000)).isPresent();
    assertThat(Allocation.choose(progressive, offers(progressive), four, 1, 0)).isEmpty();
    ComputeResources strict = resources("EC2", "BEST_FIT", "c5");
    assertThat(Allocation.choose(strict, offers(strict), four, 1, 2000)).isEmpty();
    ComputeResources spot = resources("SPOT", "BEST_FIT", "c5");
    assertThat(Allocation.choose(spot, offers(spot), four, 1, 2000)).isPresent();
  }

  @Test
  void bundles_families_and_sizes_are_expanded_in_their_order() {
    Catalogue catalogue = Catalogue.builtIn();
    assertThat(catalogue.expand(List.of("optimal")))
        .extracting(InstanceType::family)
        .containsOnly("m6i", "c6i", "r6i", "c7i");
    assertThat(catalogue.expand(List.of("default_arm64")))
        .extracting(InstanceType::architecture)
        .containsOnly("ARM64");
    assertThat(catalogue.expand(List.of("c5", "c5.xlarge")))
        .extracting(InstanceType::name)
        .startsWith("c5.large", "c5.2xlarge")
        .endsWith("c5.xlarge");
    assertThat(catalogue.expand(List.of("z9.huge"))).isEmpty();
  }
}

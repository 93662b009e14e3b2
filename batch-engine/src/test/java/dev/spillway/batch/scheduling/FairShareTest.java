package dev.spillway.batch.scheduling;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FairShareTest {
  private static final Duration HALF = Duration.ofMinutes(5);

  private static Instant at(int minutes) {
    return T0.plus(Duration.ofMinutes(minutes));
  }

  @Test
  void a_share_that_uses_the_same_for_long_reads_as_what_it_uses() {
    ShareUse use = ShareUse.none(T0).plus(8_000, T0, HALF);
    assertThat(use.recent(at(0), HALF)).isZero();
    assertThat(use.recent(at(5), HALF)).isCloseTo(4, within(1e-9));
    assertThat(use.recent(at(10), HALF)).isCloseTo(6, within(1e-9));
    assertThat(use.recent(at(100), HALF)).isCloseTo(8, within(1e-4));
  }

  @Test
  void use_that_ended_fades_by_half_in_each_half_life() {
    ShareUse ended = ShareUse.none(T0).plus(8_000, T0, HALF).plus(-8_000, at(5), HALF);
    assertThat(ended.vcpuMillis()).isZero();
    assertThat(ended.recent(at(10), HALF)).isCloseTo(2, within(1e-9));
    assertThat(ended.recent(at(15), HALF)).isCloseTo(1, within(1e-9));
  }

  @Test
  void what_is_told_late_counts_as_if_it_had_been_told_in_time() {
    ShareUse inTime = ShareUse.none(T0).plus(4_000, at(2), HALF).plus(2_000, at(4), HALF);
    ShareUse late = ShareUse.none(T0).plus(2_000, at(4), HALF).plus(4_000, at(2), HALF);
    assertThat(late.recent(at(9), HALF)).isCloseTo(inTime.recent(at(9), HALF), within(1e-9));
  }

  @Test
  void those_of_a_prefix_divide_one_portion_and_the_unnamed_weigh_one() {
    FairShare policy =
        FairShare.of(
            0, 0, List.of(new FairShare.Weight("A*", 0.5), new FairShare.Weight("B", 0.25)));
    assertThat(policy.window()).isEqualTo(Duration.ofMinutes(10));
    assertThat(policy.factors(List.of("A1", "A2", "B", "Bx", "C")))
        .isEqualTo(Map.of("A1", 1.0, "A2", 1.0, "B", 0.25, "Bx", 1.0, "C", 1.0));
  }

  @Test
  void the_reservation_shrinks_with_each_share_that_is_active() {
    FairShare policy = FairShare.of(600, 50, List.of());
    assertThat(policy.usable(64_000, 1)).isEqualTo(32_000);
    assertThat(policy.usable(64_000, 2)).isEqualTo(48_000);
    assertThat(policy.usable(64_000, 3)).isEqualTo(56_000);
    assertThat(FairShare.of(600, 0, List.of()).usable(64_000, 1)).isEqualTo(64_000);
  }
}

package dev.spillway.batch.consumableresource;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConsumableResourceTest {
  private static final Instant T0 = Instant.parse("2026-11-21T00:00:00Z");
  private static final ConsumableResource LICENCE =
      new ConsumableResource("licence", ConsumableResource.Type.REPLENISHABLE, 5, T0, "{}");

  @Test
  void a_token_is_remembered_for_eight_hours() {
    ConsumableResource updated = LICENCE.total(6, Optional.of("t"), T0);
    assertThat(updated.totalQuantity()).isEqualTo(6);
    assertThat(updated.version()).isEqualTo(2);
    assertThat(updated.updatedUnder("t", T0.plus(Duration.ofHours(8)))).isTrue();
    assertThat(updated.updatedUnder("t", T0.plus(Duration.ofHours(8)).plusMillis(1))).isFalse();
    assertThat(updated.updatedUnder("other", T0)).isFalse();
    assertThat(updated.total(7).tagged("{}").updatedUnder("t", T0)).isTrue();
  }

  @Test
  void of_many_tokens_the_newest_thousand_are_kept_and_old_ones_go() {
    ConsumableResource resource = LICENCE;
    for (int i = 0; i < 1_500; i++) {
      resource = resource.total(i, Optional.of("t" + i), T0.plusMillis(i));
    }
    assertThat(resource.clientTokens()).hasSize(1_000).containsKeys("t500", "t1499");
    ConsumableResource later = resource.total(1, Optional.empty(), T0.plus(Duration.ofDays(1)));
    assertThat(later.clientTokens()).isEmpty();
  }
}

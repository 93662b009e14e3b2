package dev.spillway.dispatch.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class SeenStartsTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

  /** One after the other, a minute apart. */
  private static SeenStarts apart(double... seconds) {
    SeenStarts seen = SeenStarts.NONE;
    for (int i = 0; i < seconds.length; i++) {
      seen = seen.with(seconds[i], NOON.plusSeconds(60L * i));
    }
    return seen;
  }

  @Test
  void fewer_than_three_say_nothing() {
    assertThat(SeenStarts.NONE.seconds()).isEmpty();
    assertThat(apart(1, 1).seconds()).isEmpty();
    assertThat(apart(1, 2, 3).seconds().orElseThrow()).isCloseTo(2, within(1e-9));
  }

  @Test
  void the_last_ones_count_most() {
    double[] seconds = new double[40];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = i < 20 ? 90 : 1;
    }
    assertThat(apart(seconds).seconds().orElseThrow()).isBetween(1.0, 3.0);
  }

  @Test
  void of_jobs_sent_together_only_the_soonest_counts() {
    SeenStarts seen = apart(1, 1, 1);
    Instant later = NOON.plusSeconds(3_600);
    for (int i = 0; i < 100; i++) {
      seen = seen.with(100 - i, later.plusMillis(i));
    }
    assertThat(seen.count()).isEqualTo(4);
    assertThat(seen.seconds().orElseThrow()).isCloseTo(1, within(1e-9));
  }
}

package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.routing.Load;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RecentLoadsTest {
  private Instant now = Instant.parse("2026-11-21T00:00:00Z");
  private final Deque<Runnable> started = new ArrayDeque<>();
  private int looks;

  private RecentLoads loads(Supplier<Map<String, Load>> look) {
    return new RecentLoads(
        () -> {
          looks++;
          return look.get();
        },
        Duration.ofSeconds(1),
        started::add,
        () -> now);
  }

  private void finish() {
    started.remove().run();
  }

  @Test
  void a_plan_goes_by_the_last_look_and_a_thousand_plans_a_second_look_once() {
    RecentLoads loads = loads(() -> Map.of("night", new Load(true, looks, looks)));
    assertThat(loads.of("night")).isEqualTo(Load.UNKNOWN);
    finish();
    for (int i = 0; i < 1000; i++) {
      assertThat(loads.of("night")).isEqualTo(new Load(true, 1, 1));
    }
    assertThat(loads.of("day")).isEqualTo(Load.UNKNOWN);
    assertThat(looks).isEqualTo(1);
    now = now.plusSeconds(1);
    assertThat(loads.of("night")).isEqualTo(new Load(true, 1, 1));
    assertThat(loads.of("night")).isEqualTo(new Load(true, 1, 1));
    assertThat(started).hasSize(1);
    finish();
    assertThat(loads.of("night")).isEqualTo(new Load(true, 2, 2));
  }

  @Test
  void a_look_of_long_ago_is_not_believed() {
    RecentLoads loads = loads(() -> Map.of("night", new Load(true, 5, 5)));
    loads.of("night");
    finish();
    now = now.plusSeconds(10);
    assertThat(loads.of("night")).isEqualTo(Load.UNKNOWN);
    finish();
    assertThat(loads.of("night")).isEqualTo(new Load(true, 5, 5));
  }

  @Test
  void a_look_that_fails_leaves_nothing_known_until_the_next() {
    RecentLoads loads =
        loads(
            () -> {
              if (looks == 1) {
                throw new IllegalStateException("no engine");
              }
              return Map.of("night", new Load(true, 5, 5));
            });
    loads.of("night");
    finish();
    assertThat(loads.of("night")).isEqualTo(Load.UNKNOWN);
    assertThat(started).isEmpty();
    now = now.plusSeconds(1);
    loads.of("night");
    finish();
    assertThat(loads.of("night")).isEqualTo(new Load(true, 5, 5));
  }
}

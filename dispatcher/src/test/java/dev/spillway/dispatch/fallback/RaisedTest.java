package dev.spillway.dispatch.fallback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.routing.Route;
import dev.spillway.dispatch.wiring.DispatchDefaults;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is said of memory and disk after they ran out, next to what is asked for. */
class RaisedTest {
  private static final Instant T0 = Instant.parse("2026-11-21T02:00:00Z");
  private static final FallbackRules RULES =
      DispatchDefaults.settings(Path.of("unused"), 1).fallback();
  private static final Failure HEAP =
      Failure.ofFunction("java.lang.OutOfMemoryError", "Java heap space");
  private static final Failure DISK =
      Failure.ofFunction("java.io.IOException", "No space left on device");

  private static String said(Orders.Leg first, Failure failure, Orders.Leg next) {
    Orders orders = new Orders(List.of(first, next), RetryPolicy.NONE, Optional.empty());
    Journey journey =
        Fallback.step(
                orders,
                Fallback.begin(orders, List.of(), T0).journey(),
                new JourneyEvent.HopFailed(1, failure, List.of()),
                RULES,
                T0)
            .journey();
    return Raised.text(orders, journey.hops().getFirst(), journey.hops().getLast());
  }

  private static Orders.Leg spot(long mib, long most) {
    return new Orders.Leg(Route.BATCH_SPOT, mib, 512, new MemoryRange(most, 1), 0);
  }

  @Test
  void more_memory_and_where_it_ends() {
    Orders.Leg function = new Orders.Leg(Route.FUNCTION, 3_008, 512);
    assertThat(said(function, HEAP, spot(512, 100_000)))
        .isEqualTo(" with 6,016 MiB of memory instead of 3,008 MiB");
    assertThat(said(function, HEAP, spot(512, 3_686)))
        .isEqualTo(
            " with 3,686 MiB of memory instead of 3,008 MiB, the most that it can have there");
    assertThat(said(function, HEAP, spot(512, 2_000)))
        .isEqualTo(" with 2,000 MiB of memory: it can have no more there");
    assertThat(said(spot(512, 2_000), HEAP, new Orders.Leg(Route.FUNCTION, 256, 512)))
        .isEqualTo(" with 256 MiB of memory: it can have no more there");
    assertThat(said(spot(130_000, 999_999), HEAP, spot(512, 999_999)))
        .isEqualTo(" with 122,880 MiB of memory, the most that a raise may ask for");
  }

  @Test
  void no_disk_is_claimed_that_batch_does_not_take_with_a_job() {
    Orders.Leg function = new Orders.Leg(Route.FUNCTION, 512, 10_240);
    assertThat(said(function, DISK, spot(512, 999)))
        .isEqualTo(", whose disk is that of its instance: Batch takes no other size for one job");
    assertThat(said(spot(512, 999), DISK, function)).isEqualTo(", which has 10,240 MiB of disk");
  }

  @Test
  void nothing_is_said_when_nothing_ran_out() {
    assertThat(said(spot(512, 999), Failure.ofFunction("Sandbox.Timedout", "late"), spot(512, 999)))
        .isEmpty();
  }
}

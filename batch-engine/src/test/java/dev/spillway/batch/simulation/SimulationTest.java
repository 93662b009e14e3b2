package dev.spillway.batch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many worlds, each from one seed. */
@Tag("simulation")
class SimulationTest {
  private static final int JOBS = 60;

  @Test
  void in_every_world_each_job_ends_exactly_once() {
    int crashes = 0;
    for (long seed : seeds().toArray()) {
      try {
        World world = World.fromSeed(seed);
        world.run(JOBS);
        crashes += world.crashes;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed %d; again with: make sim SEED=%d".formatted(seed, seed), e);
      }
    }
    if (Long.getLong("spillway.seed") == null) {
      assertThat(crashes).as("crashes over all worlds: a simulator that never dies").isPositive();
    }
  }

  @Test
  void a_world_repeats_itself_from_its_seed() {
    World first = World.fromSeed(7);
    first.run(JOBS);
    World second = World.fromSeed(7);
    second.run(JOBS);
    assertThat(second.journal.eventsAfter(0, Integer.MAX_VALUE))
        .isEqualTo(first.journal.eventsAfter(0, Integer.MAX_VALUE));
    assertThat(second.crashes).isEqualTo(first.crashes);
  }

  private static LongStream seeds() {
    Long one = Long.getLong("spillway.seed");
    if (one != null) {
      return LongStream.of(one);
    }
    return LongStream.rangeClosed(1, Boolean.getBoolean("spillway.soak") ? 20_000 : 300);
  }
}

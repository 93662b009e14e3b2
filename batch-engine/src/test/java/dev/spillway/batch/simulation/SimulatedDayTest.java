package dev.spillway.batch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simulation")
class SimulatedDayTest {

  /** {@code -Dspillway.day.seed=N} for another day. */
  @Test
  void a_day_of_100_000_jobs_ends_and_is_the_same_twice() {
    long seed = Long.getLong("spillway.day.seed", 1);
    long began = System.nanoTime();
    SimulatedDay.Result day = SimulatedDay.run(seed);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    System.out.print(day.report());
    System.out.printf(
        "day: seed %d, %d steps in %d.%03d s%n",
        seed, day.steps(), took.toSeconds(), took.toMillisPart());
    assertThat(day.ended()).isEqualTo(SimulatedDay.JOBS);
    assertThat(day.leftInstances())
        .as("instances that minvCpus keeps, an hour after the last job")
        .isBetween(1, 8);
    assertThat(SimulatedDay.run(seed).report()).isEqualTo(day.report());
  }
}

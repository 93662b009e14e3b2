package dev.spillway.batch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many worlds, each from one seed. */
@Tag("simulation")
class SimulationTest {
  private static final int JOBS = 60;

  /** What must have happened in some world, so that the counts say something. */
  private static final List<String> HABITS =
      List.of(
          "death before a commit",
          "death after a commit",
          "death before an effect",
          "machine lost",
          "cancel of a live job",
          "cancel of a live array",
          "cancel of a child with a record",
          "cancel of another child",
          "cancel of an ended job",
          "terminate of a live job",
          "terminate of a live array",
          "terminate of a child with a record",
          "terminate of another child",
          "terminate of an ended job",
          "terminate of all",
          "told twice",
          "dependency",
          "array",
          "sequence",
          "N_TO_N",
          "N_TO_N and SEQUENTIAL",
          "large array",
          "tokens",
          "clock forward",
          "clock back",
          "environment off",
          "environment on",
          "maxvCpus changed",
          "queue off",
          "queue on",
          "queue deleted",
          "queue deleted with jobs",
          "queue made again",
          "submit refused",
          "tag of a live job",
          "tag of an ended job");

  @Test
  void in_every_world_each_job_ends_exactly_once() {
    SortedMap<String, Integer> happened = new TreeMap<>();
    long[] seeds = seeds().toArray();
    int steps = 0;
    for (long seed : seeds) {
      try {
        World world = World.fromSeed(seed);
        world.run(JOBS);
        steps += world.steps;
        world.happened.forEach((what, times) -> happened.merge(what, times, Integer::sum));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed %d; again with: make sim SEED=%d".formatted(seed, seed), e);
      }
    }
    System.out.printf(
        "simulation: seeds: %d, steps: %d, violations: 0%nsimulation: %s%n",
        seeds.length, steps, happened);
    if (Long.getLong("spillway.seed") == null) {
      assertThat(happened.keySet())
          .as("a simulator in which this never happens")
          .containsAll(HABITS);
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

  /** Those that failed once, and then as many as there is time for. */
  private static LongStream seeds() {
    Long one = Long.getLong("spillway.seed");
    if (one != null) {
      return LongStream.of(one);
    }
    return LongStream.concat(
        failedOnce(),
        LongStream.rangeClosed(1, Boolean.getBoolean("spillway.soak") ? 20_000 : 1_000));
  }

  private static LongStream failedOnce() {
    try (InputStream file = SimulationTest.class.getResourceAsStream("/seeds/simulation.txt")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .mapToLong(Long::parseLong);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

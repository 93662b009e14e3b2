package dev.spillway.batch.engine;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.queue;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.replay.VirtualEngine;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A large job among a stream of small ones that never ends: it starts, wherever the small ones come
 * from and whether or not they may pass it.
 */
class EngineStarvationTest {
  private static final int WORLDS = 150;
  private static final Duration AGES_AFTER = CapacitySettings.DEFAULT.agesAfter();
  private static final Duration LONGEST = Duration.ofMinutes(20);

  /** Whether small jobs may pass the large one, and what bounds them. */
  private enum Kind {
    /** They come from a queue that is served later, in an environment that lets nobody pass. */
    OTHER_QUEUE,
    /** They stand behind it and have no timeout. */
    PASSING,
    /** They stand behind it and end by their timeout. */
    PASSING_IN_TIME
  }

  /** Small jobs that started while the large one waited, in the last world. */
  private int passed;

  private Duration waited(long seed, Kind kind, boolean instances) {
    passed = 0;
    Random random = new Random(seed);
    Map<String, Duration> runs = new HashMap<>();
    VirtualEngine engine =
        new VirtualEngine(
            Fixtures.limits(1_000_000, 1L << 40),
            T0,
            VirtualEngine.Times.running(job -> runs.getOrDefault(job.id(), LONGEST)),
            VirtualEngine.upAfter(Duration.ofSeconds(30)));
    String resources =
        instances
            ? """
              {"type":"EC2","allocationStrategy":"BEST_FIT_PROGRESSIVE","minvCpus":4,"maxvCpus":4,\
              "instanceTypes":["m6i.xlarge"]}"""
            : "{\"type\":\"FARGATE\",\"maxvCpus\":4}";
    String tags = kind == Kind.OTHER_QUEUE ? "{}" : "{\"spillway:backfill\":\"true\"}";
    engine.tell(new Command.CreateComputeEnvironment(environment("ce", resources, tags)));
    engine.tell();
    engine.tell(
        new Command.CreateJobQueue(queue("first", 10, "ce")),
        new Command.CreateJobQueue(queue("second", 1, "ce")));
    Instant asked = T0.plus(Duration.ofMinutes(1));
    Instant[] started = new Instant[1];
    engine.watch(
        event -> {
          if (event instanceof Event.JobChanged(_, Job after)
              && after.state() instanceof JobState.Starting) {
            if (after.id().equals("large")) {
              started[0] = engine.now();
            } else if (started[0] == null && engine.now().isAfter(asked)) {
              passed++;
            }
          }
        });
    String small = kind == Kind.OTHER_QUEUE ? "second" : "first";
    Instant at = T0;
    Instant end = T0.plus(Duration.ofHours(6));
    for (int i = 0; at.isBefore(end); i++) {
      String id = "small-" + i;
      Duration run = Duration.ofSeconds(60 + random.nextInt((int) LONGEST.toSeconds() - 60));
      runs.put(id, run);
      var job = aJob(id).on(small).needing(i < 4 ? 1 : 1 + random.nextInt(2), 64).createdAt(at);
      engine.submitAt(
          at, kind == Kind.PASSING_IN_TIME ? job.within(run.plusSeconds(1)).build() : job.build());
      // The first four fill the environment before the large one comes.
      at = i < 3 ? T0 : (i == 3 ? asked : at).plusSeconds(20 + random.nextInt(100));
    }
    engine.submitAt(asked, aJob("large").on("first").needing(4, 64).createdAt(asked).build());
    engine.run(end);
    assertThat(started[0]).as("seed %d, %s: the large job started", seed, kind).isNotNull();
    return Duration.between(asked, started[0]);
  }

  /** Nothing bounds the others' end but how long they run. */
  private static Duration most(Kind kind) {
    return switch (kind) {
      case OTHER_QUEUE, PASSING -> AGES_AFTER.plus(LONGEST).plusMinutes(1);
      case PASSING_IN_TIME -> LONGEST.plusMinutes(1);
    };
  }

  @Test
  void a_large_job_starts_among_small_ones_that_never_end() {
    for (Kind kind : Kind.values()) {
      Duration longest = Duration.ZERO;
      int passedBy = 0;
      int worlds = 0;
      for (long seed = 1; seed <= WORLDS; seed++) {
        for (boolean instances : new boolean[] {false, true}) {
          Duration waited = waited(seed, kind, instances);
          assertThat(waited).as("seed %d, %s", seed, kind).isLessThanOrEqualTo(most(kind));
          longest = waited.compareTo(longest) > 0 ? waited : longest;
          passedBy += passed;
          worlds++;
        }
      }
      System.out.printf(
          "starvation: %s: worlds %d, large jobs started %d, passed by %d, longest wait %d min of %d%n",
          kind, worlds, worlds, passedBy, longest.toMinutes(), most(kind).toMinutes());
      assertThat(passedBy)
          .as("%s: jobs that started while the large one waited", kind)
          .isPositive();
    }
  }
}

package dev.spillway.batch.simulation;

import static dev.spillway.batch.testkit.Fixtures.aJob;

import dev.spillway.batch.engine.Command;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Those who submit, cancel, terminate and tag. */
final class Users {
  private static final List<String> QUEUES = List.of("high", "low", "high", "low", "extra");

  private final World world;
  private final Random random;
  private final Habits habits;
  private final Map<Integer, List<String>> arrays = new HashMap<>();
  private int submitted;

  Users(World world, Random random, Habits habits) {
    this.world = world;
    this.random = random;
    this.habits = habits;
  }

  int submitted() {
    return submitted;
  }

  void acknowledged(String id) {
    Integer size = world.sizes.get(id);
    if (size != null) {
      arrays.computeIfAbsent(size, _ -> new ArrayList<>()).addFirst(id);
    }
  }

  JobSpec newJob() {
    String id = "job-" + (++submitted);
    Fixtures.JobBuilder job =
        aJob(id)
            .on(QUEUES.get(random.nextInt(QUEUES.size())))
            .needing(1 + random.nextInt(3), 16 << random.nextInt(8))
            .tried(1 + random.nextInt(3), rules())
            .keyed("key-" + id, id)
            .createdAt(world.clock.instant());
    if (world.chance(habits.dependent()) && !world.acknowledged.isEmpty()) {
      job.after(anyJob(), anyJob());
      world.happened("dependency");
    }
    if (world.chance(habits.large())) {
      array(job, id, 50 + random.nextInt(random.nextInt(10) == 0 ? 4_951 : 100));
      world.happened("large array");
    } else if (world.chance(habits.array())) {
      array(job, id, 2 + random.nextInt(5));
    }
    if (world.chance(habits.consuming())) {
      job.holding("licences", 1 + random.nextInt(2));
    }
    if (world.chance(habits.consuming() / 2)) {
      job.holding("tokens", 1 + random.nextInt(2));
      world.happened("tokens");
    }
    if (random.nextInt(3) == 0) {
      job.within(Duration.ofSeconds(60 + random.nextInt(600)));
    }
    return job.build();
  }

  private void array(Fixtures.JobBuilder job, String id, int size) {
    boolean sequential = random.nextInt(3) == 0;
    List<String> targets =
        arrays.getOrDefault(size, List.of()).stream()
            .filter(_ -> world.chance(habits.dependent()))
            .limit(2)
            .toList();
    if (sequential) {
      job.sequence(size);
      world.happened("sequence");
    } else {
      job.array(size);
      world.happened("array");
    }
    targets.forEach(job::afterEach);
    if (!targets.isEmpty()) {
      world.happened(sequential ? "N_TO_N and SEQUENTIAL" : "N_TO_N");
    }
    world.sizes.put(id, size);
  }

  /** Any job that was acknowledged, or one child of one. */
  private String anyJob() {
    if (random.nextInt(4) == 0 && world.lastChild != null) {
      return world.lastChild; // it may run, or try again
    }
    String id = world.acknowledged.get(random.nextInt(world.acknowledged.size()));
    Integer size = world.sizes.get(id);
    return size != null && random.nextInt(3) == 0 ? id + ":" + random.nextInt(size) : id;
  }

  private RetryRules.Rule[] rules() {
    return random.nextInt(3) > 0
        ? new RetryRules.Rule[0]
        : new RetryRules.Rule[] {
          new RetryRules.Rule(
              Optional.of("Host EC2*"),
              Optional.empty(),
              Optional.empty(),
              RetryRules.Action.RETRY),
          new RetryRules.Rule(
              Optional.empty(), Optional.of("*"), Optional.empty(), RetryRules.Action.EXIT)
        };
  }

  /** What they ask of jobs that are there, or were. */
  void requests(List<Command> batch) {
    if (world.acknowledged.isEmpty()) {
      return;
    }
    if (world.chance(habits.cancel())) {
      String id = anyJob();
      world.happened("cancel of " + what(id));
      batch.add(new Command.CancelJob(id, "cancelled"));
    }
    if (world.chance(habits.terminate())) {
      String id = anyJob();
      world.happened("terminate of " + what(id));
      batch.add(new Command.TerminateJob(id, "terminated"));
    }
    if (world.chance(habits.tag())) {
      String id = world.acknowledged.get(random.nextInt(world.acknowledged.size()));
      String tags = "{\"n\":\"" + random.nextInt(1_000) + "\"}";
      world.happened(
          world.view().job(id).isPresent() ? "tag of a live job" : "tag of an ended job");
      batch.add(new Command.TagJob(id, tags));
      world.tags.put(id, tags);
    }
  }

  /** A job in the words of the report. */
  private String what(String id) {
    boolean live = world.view().job(id).isPresent();
    if (id.contains(":")) {
      return live ? "a child with a record" : "another child";
    }
    return !live ? "an ended job" : world.sizes.containsKey(id) ? "a live array" : "a live job";
  }
}

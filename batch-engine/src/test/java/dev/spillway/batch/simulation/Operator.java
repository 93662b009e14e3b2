package dev.spillway.batch.simulation;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.queue;

import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.computeenvironment.ComputeEnvironment;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.jobqueue.JobQueue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Whoever makes the resources, and changes them while jobs run; and whoever sets the clock. */
final class Operator {
  static final int LICENCES = 2;
  static final int TOKENS = 12;
  static final Map<String, Integer> ENVIRONMENTS = Map.of("x", 3, "y", 6);
  private static final List<String> NAMES = List.of("x", "y");

  private final World world;
  private final Random random;
  private final Habits habits;

  Operator(World world, Random random, Habits habits) {
    this.world = world;
    this.random = random;
    this.habits = habits;
  }

  static List<Command> environments() {
    return List.of(
        new Command.CreateComputeEnvironment(environment("x", ENVIRONMENTS.get("x"))),
        new Command.CreateComputeEnvironment(
            environment(
                "y",
                """
                {"type":"SPOT","allocationStrategy":"SPOT_PRICE_CAPACITY_OPTIMIZED","minvCpus":0,\
                "maxvCpus":%d,"instanceTypes":["c6i","m6i"]}"""
                    .formatted(ENVIRONMENTS.get("y")),
                "{}")));
  }

  static List<Command> queues() {
    return List.of(
        new Command.CreateJobQueue(queue("high", 10, "x", "y")),
        new Command.CreateJobQueue(queue("low", 1, "y")),
        new Command.CreateJobQueue(queue("extra", 5, "x")),
        new Command.CreateConsumableResource(
            new ConsumableResource(
                "licences", ConsumableResource.Type.REPLENISHABLE, LICENCES, T0, "{}")),
        new Command.CreateConsumableResource(
            new ConsumableResource(
                "tokens", ConsumableResource.Type.NON_REPLENISHABLE, TOKENS, T0, "{}")));
  }

  /** Changes one thing, now and then. */
  void operate(List<Command> batch) {
    reclaim(batch);
    if (!world.chance(habits.operate())) {
      return;
    }
    switch (random.nextInt(7)) {
      case 0 -> change(NAMES.get(random.nextInt(2)), true, batch);
      case 1 -> change(NAMES.get(random.nextInt(2)), false, batch);
      case 2, 3, 4 -> toggle(List.of("high", "low", "extra").get(random.nextInt(3)), batch);
      default -> extra(batch);
    }
  }

  private void change(String name, boolean size, List<Command> batch) {
    ComputeEnvironment was = world.view().computeEnvironment(name).orElseThrow();
    boolean enabled = was.state() == ComputeEnvironment.State.ENABLED;
    world.happened(size ? "maxvCpus changed" : enabled ? "environment off" : "environment on");
    int vcpus = size ? 1 + random.nextInt(ENVIRONMENTS.get(name)) : was.maxVcpus();
    batch.add(
        new Command.UpdateComputeEnvironment(
            was.version(),
            was.updated(
                size || !enabled
                    ? size ? was.state() : ComputeEnvironment.State.ENABLED
                    : ComputeEnvironment.State.DISABLED,
                was.detail().replaceFirst("\"maxvCpus\":\\d+", "\"maxvCpus\":" + vcpus)),
            false,
            Optional.empty()));
  }

  private void reclaim(List<Command> batch) {
    List<Instance> up =
        world.view().instances().stream().filter(i -> i.phase() == Instance.Phase.UP).toList();
    if (!up.isEmpty() && world.chance(habits.reclaim())) {
      batch.add(
          new Command.ReclaimInstance(
              up.get(random.nextInt(up.size())).id(),
              random.nextBoolean()
                  ? Optional.empty()
                  : Optional.of(Duration.ofSeconds(random.nextInt(30)))));
      world.happened("instance reclaimed");
    }
  }

  private void toggle(String name, List<Command> batch) {
    world.view().jobQueue(name).ifPresent(q -> put(q, q.state() != JobQueue.State.ENABLED, batch));
  }

  private void put(JobQueue was, boolean enabled, List<Command> batch) {
    world.happened(enabled ? "queue on" : "queue off");
    batch.add(
        new Command.UpdateJobQueue(
            was.version(),
            new JobQueue(
                was.name(),
                enabled ? JobQueue.State.ENABLED : JobQueue.State.DISABLED,
                was.status(),
                was.priority(),
                was.computeEnvironments(),
                was.fargate(),
                was.schedulingPolicy(),
                was.createdAt(),
                was.version() + 1,
                was.detail())));
  }

  /** One queue comes and goes. */
  private void extra(List<Command> batch) {
    Optional<JobQueue> extra = world.view().jobQueue("extra");
    if (extra.isEmpty()) {
      batch.add(new Command.CreateJobQueue(queue("extra", 5, "x")));
      world.happened("queue made again");
    } else if (extra.get().status() == JobQueue.Status.VALID) {
      if (extra.get().state() == JobQueue.State.ENABLED) {
        put(extra.get(), false, batch);
      } else {
        batch.add(new Command.DeleteJobQueue("extra"));
        boolean inUse =
            world.view().liveJobs().stream().anyMatch(j -> j.spec().jobQueue().equals("extra"));
        world.happened(inUse ? "queue deleted with jobs" : "queue deleted");
      }
    }
  }

  /** A laptop wakes up, or somebody sets the clock back. */
  void jump() {
    if (!world.chance(habits.jump())) {
      return;
    }
    boolean back = random.nextInt(3) == 0;
    world.happened(back ? "clock back" : "clock forward");
    world.clock.advance(Duration.ofMinutes(random.nextInt(240)).multipliedBy(back ? -1 : 1));
  }

  /** So that the world can come to its end. */
  void allOn(List<Command> batch) {
    for (String name : NAMES) {
      ComputeEnvironment e = world.view().computeEnvironment(name).orElseThrow();
      if (!e.usable()) {
        change(name, false, batch);
      }
    }
  }
}

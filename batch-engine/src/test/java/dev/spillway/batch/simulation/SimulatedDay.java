package dev.spillway.batch.simulation;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.queue;

import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Charge;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.SpotMarket;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Event;
import dev.spillway.batch.job.AttemptRecord;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.JobState;
import dev.spillway.batch.job.JobStatus;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.jobqueue.JobQueue;
import dev.spillway.batch.replay.VirtualEngine;
import dev.spillway.batch.schedulingpolicy.SchedulingPolicy;
import dev.spillway.batch.testkit.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * A day of a busy team: jobs of five queues on Spot, on demand and Fargate, more by day than by
 * night, run times as they are in practice (most short, some long). All of it from one number.
 */
final class SimulatedDay {
  static final int JOBS = 100_000;

  /** Chance that a Spot instance is reclaimed within an hour: about 2 % of the attempts on them. */
  private static final double RECLAIMED_PER_HOUR = 0.33;

  private static final RetryRules SPOT_RETRY =
      new RetryRules(
          10,
          List.of(
              new RetryRules.Rule(
                  Optional.of("Host EC2*"),
                  Optional.empty(),
                  Optional.empty(),
                  RetryRules.Action.RETRY),
              new RetryRules.Rule(
                  Optional.empty(), Optional.of("*"), Optional.empty(), RetryRules.Action.EXIT)));

  private final Random random;
  private final VirtualEngine engine;
  private final Map<String, Tally> queues = new TreeMap<>();
  private final Map<String, Use> environments = new TreeMap<>();
  private int ended;

  /** What became of the jobs of a queue. */
  private static final class Tally {
    private int succeeded;
    private int failed;
    private int retried;
    private final List<Long> waits = new ArrayList<>();
  }

  /** What an environment did. */
  private static final class Use {
    private int launched;
    private int reclaimed;
    private int attempts;
    private int lost;
    private long attemptNanos;
    private long instanceNanos;
  }

  private SimulatedDay(long seed) {
    random = new Random(seed);
    engine =
        new VirtualEngine(
            Fixtures.limits(
                1_000_000,
                1L << 40,
                new CapacitySettings(
                    Duration.ZERO,
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(30),
                    Duration.ofMinutes(2),
                    new SpotMarket(
                        seed, new SpotMarket.Interruptions(true, Optional.of(RECLAIMED_PER_HOUR))),
                    Duration.ofMinutes(15))),
            T0,
            VirtualEngine.Times.running(_ -> runTime()),
            (instance, now) ->
                new CapacityEvent.Up(instance.id(), now.plusSeconds(60 + random.nextInt(120))));
  }

  /** Runs the day to the end of its last job; the report, the same for the same seed. */
  static Result run(long seed) {
    return new SimulatedDay(seed).run();
  }

  /** {@code leftInstances} are those that are there an hour after the last job. */
  record Result(String report, int ended, int leftInstances, int steps) {}

  private Result run() {
    engine.watch(this::seen);
    create();
    submitAll();
    engine.run(T0.plus(Duration.ofHours(24)));
    while (ended < JOBS && engine.now().isBefore(T0.plus(Duration.ofDays(3)))) {
      engine.run(engine.now().plus(Duration.ofMinutes(10)));
    }
    Instant last = engine.now();
    engine.run(last.plus(Duration.ofHours(1)));
    engine.charges().forEach(this::charged);
    return new Result(report(last), ended, engine.instances().size(), engine.steps());
  }

  private void create() {
    engine.tell(
        new Command.CreateComputeEnvironment(
            environment(
                "spot",
                """
                {"type":"SPOT","allocationStrategy":"SPOT_PRICE_CAPACITY_OPTIMIZED","minvCpus":0,\
                "maxvCpus":768,"instanceTypes":["optimal"]}""",
                "{}")),
        new Command.CreateComputeEnvironment(
            environment(
                "on-demand",
                """
                {"type":"EC2","allocationStrategy":"BEST_FIT_PROGRESSIVE","minvCpus":16,\
                "maxvCpus":256,"instanceTypes":["optimal"]}""",
                "{}")),
        new Command.CreateComputeEnvironment(environment("fargate", 256)),
        new Command.CreateSchedulingPolicy(
            new SchedulingPolicy(
                "tenants",
                1,
                """
                {"fairsharePolicy":{"shareDecaySeconds":3600,"shareDistribution":[\
                {"shareIdentifier":"gold","weightFactor":0.5},\
                {"shareIdentifier":"silver*","weightFactor":1}]}}""")));
    engine.tell();
    JobQueue tenants = queue("tenants", 40, "spot");
    engine.tell(
        new Command.CreateJobQueue(queue("urgent", 100, "on-demand")),
        new Command.CreateJobQueue(queue("batch", 50, "spot", "on-demand")),
        new Command.CreateJobQueue(
            new JobQueue(
                tenants.name(),
                tenants.state(),
                tenants.status(),
                tenants.priority(),
                tenants.computeEnvironments(),
                false,
                Optional.of("tenants"),
                T0,
                1,
                tenants.detail())),
        new Command.CreateJobQueue(queue("small", 30, "fargate")),
        new Command.CreateJobQueue(queue("nightly", 10, "spot")));
  }

  private void submitAll() {
    for (int i = 0; i < JOBS; i++) {
      int kind = random.nextInt(100);
      String queue =
          kind < 5
              ? "urgent"
              : kind < 40 ? "batch" : kind < 65 ? "tenants" : kind < 85 ? "small" : "nightly";
      Instant at =
          queue.equals("nightly")
              ? T0.plus(Duration.ofHours(1)).plusSeconds(random.nextInt(600))
              : T0.plusMillis(timeOfDay());
      engine.submitAt(at, job(i, queue, at));
    }
  }

  /** Twice as much at noon as at midnight. */
  private long timeOfDay() {
    while (true) {
      double day = random.nextDouble();
      if (random.nextDouble() * 1.5 < 1 - 0.5 * Math.cos(2 * Math.PI * day)) {
        return (long) (day * Duration.ofDays(1).toMillis());
      }
    }
  }

  private JobSpec job(int number, String queue, Instant at) {
    int vcpus = queue.equals("small") ? 1 : 1 << random.nextInt(4);
    var job =
        Fixtures.aJob("job-%06d".formatted(number))
            .on(queue)
            .needing(vcpus, vcpus * (1024 << random.nextInt(3)))
            .tried(
                SPOT_RETRY.attempts(), SPOT_RETRY.evaluateOnExit().toArray(RetryRules.Rule[]::new))
            .createdAt(at);
    return queue.equals("tenants")
        ? job.sharing(List.of("gold", "silver1", "silver2", "other").get(random.nextInt(4))).build()
        : job.build();
  }

  /** Two minutes in the middle, some an hour. */
  private Duration runTime() {
    double seconds = 120 * Math.exp(random.nextGaussian());
    return Duration.ofMillis((long) (Math.clamp(seconds, 3, 3600) * 1000));
  }

  private void seen(Event event) {
    switch (event) {
      case Event.InstancePut(Instance i) -> {
        Use use = use(i.computeEnvironment());
        use.launched += i.phase() == Instance.Phase.LAUNCHING ? 1 : 0;
        use.reclaimed += i.phase() == Instance.Phase.RECLAIMED ? 1 : 0;
      }
      case Event.JobChanged(Job before, Job after) -> {
        Tally tally = queues.computeIfAbsent(after.spec().jobQueue(), _ -> new Tally());
        if (after.state() instanceof JobState.Starting s
            && before.state() instanceof JobState.Runnable r) {
          tally.waits.add(Duration.between(r.since(), s.on().placedAt()).toMillis());
        }
        if (after.attempts().size() > before.attempts().size()) {
          attempt(after.attempts().getLast());
        }
        if (after.status().terminal()) {
          ended++;
          tally.succeeded += after.status() == JobStatus.SUCCEEDED ? 1 : 0;
          tally.failed += after.status() == JobStatus.FAILED ? 1 : 0;
          tally.retried += after.attempts().size() > 1 ? 1 : 0;
        }
      }
      default -> {}
    }
  }

  private void attempt(AttemptRecord attempt) {
    Use use = use(attempt.on().computeEnvironment());
    use.attempts++;
    use.lost += attempt.end().statusReason().startsWith("Host EC2") ? 1 : 0;
  }

  private void charged(Charge charge) {
    Use use = use(charge.computeEnvironment());
    if (charge.attempt().isPresent()) {
      use.attemptNanos += charge.nanos();
    } else {
      use.instanceNanos += charge.nanos();
    }
  }

  private Use use(String environment) {
    return environments.computeIfAbsent(environment, _ -> new Use());
  }

  private String report(Instant last) {
    StringBuilder text = new StringBuilder();
    text.append(
        "day: jobs %d, ended %d, last end after %s%n"
            .formatted(JOBS, ended, Duration.between(T0, last)));
    for (Map.Entry<String, Tally> entry : queues.entrySet()) {
      Tally t = entry.getValue();
      long[] waits = t.waits.stream().mapToLong(Long::longValue).sorted().toArray();
      text.append(
          String.format(
              Locale.ROOT,
              "queue %-9s succeeded %6d, failed %d, retried %5d, waited %.1f s in the middle, %.0f s at 95 %%%n",
              entry.getKey(),
              t.succeeded,
              t.failed,
              t.retried,
              quantile(waits, 0.5),
              quantile(waits, 0.95)));
    }
    long total = 0;
    for (Map.Entry<String, Use> entry : environments.entrySet()) {
      Use u = entry.getValue();
      boolean instances = u.instanceNanos > 0;
      long cost = instances ? u.instanceNanos : u.attemptNanos;
      total += cost;
      text.append(
          String.format(
              Locale.ROOT,
              "environment %-9s attempts %6d, lost %4d (%.1f %%), instances %4d, reclaimed %3d, used %5.1f %%, cost $%.2f, idle $%.2f%n",
              entry.getKey(),
              u.attempts,
              u.lost,
              100.0 * u.lost / Math.max(1, u.attempts),
              u.launched,
              u.reclaimed,
              instances ? 100.0 * u.attemptNanos / u.instanceNanos : 100,
              cost / 1e9,
              (instances ? u.instanceNanos - u.attemptNanos : 0) / 1e9));
    }
    return text.append(String.format(Locale.ROOT, "cost $%.2f%n", total / 1e9)).toString();
  }

  private static double quantile(long[] sorted, double q) {
    return sorted.length == 0 ? 0 : sorted[(int) (q * (sorted.length - 1))] / 1000.0;
  }
}

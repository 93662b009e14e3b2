package dev.spillway.batch.simulation;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.aJob;
import static dev.spillway.batch.testkit.Fixtures.environment;
import static dev.spillway.batch.testkit.Fixtures.limits;
import static dev.spillway.batch.testkit.Fixtures.queue;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.consumableresource.ConsumableResource;
import dev.spillway.batch.engine.AttemptRunner;
import dev.spillway.batch.engine.Command;
import dev.spillway.batch.engine.Effect;
import dev.spillway.batch.engine.Engine;
import dev.spillway.batch.engine.EngineCycle;
import dev.spillway.batch.engine.EngineView;
import dev.spillway.batch.engine.JobFinder;
import dev.spillway.batch.engine.Loaded;
import dev.spillway.batch.engine.Outcome;
import dev.spillway.batch.engine.Recovery;
import dev.spillway.batch.execution.Attempt;
import dev.spillway.batch.execution.AttemptId;
import dev.spillway.batch.execution.scripted.Script;
import dev.spillway.batch.execution.scripted.ScriptedExecutor;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.RetryRules;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.JournalException;
import dev.spillway.batch.testkit.Fixtures;
import dev.spillway.batch.testkit.InMemoryJournal;
import dev.spillway.batch.testkit.VirtualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * The whole engine in pretend time: the real step, cycle, recovery and attempt runner; a disk that
 * fails, a runner that follows scripts, a process that dies between any two lines. All of it from
 * one number. Per seed whole kinds of event are switched off and the rest weighed anew.
 */
final class World {
  static final int HOST_VCPUS = 8;
  static final long HOST_MEMORY_MIB = 4096;
  static final Duration STOP_GRACE = Duration.ofSeconds(30);
  static final int LICENCES = 2;
  static final Map<String, Integer> ENVIRONMENTS = Map.of("x", 3, "y", 6);

  final InMemoryJournal journal = new InMemoryJournal();
  final VirtualClock clock = new VirtualClock(T0);
  final ScriptedExecutor executor = new ScriptedExecutor(clock, this::script);
  final List<String> acknowledged = new ArrayList<>();
  final Map<String, Integer> sizes = new HashMap<>();
  boolean machineLost;
  int crashes;

  private final Random random;
  private final Habits habits;
  private final Checks checks = new Checks(this);
  private final Map<String, Script> scripts = new HashMap<>();
  private final Map<Integer, List<String>> arrays = new HashMap<>();
  private final Map<String, JobSpec> unanswered = new LinkedHashMap<>();
  private final List<Command> seen = new ArrayList<>();
  private final List<Effect> effects = new ArrayList<>();
  private Engine engine;
  private EngineView view;
  private EngineCycle cycle;
  private AttemptRunner runner;
  private int submitted;

  /** How often what happens in this world, in percent. */
  private record Habits(
      int crash,
      int machineLoss,
      int cancel,
      int terminate,
      int fail,
      int vanish,
      int hang,
      int repeat,
      int dependent,
      int array,
      int consuming) {

    static Habits of(Random random) {
      return new Habits(
          sometimes(random, 6),
          sometimes(random, 30),
          sometimes(random, 10),
          sometimes(random, 10),
          sometimes(random, 40),
          sometimes(random, 15),
          sometimes(random, 10),
          sometimes(random, 20),
          sometimes(random, 50),
          sometimes(random, 50),
          sometimes(random, 30));
    }

    private static int sometimes(Random random, int most) {
      return random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(most);
    }
  }

  private World(long seed) {
    random = new Random(seed);
    habits = Habits.of(random);
    boot();
    while (view.jobQueues().size() < 2) { // the process may die here, too
      turn(
          List.of(
              new Command.CreateComputeEnvironment(environment("x", ENVIRONMENTS.get("x"))),
              new Command.CreateComputeEnvironment(environment("y", ENVIRONMENTS.get("y")))));
      turn(
          List.of(
              new Command.CreateJobQueue(queue("high", 10, "x", "y")),
              new Command.CreateJobQueue(queue("low", 1, "y")),
              new Command.CreateConsumableResource(
                  new ConsumableResource(
                      "licences", ConsumableResource.Type.REPLENISHABLE, LICENCES, T0, 1, "{}"))));
    }
  }

  static World fromSeed(long seed) {
    return new World(seed);
  }

  Engine engine() {
    return engine;
  }

  /** True when the engine will be told of that attempt in its next turn. */
  boolean tells(AttemptId attempt) {
    return seen.stream()
        .anyMatch(c -> c instanceof Command.AttemptSeen s && s.event().attempt().equals(attempt));
  }

  /** Submits {@code jobs} jobs among everything else, then lets all come to an end. */
  void run(int jobs) {
    while (submitted < jobs) {
      step(true);
    }
    for (int i = 0; i < 20_000 && !quiet(); i++) {
      if (i > 2_000) {
        terminateAll(); // what hangs without a timeout
      }
      step(false);
    }
    checks.atTheEnd(quiet());
  }

  private boolean quiet() {
    return unanswered.isEmpty() && engine.liveJobs().isEmpty();
  }

  private void step(boolean submitting) {
    List<Command> batch = new ArrayList<>();
    if (submitting && random.nextInt(100) < 40) {
      for (int i = 0; i <= random.nextInt(4); i++) {
        JobSpec spec = newJob();
        unanswered.put(spec.jobId(), spec);
      }
    }
    List<JobSpec> asked = ask(batch);
    request(batch, habits.cancel(), true);
    request(batch, habits.terminate(), false);
    pass();
    executor.play();
    for (Command event : seen) {
      batch.add(event);
      if (chance(habits.repeat())) {
        batch.add(event); // executors tell everything at least once
      }
    }
    seen.clear();
    turn(batch, asked);
    checks.afterEveryStep();
  }

  /** What a client does: looks for its key, and submits when it is not there. */
  private List<JobSpec> ask(List<Command> batch) {
    List<JobSpec> asked = new ArrayList<>();
    for (JobSpec spec : List.copyOf(unanswered.values())) {
      String key = spec.idempotencyKey().orElseThrow().key();
      Optional<Journal.KeyedJob> known = journal.byIdempotencyKey(key);
      if (known.isPresent()) {
        unanswered.remove(spec.jobId());
        acknowledge(known.get().jobId());
        continue;
      }
      Map<String, Job> ended = new JobFinder(view, journal).find(ids(spec));
      ended.values().removeIf(job -> !job.status().terminal());
      batch.add(new Command.SubmitJob(spec, Fixtures.DETAIL, ended, view.version()));
      asked.add(spec);
    }
    return asked;
  }

  private static List<String> ids(JobSpec spec) {
    return spec.dependsOn().stream().map(Dependency::jobId).toList();
  }

  private JobSpec newJob() {
    String id = "job-" + (++submitted);
    Fixtures.JobBuilder job =
        aJob(id)
            .on(random.nextBoolean() ? "high" : "low")
            .needing(1 + random.nextInt(3), 16 << random.nextInt(8))
            .tried(1 + random.nextInt(3), rules())
            .keyed("key-" + id, id)
            .createdAt(clock.instant());
    if (chance(habits.dependent()) && !acknowledged.isEmpty()) {
      job.after(anyJob(), anyJob());
    }
    if (chance(habits.array())) {
      int size = 2 + random.nextInt(5);
      boolean sequential = random.nextInt(3) == 0;
      if (sequential) {
        job.sequence(size);
      } else {
        job.array(size);
      }
      arrays.getOrDefault(size, List.of()).stream()
          .filter(_ -> chance(habits.dependent()))
          .limit(2)
          .forEach(job::afterEach);
      sizes.put(id, size);
    }
    if (chance(habits.consuming())) {
      job.holding("licences", 1 + random.nextInt(2));
    }
    if (random.nextInt(3) == 0) {
      job.within(Duration.ofSeconds(60 + random.nextInt(600)));
    }
    return job.build();
  }

  /** Any job that was acknowledged, or one child of one. */
  private String anyJob() {
    String id = acknowledged.get(random.nextInt(acknowledged.size()));
    Integer size = sizes.get(id);
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

  /** The same attempt plays the same script, however often it is asked for. */
  private Script script(Attempt attempt) {
    return scripts.computeIfAbsent(
        attempt.id().toString(),
        _ -> {
          Duration delay = Duration.ofMillis(random.nextInt(3_000));
          Duration runs = Duration.ofSeconds(random.nextInt(900));
          if (chance(habits.hang())) {
            return new Script.Hangs(delay);
          }
          if (chance(habits.vanish())) {
            return new Script.Vanishes(delay, runs);
          }
          if (chance(habits.fail())) {
            return random.nextBoolean()
                ? new Script.FailsToStart(delay, "CannotPullContainerError: no such image")
                : new Script.Exits(delay, runs, 1 + random.nextInt(100), null);
          }
          return new Script.Exits(delay, runs, 0, null);
        });
  }

  private void request(List<Command> batch, int percent, boolean cancel) {
    if (acknowledged.isEmpty() || !chance(percent)) {
      return;
    }
    String id = anyJob();
    batch.add(
        cancel
            ? new Command.CancelJob(id, "cancelled")
            : new Command.TerminateJob(id, "terminated"));
  }

  private void terminateAll() {
    engine.liveJobs().stream()
        .map(Job::id)
        .toList()
        .forEach(id -> seen.add(new Command.TerminateJob(id, "the world ends")));
  }

  /** Time goes on: to what happens next, or by a little. */
  private void pass() {
    if (random.nextInt(4) == 0) {
      clock.advance(Duration.ofMillis(random.nextInt(5_000)));
      return;
    }
    Instant next = engine.nextDeadline();
    Instant due = executor.nextDue().orElse(next);
    clock.advanceTo(due.isBefore(next) ? due : next);
  }

  private void turn(List<Command> batch) {
    turn(batch, List.of());
  }

  /** One turn of the cycle; the process may die before, in, or after the commit. */
  private void turn(List<Command> batch, List<JobSpec> asked) {
    boolean dies = chance(habits.crash()) && !asked.isEmpty() | random.nextBoolean();
    boolean afterCommit = random.nextBoolean();
    if (dies) {
      journal.failNext(
          afterCommit
              ? InMemoryJournal.Failure.WRITTEN_BUT_LOST
              : InMemoryJournal.Failure.NOTHING_WRITTEN);
    }
    try {
      cycle.turn(
          batch,
          outcomes -> {
            for (int i = 0; i < asked.size(); i++) {
              answer(asked.get(i), outcomes.get(i));
            }
          });
    } catch (JournalException e) {
      reboot();
      return;
    }
    journal.failNext(InMemoryJournal.Failure.NONE); // the turn had nothing to write
    int lost = chance(habits.crash()) ? random.nextInt(effects.size() + 1) : effects.size();
    List<Effect> mine = List.copyOf(effects);
    effects.clear();
    mine.subList(0, lost).forEach(runner);
    if (lost < mine.size()) {
      reboot();
    }
  }

  private void answer(JobSpec spec, Outcome outcome) {
    switch (outcome) {
      case Outcome.Submitted(String id, _) -> {
        unanswered.remove(spec.jobId());
        acknowledge(id);
      }
      case Outcome.LookAgain _ -> {}
      case Outcome.Done _, Outcome.Registered _, Outcome.QueueFront _, Outcome.Refused _ ->
          throw new IllegalStateException("SubmitJob came to " + outcome);
    }
  }

  private void acknowledge(String id) {
    acknowledged.add(id);
    Integer size = sizes.get(id);
    if (size != null) {
      arrays.computeIfAbsent(size, _ -> new ArrayList<>()).addFirst(id);
    }
  }

  private void reboot() {
    crashes++;
    if (chance(habits.machineLoss())) {
      machineLost = true;
      executor.loseEverything();
    }
    boot();
  }

  private void boot() {
    effects.clear();
    seen.clear();
    Loaded loaded = journal.load();
    engine = new Engine(limits(HOST_VCPUS, HOST_MEMORY_MIB), loaded);
    view = new EngineView(loaded);
    runner = new AttemptRunner(executor, journal::details, settings());
    cycle =
        new EngineCycle(
            engine, journal, view, clock, new EngineCycle.Outlets(_ -> {}, effects::add));
    executor.listen(event -> seen.add(new Command.AttemptSeen(event)));
    Recovery.Result found = Recovery.run(loaded.liveJobs(), executor, clock.instant());
    seen.addAll(found.ends());
    found.effects().forEach(runner);
  }

  private static BatchSettings settings() {
    return new BatchSettings(
        Path.of("pretend"),
        Fixtures.ARNS.region(),
        Fixtures.ARNS.account(),
        HOST_VCPUS,
        HOST_MEMORY_MIB,
        STOP_GRACE,
        "scripted",
        List.of(),
        false,
        10_000,
        Duration.ofDays(7),
        Duration.ofDays(7));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }
}

package dev.spillway.batch.simulation;

import static dev.spillway.batch.testkit.Fixtures.T0;
import static dev.spillway.batch.testkit.Fixtures.limits;

import dev.spillway.batch.BatchSettings;
import dev.spillway.batch.CapacitySettings;
import dev.spillway.batch.capacity.CapacityEvent;
import dev.spillway.batch.capacity.Instance;
import dev.spillway.batch.capacity.SpotMarket;
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
import dev.spillway.batch.execution.Secrets;
import dev.spillway.batch.execution.scripted.Script;
import dev.spillway.batch.execution.scripted.ScriptedExecutor;
import dev.spillway.batch.execution.task.TaskExecutor;
import dev.spillway.batch.execution.task.TaskFactory;
import dev.spillway.batch.job.Dependency;
import dev.spillway.batch.job.Job;
import dev.spillway.batch.job.JobSpec;
import dev.spillway.batch.job.Size;
import dev.spillway.batch.logs.LogStreams;
import dev.spillway.batch.store.Journal;
import dev.spillway.batch.store.JournalException;
import dev.spillway.batch.testkit.Fixtures;
import dev.spillway.batch.testkit.InMemoryJournal;
import dev.spillway.batch.testkit.ScriptedProvider;
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
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole engine in pretend time: the real step, cycle, recovery and attempt runner; a disk that
 * fails, a runner that follows scripts, a process that dies between any two lines. All of it from
 * one number. Per seed whole kinds of event are switched off and the rest weighed anew.
 */
final class World {
  static final int HOST_VCPUS = 8;
  static final long HOST_MEMORY_MIB = 4096;
  private static final int MOST_WAITING = 250;

  /** Spot instances live for two hours on the average. */
  private static final CapacitySettings CAPACITY =
      new CapacitySettings(
          Duration.ZERO,
          Duration.ofMinutes(3),
          Duration.ofMinutes(30),
          Duration.ofMinutes(2),
          new SpotMarket(1, new SpotMarket.Interruptions(true, Optional.of(0.4))),
          Duration.ofMinutes(15));

  static final Duration STOP_GRACE = Duration.ofSeconds(30);
  final InMemoryJournal journal = new InMemoryJournal();
  final VirtualClock clock = new VirtualClock(T0);
  final ScriptedExecutor executor = new ScriptedExecutor(clock, this::script);
  final ScriptedProvider provider = new ScriptedProvider(clock, this::provided);
  final List<String> acknowledged = new ArrayList<>();
  final Map<String, Integer> sizes = new HashMap<>();
  final Map<String, String> tags = new HashMap<>();
  final SortedMap<String, Integer> happened = new TreeMap<>();
  boolean machineLost;
  boolean justBooted;
  int crashes;
  int steps;

  /** Of those that were started, the last child of an array. */
  String lastChild;

  private final Random random;
  private final Habits habits;
  private final Users users;
  private final Operator operator;
  private final Checks checks = new Checks(this);
  private final Map<String, Script> scripts = new HashMap<>();
  private final Map<String, JobSpec> unanswered = new LinkedHashMap<>();
  private final List<Command> seen = new ArrayList<>();
  private final List<Effect> effects = new ArrayList<>();
  private Engine engine;
  private EngineView view;
  private EngineCycle cycle;
  private AttemptRunner runner;
  private Instant latest = T0;

  private World(long seed) {
    random = new Random(seed);
    habits = Habits.of(random);
    users = new Users(this, random, habits);
    operator = new Operator(this, random, habits);
    boot();
    while (view.jobQueues().size() < 3) { // the process may die here, too
      turn(Operator.environments());
      turn(Operator.queues());
    }
  }

  static World fromSeed(long seed) {
    return new World(seed);
  }

  Engine engine() {
    return engine;
  }

  EngineView view() {
    return view;
  }

  /** The latest that it has ever been. */
  Instant latest() {
    return latest;
  }

  void happened(String what) {
    happened.merge(what, 1, Integer::sum);
  }

  /** True when the engine will be told of that attempt in its next turn. */
  boolean tells(AttemptId attempt) {
    return seen.stream()
        .anyMatch(
            c ->
                (c instanceof Command.AttemptSeen s && s.event().attempt().equals(attempt))
                    || (c instanceof Command.Recovered r && r.noTrace().contains(attempt)));
  }

  /** Submits {@code jobs} jobs among everything else, then lets all come to an end. */
  void run(int jobs) {
    while (users.submitted() < jobs) {
      step(true);
    }
    for (int i = 0; i < 5_000 && !quiet(); i++) {
      if (i > MOST_WAITING) {
        terminateAll(); // what hangs without a timeout
      }
      step(false);
    }
    for (int i = 0; i < 200 && !view.instances().isEmpty(); i++) {
      step(false);
    }
    checks.instances_scale_down_to_the_minimum();
    checks.atTheEnd(quiet());
  }

  private boolean quiet() {
    return unanswered.isEmpty() && engine.liveJobs().isEmpty();
  }

  private void step(boolean submitting) {
    steps++;
    List<Command> batch = new ArrayList<>();
    if (submitting && random.nextInt(100) < 40) {
      for (int i = 0; i <= random.nextInt(4); i++) {
        JobSpec spec = users.newJob();
        unanswered.put(spec.jobId(), spec);
      }
    }
    List<JobSpec> asked = ask(batch);
    users.requests(batch);
    if (submitting) {
      operator.operate(batch);
      operator.jump();
    } else {
      operator.allOn(batch);
    }
    pass();
    latest = clock.instant().isAfter(latest) ? clock.instant() : latest;
    executor.play();
    provider.play();
    for (Command event : seen) {
      batch.add(event);
      if (chance(habits.repeat())) {
        batch.add(event); // executors tell everything at least once
        happened("told twice");
      }
    }
    seen.clear();
    justBooted = false;
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

  /** The same attempt plays the same script, however often it is asked for. */
  private Script script(Attempt attempt) {
    if (attempt.id().jobId().contains(":")) {
      lastChild = attempt.id().jobId();
    }
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

  /** Most come up; some types cannot be had for a while. */
  private CapacityEvent provided(Instance instance) {
    Instant at = clock.instant().plusSeconds(random.nextInt(300));
    if (chance(habits.noCapacity())) {
      happened("no capacity");
      return new CapacityEvent.NoCapacity(instance.id(), "InsufficientInstanceCapacity", at);
    }
    happened("instance up");
    return new CapacityEvent.Up(instance.id(), at);
  }

  private void terminateAll() {
    engine.liveJobs().stream()
        .map(Job::id)
        .toList()
        .forEach(id -> seen.add(new Command.TerminateJob(id, "the world ends")));
    happened("terminate of all");
  }

  /** Time goes on: to what happens next, or by a little. */
  private void pass() {
    if (random.nextInt(4) == 0) {
      clock.advance(Duration.ofMillis(random.nextInt(5_000)));
      return;
    }
    Instant next = engine.nextDeadline();
    for (Optional<Instant> due : List.of(executor.nextDue(), provider.nextDue())) {
      next = due.isPresent() && due.get().isBefore(next) ? due.get() : next;
    }
    clock.advanceTo(next);
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
      happened(afterCommit ? "death after a commit" : "death before a commit");
      reboot();
      return;
    }
    journal.failNext(InMemoryJournal.Failure.NONE); // the turn had nothing to write
    int lost = chance(habits.crash()) ? random.nextInt(effects.size() + 1) : effects.size();
    List<Effect> mine = List.copyOf(effects);
    effects.clear();
    mine.subList(0, lost).forEach(runner);
    if (lost < mine.size()) {
      happened("death before an effect");
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
      case Outcome.Refused _ -> { // its queue is off, or gone
        unanswered.remove(spec.jobId());
        happened("submit refused");
      }
      case Outcome.Done _, Outcome.Registered _, Outcome.QueueFront _ ->
          throw new IllegalStateException("SubmitJob came to " + outcome);
    }
  }

  private void acknowledge(String id) {
    acknowledged.add(id);
    users.acknowledged(id);
  }

  private void reboot() {
    crashes++;
    if (chance(habits.machineLoss())) {
      machineLost = true;
      happened("machine lost");
      executor.loseEverything();
    }
    boot();
  }

  private void boot() {
    justBooted = true;
    effects.clear();
    seen.clear();
    Loaded loaded = journal.load();
    engine = new Engine(limits(HOST_VCPUS, HOST_MEMORY_MIB, CAPACITY), loaded);
    view = new EngineView(loaded, new Size(HOST_VCPUS * 1000L, HOST_MEMORY_MIB, 0));
    var tasks = new TaskExecutor(executor, clock, settings().stopGrace());
    runner =
        new AttemptRunner(
            tasks,
            provider,
            journal::details,
            new TaskFactory(settings(), Secrets.NONE, LogStreams.NONE));
    cycle =
        new EngineCycle(
            engine, journal, view, clock, new EngineCycle.Outlets(_ -> {}, effects::add));
    provider.listen(event -> seen.add(new Command.InstanceSeen(event)));
    tasks.listen(event -> seen.add(new Command.AttemptSeen(event)));
    Recovery.Result found = Recovery.run(loaded.liveJobs(), List.of(), runner);
    seen.add(found.found());
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

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }
}

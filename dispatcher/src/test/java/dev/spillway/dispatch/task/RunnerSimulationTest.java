package dev.spillway.dispatch.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.dispatch.aws.BatchGateway;
import dev.spillway.dispatch.aws.FunctionGateway;
import dev.spillway.dispatch.fallback.ArrayState;
import dev.spillway.dispatch.fallback.Cause;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.fallback.TaskStatus;
import dev.spillway.dispatch.routing.Objective;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real runner over scripted places, with the server dying before and after any commit and any
 * effect. What was acknowledged must end, once, and dependents must be told.
 */
@Tag("simulation")
class RunnerSimulationTest {

  /** The server is gone; what it held in memory with it. */
  private static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("crash", null, false, false);
    }
  }

  static LongStream seeds() {
    Long one = Long.getLong("spillway.seed");
    int many = Boolean.getBoolean("spillway.soak") ? 10_000 : 300;
    return one == null ? LongStream.rangeClosed(1, many) : LongStream.of(one);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void every_acknowledged_task_ends_exactly_once_over_any_crash(long seed) {
    var world = new World(seed);
    world.run();
    assertThat(world.violations).as("make sim SEED=%d", seed).isEmpty();
  }

  /** As many as {@link RunnerThreads} has. */
  private static final int WORKERS = 8;

  private static final class World {
    final List<String> violations = new ArrayList<>();
    private final Random random;
    private final Doubles.Clock clock = new Doubles.Clock();
    private final CrashingStore store;
    private final CrashingBatch batch;
    private final Doubles.Objects objects = new Doubles.Objects();
    private final Map<String, TaskStatus> ended = new HashMap<>();
    private CrashingFunctions functions;
    private List<Message> inbox;
    private TaskRunner runner;
    private TaskRequests tasks;
    private double crashRate;

    /** Towards the end messages are handled as fast as they come. */
    private boolean calm;

    private long ids;
    private int crashes;
    private final boolean packs;

    /** Some worlds let calls wait in a line. */
    private final int places;

    /** Some worlds have no functions: there packs are large. */
    private final String routes;

    World(long seed) {
      random = new Random(seed);
      // Swarm: some seeds never crash, some nearly always.
      crashRate = random.nextInt(4) == 0 ? 0 : random.nextDouble() * 0.2;
      packs = seed % 3 > 0;
      places = random.nextBoolean() ? 1 + random.nextInt(3) : Integer.MAX_VALUE;
      routes = seed % 3 > 1 ? ", 'routes': ['batch-spot', 'batch-ec2']" : "";
      store = new CrashingStore(this);
      batch = new CrashingBatch(this);
      start();
    }

    void maybeCrash() {
      if (random.nextDouble() < crashRate) {
        throw new Crash();
      }
    }

    private final MemoryHistoryStore.Records records = new MemoryHistoryStore.Records();
    private Learner learner;

    private void start() {
      functions = new CrashingFunctions(this);
      functions.places = places;
      inbox = new ArrayList<>();
      var gateways = new Gateways(functions, batch, objects);
      var ends = new TaskEnds();
      learner = new Learner(new MemoryHistoryStore(records), clock);
      runner =
          new TaskRunner(
              store,
              gateways,
              Bench.SETTINGS.limits(),
              Bench.SETTINGS.fallback(),
              clock,
              ends,
              new TaskRetention(
                  store,
                  objects,
                  Bench.SETTINGS.taskRetention(),
                  Bench.SETTINGS.resultRetention(),
                  clock),
              learner,
              inbox::add);
      runner.packBy(_ -> packs);
      tasks =
          Tasks.over(
                  store,
                  Doubles.workloads(),
                  gateways,
                  new Planning(
                      Bench.SETTINGS.routing().router(),
                      Objective.COST,
                      learner,
                      QueueLoads.UNKNOWN),
                  clock,
                  () ->
                      String.format(
                          Locale.ROOT, "%08x-0000-4000-8000-000000000000", 0xb0000000L + ++ids),
                  runner,
                  ends)
              .requests();
      runner.listen();
      runner.recover();
    }

    void run() {
      List<String> acknowledged = new ArrayList<>();
      int many = 3 + random.nextInt(6);
      for (int i = 0; i < many; i++) {
        guarded(() -> acknowledged.add(submit(acknowledged)));
        play(random.nextInt(6));
        if (!acknowledged.isEmpty() && random.nextInt(8) == 0) {
          String id = acknowledged.get(random.nextInt(acknowledged.size()));
          guarded(() -> tasks.cancel(id, "enough"));
        }
      }
      for (int round = 0; round < 9_000 && unfinished(acknowledged); round++) {
        if (round == 3_000) {
          crashRate = 0;
          calm = true;
        }
        play(1);
      }
      // Whoever was told must find it at its end, and nobody waits for ever.
      for (String id : acknowledged) {
        Task task = store.find(id).orElse(null);
        if (task == null) {
          violations.add(id + " was acknowledged and is gone");
        } else if (!task.status().terminal()) {
          violations.add(
              id
                  + " never ended: "
                  + task.journey()
                  + task.array().map(ArrayState::ends)
                  + " untold "
                  + store.ended(100)
                  + " waiting "
                  + inbox.size());
          store.children(id, List.of(), Optional.empty(), 100).tasks().stream()
              .filter(child -> !child.status().terminal())
              .forEach(child -> violations.add(child.taskId() + " is " + child.journey()));
        } else {
          check(task);
        }
      }
      checkLessons();
      checkJobs();
    }

    /** No hop is two jobs, not even when its pack was sent without an answer. */
    private void checkJobs() {
      Map<String, String> jobByHop = new HashMap<>();
      batch.starts.forEach(
          (jobId, start) -> {
            for (String hop : hops(start)) {
              String other = jobByHop.put(hop, jobId);
              if (other != null) {
                violations.add(hop + " is " + other + " and " + jobId);
              }
            }
          });
    }

    private List<String> hops(BatchGateway.Start start) {
      String members = start.environment().get("SPILLWAY_MEMBERS_S3");
      return members == null
          ? List.of(start.hopKey())
          : new String(objects.content.get(members), StandardCharsets.UTF_8)
              .lines()
              .map(TaskJson::tree)
              .map(m -> m.path("SPILLWAY_TASK_ID").asText() + "/" + m.path("SPILLWAY_HOP").asText())
              .toList();
    }

    /** Over any crash, every end is learnt from once. */
    private void checkLessons() {
      crashRate = 0;
      for (int i = 0; i < 100 && !store.ended(1).isEmpty(); i++) {
        runner.handle(new Message.Tell());
      }
      long taught = store.all().stream().filter(t -> Lesson.of(t).isPresent()).count();
      long[] learnt = {0};
      learner.each((_, history) -> learnt[0] += history.count());
      if (taught != learnt[0]) {
        violations.add(taught + " tasks had a lesson and " + learnt[0] + " were learnt");
      }
    }

    private void check(Task task) {
      if (task.array().isPresent()) {
        checkArray(task);
        return;
      }
      long successes =
          task.journey().hops().stream().filter(h -> h.status() == Hop.Status.SUCCEEDED).count();
      if (successes != (task.status() == TaskStatus.SUCCEEDED ? 1 : 0)) {
        violations.add(task.taskId() + " has " + successes + " successes and is " + task.status());
      }
      if (task.status() == TaskStatus.SUCCEEDED && task.result().isEmpty()) {
        violations.add(task.taskId() + " succeeded without a result");
      }
      long started =
          task.journey().hops().stream()
              .filter(h -> !h.cause().equals(Optional.of(Cause.NO_CAPACITY)))
              .count();
      if (started > task.plan().atMostTries()) {
        violations.add(task.taskId() + " was tried more often than its plan says");
      }
      if (task.journey().openHop().isPresent()) {
        violations.add(task.taskId() + " ended with an open hop");
      }
      for (Hop hop : task.journey().hops()) {
        if (leftRunning(hop)) {
          violations.add(task.taskId() + " gave up hop " + hop.number() + " and let it run");
        }
      }
    }

    private String submit(List<String> before) {
      if (random.nextInt(4) == 0) {
        return submitArray(before);
      }
      String depends =
          !before.isEmpty() && random.nextInt(3) == 0
              ? ", 'dependsOn': [{'taskId': '" + before.get(random.nextInt(before.size())) + "'}]"
              : "";
      String retry =
          random.nextBoolean()
              ? ", 'retryStrategy': {'attempts': " + (1 + random.nextInt(3)) + "}"
              : "";
      return tasks
          .submit(
              Doubles.json("{'workload': 'resize', 'payload': {}" + depends + retry + routes + "}"),
              Optional.empty())
          .tasks()
          .getFirst()
          .taskId();
    }

    /** Of up to 20 children, some with a canary, some that wait for each other. */
    private String submitArray(List<String> before) {
      int size = 2 + random.nextInt(19);
      List<String> waits = new ArrayList<>();
      if (random.nextInt(4) == 0) {
        waits.add("{'type': 'SEQUENTIAL'}");
      }
      before.stream()
          .filter(
              id -> size == store.find(id).orElseThrow().array().map(ArrayState::size).orElse(0))
          .findFirst()
          .ifPresent(id -> waits.add("{'taskId': '" + id + "', 'type': 'N_TO_N'}"));
      if (!before.isEmpty() && random.nextInt(3) == 0) {
        waits.add("{'taskId': '" + before.get(random.nextInt(before.size())) + "'}");
      }
      return tasks
          .submit(
              Doubles.json(
                  "{'workload': 'resize', 'arrayProperties': {'size': "
                      + size
                      + "}, 'dependsOn': ["
                      + String.join(",", waits)
                      + "]"
                      + routes
                      + "}"),
              Optional.empty())
          .tasks()
          .getFirst()
          .taskId();
    }

    private void checkArray(Task parent) {
      ArrayState array = parent.array().orElseThrow();
      int succeeded = 0;
      for (int i = 0; i < array.size(); i++) {
        Task child = store.find(Task.childId(parent.taskId(), i)).orElse(null);
        boolean stopped = array.stopping().isPresent();
        if (child == null) {
          if (!stopped) {
            violations.add(parent.taskId() + ":" + i + " was never made");
          }
          continue;
        }
        check(child);
        if (!child.status().terminal()) {
          violations.add(child.taskId() + " outlived its array: " + child.journey());
        }
        succeeded += child.status() == TaskStatus.SUCCEEDED ? 1 : 0;
        if (array.ends().succeeded(i) != (child.status() == TaskStatus.SUCCEEDED)) {
          violations.add(child.taskId() + " is " + child.status() + ", but not to its array");
        }
      }
      if ((succeeded == array.size()) != (parent.status() == TaskStatus.SUCCEEDED)) {
        violations.add(parent.taskId() + " is " + parent.status() + " with " + succeeded);
      }
    }

    private boolean unfinished(List<String> ids) {
      return ids.stream()
              .anyMatch(id -> store.find(id).map(t -> !t.status().terminal()).orElse(false))
          || store.all().stream()
              .flatMap(task -> task.journey().hops().stream())
              .anyMatch(this::leftRunning);
    }

    private boolean leftRunning(Hop hop) {
      return hop.status() == Hop.Status.ABANDONED
          && hop.jobId().map(batch::runs).orElse(false)
          && !batch.cancelled.containsKey(hop.jobId().get());
    }

    /** Some of what can happen next, in any order. */
    private void play(int steps) {
      for (int i = 0; i < steps; i++) {
        switch (random.nextInt(5)) {
          case 0 -> guarded(functions::somethingEnds);
          case 1 -> guarded(batch::somethingMoves);
          case 2 -> {
            // Now and then long enough for a job to be given up in its queue.
            clock.plusSeconds(1 + (random.nextInt(8) == 0 ? 600 : random.nextInt(20)));
            guarded(() -> runner.due().forEach(id -> inbox.add(new Message.Wake(id))));
            guarded(runner::closePacks);
          }
          case 3 -> guarded(runner::poll);
          default -> {}
        }
        int most = calm ? inbox.size() : 7;
        for (int handled = random.nextInt(most + 1); handled > 0 && !inbox.isEmpty(); handled--) {
          // Several threads take messages: what was told first need not be handled first.
          Message message = inbox.remove(random.nextInt(Math.min(WORKERS, inbox.size())));
          guarded(() -> runner.handle(message));
        }
        watch();
      }
    }

    private void watch() {
      for (Task task : store.all()) {
        TaskStatus before = ended.get(task.taskId());
        if (before != null && before != task.status()) {
          violations.add(task.taskId() + " went from " + before + " to " + task.status());
        }
        if (task.status().terminal()) {
          ended.put(task.taskId(), task.status());
        }
      }
    }

    private void guarded(Runnable action) {
      try {
        action.run();
      } catch (Crash _) {
        crashes++;
        start();
      }
    }
  }

  private static final class CrashingStore extends MemoryTaskStore {
    private final World world;

    CrashingStore(World world) {
      this.world = world;
    }

    @Override
    public Submitted submit(List<NewTask> created) {
      world.maybeCrash();
      Submitted answer = super.submit(created);
      world.maybeCrash();
      return answer;
    }

    @Override
    public boolean replace(Task task, Optional<HopLog> log) {
      world.maybeCrash();
      boolean done = super.replace(task, log);
      world.maybeCrash();
      return done;
    }

    @Override
    public boolean make(Task parent, List<NewTask> children) {
      world.maybeCrash();
      boolean done = super.make(parent, children);
      world.maybeCrash();
      return done;
    }

    @Override
    public synchronized void told(List<Long> numbers) {
      world.maybeCrash();
      super.told(numbers);
      world.maybeCrash();
    }
  }

  private static final class CrashingFunctions extends Doubles.Functions {
    private final World world;

    CrashingFunctions(World world) {
      this.world = world;
    }

    @Override
    public void start(Start start) {
      world.maybeCrash();
      super.start(start);
      world.maybeCrash();
    }

    @Override
    public boolean cancel(String hopKey) {
      world.maybeCrash();
      return super.cancel(hopKey);
    }

    void somethingEnds() {
      if (running.isEmpty()) {
        return;
      }
      List<String> keys = new ArrayList<>(running.keySet());
      String key = keys.get(world.random.nextInt(keys.size()));
      FunctionGateway.End end =
          switch (world.random.nextInt(7)) {
            case 6 ->
                new FunctionGateway.End.ServiceFailed(
                    key, 503, "CircuitOpenException", "The circuit is open.");
            case 0, 1 -> new FunctionGateway.End.Succeeded(key, new byte[] {'1'});
            case 2 -> new FunctionGateway.End.FunctionFailed(key, "Boom", "the code failed");
            case 3 ->
                new FunctionGateway.End.FunctionFailed(
                    key, "Sandbox.Timedout", "Task timed out after 3.00 seconds");
            case 4 ->
                new FunctionGateway.End.FunctionFailed(
                    key, "java.lang.OutOfMemoryError", "Java heap space");
            default ->
                new FunctionGateway.End.ServiceFailed(
                    key, 429, "TooManyRequestsException", "Rate Exceeded.");
          };
      end(end);
      if (world.random.nextInt(4) == 0) {
        end(end); // at least once
      }
    }
  }

  private static final class CrashingBatch extends Doubles.Batch {
    private final World world;

    CrashingBatch(World world) {
      this.world = world;
    }

    private boolean answerLost;

    @Override
    public void listen(Consumer<Event> listener) {
      super.listen(
          event -> {
            boolean lost = answerLost;
            answerLost = false;
            listener.accept(
                lost && event instanceof Event.Sent(String key, _)
                    ? new Event.NotSent(key, 503, "ServiceException", "no answer")
                    : event);
          });
    }

    @Override
    public void start(Start start) {
      world.maybeCrash();
      if (start.arraySize().isPresent() && world.random.nextInt(6) == 0) {
        tell(new Event.NotSent(start.hopKey(), 429, "TooManyRequestsException", "slow down"));
        return;
      }
      answerLost = start.arraySize().isPresent() && world.random.nextInt(6) == 0;
      super.start(start);
      world.maybeCrash();
    }

    @Override
    public void lookup(Start start) {
      world.maybeCrash();
      super.lookup(start);
    }

    @Override
    public void cancel(String hopKey, Optional<String> jobId, String reason) {
      world.maybeCrash();
      super.cancel(hopKey, jobId, reason);
    }

    boolean runs(String jobId) {
      return !List.of("SUCCEEDED", "FAILED").contains(jobs.get(jobId).status());
    }

    void somethingMoves() {
      List<BatchGateway.Job> open = jobs.values().stream().filter(j -> runs(j.jobId())).toList();
      if (open.isEmpty()) {
        return;
      }
      BatchGateway.Job job = open.get(world.random.nextInt(open.size()));
      String exited = "Essential container in task exited";
      switch (world.random.nextInt(6)) {
        case 0 -> move(job.jobId(), "STARTING");
        case 1 -> move(job.jobId(), "RUNNING");
        case 2, 3 -> succeed(job.jobId(), world.clock.instant(), world.clock.instant());
        case 4 -> fail(job.jobId(), exited, 1, null, world.clock.instant(), world.clock.instant());
        default ->
            fail(
                job.jobId(),
                "Host EC2 (instance i-1) terminated.",
                null,
                null,
                world.clock.instant(),
                world.clock.instant());
      }
    }
  }
}

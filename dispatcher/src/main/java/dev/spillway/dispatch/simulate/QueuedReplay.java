package dev.spillway.dispatch.simulate;

import dev.spillway.batch.replay.JobMove;
import dev.spillway.batch.replay.VirtualBatch;
import dev.spillway.dispatch.fallback.Hop;
import dev.spillway.dispatch.routing.Load;
import dev.spillway.dispatch.routing.cost.Tariff;
import dev.spillway.dispatch.simulate.Agenda.Turn;
import dev.spillway.dispatch.simulate.Strategy.Choice;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A replay in which tasks are in each other's way: jobs go through the Batch engine's own scheduler
 * on one Fargate environment, functions run up to a concurrency, tasks wait for their parents.
 *
 * <p>Shape: used once. The same trace and strategy give the same outcome. A task whose parent
 * failed fails, as the dispatcher has it. <br>
 * Units: milliseconds, as the engine; run times are rounded to them.
 */
final class QueuedReplay {
  private static final String QUEUE = "simulated";
  private static final double MILLIS = 1000;

  private final Places places;
  private final Assumptions assumptions;
  private final Capacity capacity;
  private final Feedback feedback;
  private final Strategy strategy;
  private final VirtualBatch batch;
  private final FunctionSlots functions;
  private final Agenda agenda = new Agenda();
  private final Map<String, Under> jobs = new HashMap<>();
  private final Outcome outcome;
  private Instant now = Instant.EPOCH;
  private Instant lastEnd = Instant.EPOCH;
  private long submitted;

  QueuedReplay(
      Places places,
      Assumptions assumptions,
      Capacity capacity,
      Feedback feedback,
      Strategy strategy) {
    this.places = places;
    this.assumptions = assumptions;
    this.capacity = capacity;
    this.feedback = feedback;
    this.strategy = strategy;
    this.outcome = new Outcome(places);
    this.functions = new FunctionSlots(capacity.functionConcurrency());
    this.batch = new VirtualBatch(now, Duration.ZERO, assumptions.fargateWait());
    batch.createComputeEnvironment(
        QUEUE, VirtualBatch.Kind.FARGATE, capacity.maxVcpus().orElse(Integer.MAX_VALUE), List.of());
    batch.createJobQueue(QUEUE, 1, List.of(QUEUE));
  }

  /** A workflow that is not over. */
  private static final class Flow {
    final List<TraceTask> tasks;
    final Dependencies dependencies;
    final List<Runnable> lessons = new ArrayList<>();
    final Runnable then;
    final boolean[] failed;
    int left;

    Flow(List<TraceTask> tasks, Runnable then) {
      this.tasks = tasks;
      this.dependencies = new Dependencies(tasks);
      this.then = then;
      this.failed = new boolean[tasks.size()];
      this.left = tasks.size();
    }
  }

  /** A task that is on its way. */
  private record Under(Flow flow, int place, Choice choice, Trip trip) {
    TraceTask task() {
      return flow.tasks.get(place);
    }
  }

  Outcome run(Trace trace) {
    plan(trace.workflows());
    for (Optional<Instant> next = next(); next.isPresent(); next = next()) {
      now = next.get();
      batch.advance(now).forEach(this::moved);
      agenda.run(now);
    }
    outcome.spans(seconds(Duration.between(Instant.EPOCH, lastEnd)));
    return outcome;
  }

  private Optional<Instant> next() {
    Optional<Instant> own = agenda.next();
    Optional<Instant> theirs = batch.next();
    return own.isPresent() && (theirs.isEmpty() || own.get().isBefore(theirs.get())) ? own : theirs;
  }

  private void plan(List<List<TraceTask>> workflows) {
    switch (capacity.arrivals()) {
      case Capacity.Arrivals.Alone() -> after(workflows, 0);
      case Capacity.Arrivals.Every(Duration apart) -> {
        for (int i = 0; i < workflows.size(); i++) {
          arrives(workflows.get(i), Instant.EPOCH.plus(apart.multipliedBy(i)), () -> {});
        }
      }
      case Capacity.Arrivals.OfTrace() -> {
        double first = workflows.stream().mapToDouble(QueuedReplay::submitSeconds).min().orElse(0);
        for (List<TraceTask> workflow : workflows) {
          arrives(workflow, Instant.EPOCH.plus(span(submitSeconds(workflow) - first)), () -> {});
        }
      }
    }
  }

  private void after(List<List<TraceTask>> workflows, int next) {
    if (next < workflows.size()) {
      arrives(workflows.get(next), now, () -> after(workflows, next + 1));
    }
  }

  private static double submitSeconds(List<TraceTask> workflow) {
    OptionalDouble at = workflow.getFirst().submitSeconds();
    return at.orElseThrow(
        () ->
            new IllegalArgumentException(
                "Workflow "
                    + workflow.getFirst().workflow()
                    + " has no submit time; a CSV trace has it in the column submit_seconds. Give the seconds between workflows instead."));
  }

  private void arrives(List<TraceTask> workflow, Instant at, Runnable then) {
    Flow flow = new Flow(workflow, then);
    agenda.put(at, Turn.ARRIVAL, () -> begin(flow, flow.dependencies.first()));
  }

  private void begin(Flow flow, List<Integer> ready) {
    for (int place : ready) {
      TraceTask task = flow.tasks.get(place);
      Choice choice = strategy.choose(task, new Strategy.Loads(load(), functions.load()));
      send(new Under(flow, place, choice, new Trip(places, choice.legs(), task.seconds(), now)));
    }
  }

  /** One more job waits until as many have ended as wait before it, and it too has a place. */
  private Load load() {
    if (capacity.maxVcpus().isEmpty()) {
      return new Load(true, 0, 0);
    }
    VirtualBatch.Load busy = batch.load(QUEUE);
    int most = capacity.maxVcpus().getAsInt();
    boolean up = busy.runnable() == 0 && most - busy.vcpus() >= assumptions.vcpus();
    double slots = Math.max(1, Math.floor(most / assumptions.vcpus()));
    return new Load(
        up, up ? 0 : (busy.runnable() + 1) * busy.meanHeldSeconds() / slots, busy.runnable());
  }

  private void send(Under task) {
    if (!task.trip().hop().route().batch()) {
      functions.ask(() -> start(task));
      return;
    }
    String id = "job-" + ++submitted;
    jobs.put(id, task);
    batch.submit(
        id, QUEUE, assumptions.vcpus(), assumptions.memoryMib(), span(task.task().seconds()));
    task.trip().sent(id, now);
    task.trip().wakeAt().ifPresent(at -> agenda.put(at, Turn.WAKE_UP, () -> wake(task, at)));
  }

  /** A function that has a slot; nothing can come between its start and its end. */
  private void start(Under task) {
    Tariff tariff = places.function();
    task.trip().starting(now);
    Instant up = now.plus(span(tariff.waitSeconds()));
    task.trip().running(up);
    double ran = Math.min(task.task().seconds(), tariff.limitSeconds());
    agenda.put(
        up.plus(span(ran)),
        Turn.END,
        () -> {
          ended(task);
          functions.left(tariff.waitSeconds() + ran);
        });
  }

  private void moved(JobMove move) {
    Under task = jobs.get(move.jobId());
    if (task == null) {
      return; // it was given up
    }
    switch (move) {
      case JobMove.Starting(_, Instant at) -> task.trip().starting(at);
      case JobMove.Running(_, Instant at) -> task.trip().running(at);
      case JobMove.Ended _ -> {
        jobs.remove(move.jobId());
        ended(task);
      }
    }
  }

  private void wake(Under task, Instant at) {
    if (task.trip().over() || !task.trip().wakeAt().equals(Optional.of(at))) {
      return;
    }
    Optional<Hop> givenUp = task.trip().due(now);
    if (givenUp.isPresent()) {
      String job = givenUp.get().jobId().orElseThrow();
      jobs.remove(job);
      batch.cancel(job, "no capacity");
      send(task);
    }
  }

  private void ended(Under task) {
    if (task.trip().ended(now)) {
      send(task);
      return;
    }
    Walked walked = task.trip().walked(now);
    outcome.add(task.task(), task.choice(), walked);
    Flow flow = task.flow();
    Runnable lesson = () -> strategy.learn(task.task(), task.choice(), walked);
    switch (feedback) {
      case INSTANT -> lesson.run();
      case WORKFLOW -> flow.lessons.add(lesson);
    }
    flow.left--;
    lastEnd = now;
    if (walked.succeeded()) {
      begin(flow, flow.dependencies.ended(task.place()));
    } else {
      fail(flow, task.place());
    }
    if (flow.left == 0) {
      flow.lessons.forEach(Runnable::run);
      flow.then.run();
    }
  }

  /** Those that wait for it never run. */
  private void fail(Flow flow, int failed) {
    Deque<Integer> lost = new ArrayDeque<>(flow.dependencies.children(failed));
    while (!lost.isEmpty()) {
      int task = lost.remove();
      if (!flow.failed[task]) {
        flow.failed[task] = true;
        flow.left--;
        outcome.addNeverRun();
        lost.addAll(flow.dependencies.children(task));
      }
    }
  }

  private static Duration span(double seconds) {
    return Duration.ofMillis(Math.round(seconds * MILLIS));
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS;
  }
}
